import { FormatError, LimitError } from '../../core/errors';
import { halfToFloat } from '../../core/half';
import { MAX_ELEMENTS, MAX_RANK } from '../../core/shape';
import { Fields, shown } from './fields';
import type { FileTensor } from './weights';

const MOST_PATHS = 4096;
const MOST_WEIGHTS = 65536;
const DTYPES = ['float32', 'int32', 'bool', 'uint8'] as const;
const STORED = ['float32', 'int32', 'bool', 'uint8', 'uint16', 'float16'] as const;
const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;
type Stored = (typeof STORED)[number];

/** A weight as a manifest describes it. */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly stored: Stored;
  /** What an integer stands for. */
  readonly scale: number;
  readonly min: number;
  /** Whether the numbers were integers. */
  readonly rounded: boolean;
}

/** Weights that lie one after the other in the files `paths`, which may be cut anywhere. */
export interface Group {
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
  readonly bytes: number;
}

/**
 * The groups of a `weightsManifest`. Sizes, paths and quantisation are checked; nothing is loaded or
 * allocated for them. `maxBytes` is for all groups together.
 */
export function readManifest(manifest: unknown, where: string, maxBytes: number): Group[] {
  if (!Array.isArray(manifest)) {
    const remedy = 'It comes from model.save() in TensorFlow.js, or from its converter.';
    const found = shown(manifest);
    throw new FormatError({ where, rule: 'it has a list weightsManifest', found, remedy });
  }
  const groups = manifest.map((item, i) => {
    const fields = new Fields(item, `${where}, weightsManifest[${i}]`);
    const paths = fields.list('paths').map((path) => checkPath(path, fields.where));
    const entries = fields.list('weights').map((entry, k) => {
      return readEntry(new Fields(entry, `${fields.where}.weights[${k}]`));
    });
    const bytes = entries.reduce((sum, { elements, stored }) => sum + elements * BYTES[stored], 0);
    return { paths, entries, bytes };
  });
  const limit = (what: string, found: number, most: number) => {
    if (found <= most) return;
    const remedy = what === 'bytes of weights' ? 'Give a larger maxBytes.' : undefined;
    const rule = `it names at most ${most} ${what}`;
    throw new LimitError({ where, rule, found: String(found), remedy });
  };
  const total = (count: (group: Group) => number) => groups.reduce((sum, g) => sum + count(g), 0);
  limit(
    'files',
    total(({ paths }) => paths.length),
    MOST_PATHS,
  );
  limit(
    'weights',
    total(({ entries }) => entries.length),
    MOST_WEIGHTS,
  );
  limit(
    'bytes of weights',
    total(({ bytes }) => bytes),
    maxBytes,
  );
  return groups;
}

/**
 * Throws unless `path` leads to a file beside or below the model: what a loader makes an address of must
 * not lead elsewhere, whatever it decodes.
 */
function checkPath(path: unknown, where: string): string {
  const safe =
    typeof path === 'string' &&
    path.length <= 1024 &&
    /^[^\p{Cc}\\:%?#]+$/u.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (safe) return path;
  throw new FormatError({
    where,
    rule: 'paths lead to files beside or below the model: no .., no address, no %, ?, # or \\',
    found: shown(path),
    remedy: 'Put the files beside the model, and their plain names into its paths.',
  });
}

function readEntry(fields: Fields): Entry {
  const name = fields.text('name');
  if (!name || name.length > 1024) throw fields.wrong('name', 'text of 1 to 1024 characters');
  const shape = fields.list('shape') as number[];
  let elements = 1;
  for (const extent of shape) {
    const whole = Number.isSafeInteger(extent) && extent > 0 && shape.length <= MAX_RANK;
    elements *= whole ? extent : Number.NaN;
    if (elements <= MAX_ELEMENTS) continue;
    const what = `up to ${MAX_RANK} integers from 1 on, together less than 2^31 elements`;
    throw fields.wrong('shape', what);
  }
  const dtype = fields.choice('dtype', DTYPES, 'float32');
  const base = { name, shape, elements, rounded: dtype !== 'float32' };
  if (!fields.has('quantization')) return { ...base, stored: dtype, scale: 1, min: 0 };
  const quantization = fields.object('quantization');
  const stored = quantization.choice('dtype', ['uint8', 'uint16', 'float16'] as const);
  if (stored === 'float16') return { ...base, stored, scale: 1, min: 0 };
  const [scale, min] = [quantization.number('scale'), quantization.number('min')];
  if (!(scale > 0)) throw quantization.wrong('scale', 'above 0', 'Quantise the weights again.');
  if (!Number.isFinite(Math.fround(min + scale * 65535))) {
    throw quantization.wrong('scale', 'such that all numbers are finite', 'Quantise them again.');
  }
  return { ...base, stored, scale, min };
}

/** The tensors of a group, given its files. */
export function sliceGroup(
  group: Group,
  shards: readonly Uint8Array[],
  where: string,
): FileTensor[] {
  const { paths, entries, bytes } = group;
  const found = shards.reduce((sum, { length }) => sum + length, 0);
  if (found !== bytes) {
    throw new FormatError({
      where: `${where}, ${paths.map(shown).slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''}`,
      rule: `its files have the ${bytes} bytes of its weights`,
      found: `${found} bytes`,
      remedy: found < bytes ? 'A file was cut short: download it again.' : undefined,
    });
  }
  const data = new Uint8Array(bytes);
  let at = 0;
  for (const shard of shards) {
    data.set(shard, at);
    at += shard.length;
  }
  const view = new DataView(data.buffer);
  let offset = 0;
  return entries.map((entry) => {
    const values = numbersOf(view, offset, entry);
    offset += entry.elements * BYTES[entry.stored];
    return { name: entry.name, shape: entry.shape, values };
  });
}

const READERS: Readonly<Record<Stored, (view: DataView, at: number) => number>> = {
  float32: (view, at) => view.getFloat32(at, true),
  int32: (view, at) => view.getInt32(at, true),
  bool: (view, at) => view.getUint8(at),
  uint8: (view, at) => view.getUint8(at),
  uint16: (view, at) => view.getUint16(at, true),
  float16: (view, at) => halfToFloat(view.getUint16(at, true)),
};

function numbersOf(view: DataView, offset: number, entry: Entry): Float32Array {
  const { elements, stored, scale, min, rounded } = entry;
  const [read, step] = [READERS[stored], BYTES[stored]];
  const values = new Float32Array(elements);
  for (let i = 0; i < elements; i++) {
    const value = read(view, offset + i * step) * scale + min;
    values[i] = rounded ? Math.round(value) : value;
  }
  return values;
}
