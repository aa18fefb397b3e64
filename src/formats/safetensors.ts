import type { NumericArray } from '../core/dtype';
import { ArgumentError, FormatError } from '../core/errors';
import { MAX_ELEMENTS, MAX_RANK, sizeOf } from '../core/shape';
import { ELEMENTS, type ElementType } from './elements';
import { duplicateKey } from './json-keys';

/** Element types, by the names that the format gives them. */
export type SafetensorsDType = ElementType;

/** A tensor as numbers: F16 and BF16 are widened to f32, 64-bit integers to f64. */
export interface Safetensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Safetensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads a safetensors file. Everything in the header is checked before any tensor is allocated:
 * sizes, names given twice, and that the tensors tile the data without gap or overlap. Throws a
 * {@link FormatError}.
 */
export function readSafetensors(bytes: Uint8Array, name = 'safetensors file'): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (place: string, rule: string, found?: string) =>
    new FormatError({ where: `${name}, ${place}`, rule, found });
  if (bytes.length < 8)
    throw fail('byte 0', 'it starts with 8 bytes of header length', `${bytes.length} bytes in all`);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || headerBytes > bytes.length - 8) {
    const rule = 'the header ends within the file and has at most 100 MB';
    throw fail('byte 0', rule, `${headerBytes} bytes of ${bytes.length - 8}`);
  }
  const entries = parseHeader(bytes.subarray(8, 8 + headerBytes), fail);
  const dataStart = 8 + headerBytes;
  const metadata = new Map<string, string>();
  const found: { name: string; dtype: SafetensorsDType; shape: number[]; span: Span }[] = [];
  for (const [key, entry] of entries) {
    if (key === '__metadata__') {
      for (const [k, v] of Object.entries(object(entry, 'its metadata', fail))) {
        if (typeof v !== 'string') throw fail('its metadata', 'all values are text', typeof v);
        metadata.set(k, v);
      }
    } else found.push({ name: key, ...describe(key, entry, bytes.length - dataStart, fail) });
  }
  let end = 0;
  const byPlace = [...found].sort((a, b) => a.span[0] - b.span[0] || a.span[1] - b.span[1]);
  for (const { name: tensor, span } of byPlace) {
    if (span[0] !== end) {
      const rule = `its data follows on what is before it, at offset ${end}`;
      throw fail(place(tensor), rule, String(span[0]));
    }
    end = span[1];
  }
  if (end !== bytes.length - dataStart) {
    const rule = `the tensors fill the data to its end at ${bytes.length - dataStart}`;
    throw fail('its data', rule, `the last ends at ${end}`);
  }
  const tensors = new Map<string, Safetensor>();
  for (const { name: tensor, dtype, shape, span } of found) {
    const { make, read, bytes: step } = ELEMENTS[dtype];
    const data = make(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = read(view, dataStart + span[0] + i * step);
    tensors.set(tensor, { dtype, shape, data });
  }
  return { tensors, metadata };
}

/**
 * Writes a safetensors file; tensors are put by element size and name, so that each is aligned.
 * Throws an {@link ArgumentError} where a tensor's numbers are not as many as its shape says.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Safetensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      ELEMENTS[b.dtype].bytes - ELEMENTS[a.dtype].bytes || (nameA < nameB ? -1 : 1),
  );
  const header: [string, unknown][] = [];
  if (metadata.size) header.push(['__metadata__', Object.fromEntries(metadata)]);
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (data.length !== sizeOf(shape) || name === '__metadata__') {
      throw new ArgumentError({
        where: `tensor "${name}"`,
        rule: `[${shape}] takes ${sizeOf(shape)} numbers, and the name is not __metadata__`,
        found: String(data.length),
      });
    }
    const start = end;
    end += data.length * ELEMENTS[dtype].bytes;
    header.push([name, { dtype, shape, data_offsets: [start, end] }]);
  }
  // Built entry by entry: an object would treat a tensor named "__proto__" in its own way.
  const json = header.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${json.join(',')}}`);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  bytes.set(text, 8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  let at = 8 + headerBytes;
  for (const [, { dtype, data }] of ordered) {
    const { write, bytes: step } = ELEMENTS[dtype];
    for (let i = 0; i < data.length; i++, at += step) write(view, at, data[i]);
  }
  return bytes;
}

type Span = readonly [start: number, end: number];
type Fail = (place: string, rule: string, found?: string) => FormatError;

function parseHeader(bytes: Uint8Array, fail: Fail): [string, unknown][] {
  const where = 'its header';
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const text = decoder.decode(bytes);
    if (!text.startsWith('{')) throw fail(where, 'it is a JSON object that starts with {');
    const parsed = Object.entries(object(JSON.parse(text), where, fail));
    const twice = duplicateKey(text);
    if (twice !== undefined) throw fail(where, 'a name is given once', shown(twice));
    return parsed;
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const found = error instanceof Error ? error.message.slice(0, 200) : undefined;
    throw fail(where, 'it is JSON in UTF-8', found);
  }
}

function describe(name: string, entry: unknown, available: number, fail: Fail) {
  const where = place(name);
  const { dtype, shape, data_offsets: span, ...others } = object(entry, where, fail);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    throw fail(where, 'it has a dtype, a shape and data_offsets', shown(unknown));
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENTS, dtype)) {
    const rule = `its dtype is one of ${Object.keys(ELEMENTS).join(', ')}`;
    throw fail(where, rule, shown(dtype));
  }
  if (!integers(shape) || shape.length > MAX_RANK) {
    const rule = `its shape is a list of at most ${MAX_RANK} integers`;
    throw fail(where, rule, shown(shape));
  }
  let count = 1;
  for (const extent of shape) {
    count *= extent;
    if (count <= MAX_ELEMENTS && extent <= MAX_ELEMENTS) continue;
    throw fail(where, 'it has less than 2^31 elements', shown(shape));
  }
  if (!integers(span) || span.length !== 2 || span[0] > span[1] || span[1] > available) {
    const rule = `its data_offsets are a start and an end within the ${available} bytes of data`;
    throw fail(where, rule, shown(span));
  }
  const size = count * ELEMENTS[dtype as SafetensorsDType].bytes;
  if (span[1] - span[0] !== size) {
    throw fail(where, `${dtype} [${shape}] takes ${size} bytes`, String(span[1] - span[0]));
  }
  return { dtype: dtype as SafetensorsDType, shape, span: [span[0], span[1]] as Span };
}

function object(value: unknown, where: string, fail: Fail): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw fail(where, 'it is an object', shown(value));
}

function integers(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0))
  );
}

const place = (tensor: string) => `tensor ${shown(tensor)}`;
const shown = (value: unknown) => (JSON.stringify(value) ?? typeof value).slice(0, 120);
