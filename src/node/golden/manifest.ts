// The golden vectors' manifest: what it says is checked before it is believed.
import { open, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Tolerance } from '../../core/compare';
import { FormatError } from '../../core/errors';
import { checkShape, type Shape, sizeOf } from '../../core/shape';

const LARGEST_MANIFEST = 64 * 2 ** 20;
const MOST_CASES = 100_000;
const MOST_TENSORS = 1000;
const ELEMENT_BYTES = { float32: 4, float64: 8, int32: 4 } as const;

export type GoldenNumbers = Float32Array | Float64Array | Int32Array;

/** A tensor in a case's file. */
export interface GoldenTensor {
  readonly name: string;
  readonly dtype: keyof typeof ELEMENT_BYTES;
  readonly shape: Shape;
  readonly offset: number;
  /** Of an expected one; for an ill-conditioned case what a stable algorithm reaches. */
  readonly tolerance: Tolerance;
}

export interface GoldenCase {
  readonly id: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly inputs: readonly GoldenTensor[];
  readonly expected: readonly GoldenTensor[];
}

/** The cases of `directory/manifest.json`. Throws a {@link FormatError} where it is not one. */
export async function readManifest(directory: string): Promise<GoldenCase[]> {
  const path = join(directory, 'manifest.json');
  const { size } = await stat(path).catch(() => fail(path, 'it exists', 'no such file'));
  if (size > LARGEST_MANIFEST) {
    fail(path, `a manifest has at most ${LARGEST_MANIFEST} bytes`, String(size));
  }
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    fail(path, 'it is JSON', String(error));
  }
  return listOf(recordOf(manifest, path).cases, path, 'cases', MOST_CASES).map((entry, i) =>
    caseOf(entry, directory, `${path}, case ${i}`),
  );
}

/** A tensor's numbers. Throws a {@link FormatError} where the file does not hold them. */
export async function readTensor(
  { path }: GoldenCase,
  { name, dtype, shape, offset }: GoldenTensor,
): Promise<GoldenNumbers> {
  const bytes = sizeOf(shape) * ELEMENT_BYTES[dtype];
  const file = await open(path).catch((error) => fail(path, 'it can be read', String(error)));
  try {
    const { size } = await file.stat();
    if (offset + bytes > size) {
      fail(path, `tensor "${name}" ends at byte ${offset + bytes}`, `${size} bytes`);
    }
    const buffer = new ArrayBuffer(bytes);
    await file.read(new Uint8Array(buffer), 0, bytes, offset);
    if (dtype === 'int32') return new Int32Array(buffer);
    return dtype === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer);
  } finally {
    await file.close();
  }
}

function caseOf(entry: unknown, directory: string, where: string): GoldenCase {
  const { id, op, attrs = {}, file, inputs, expected } = recordOf(entry, where);
  const name = textOf(file, where, 'file');
  if (name !== basename(name)) fail(where, 'file is a name in the same folder', name);
  const at = `case "${textOf(id, where, 'id')}"`;
  const tensors = (list: unknown, what: string) =>
    listOf(list, at, what, MOST_TENSORS).map((tensor) => tensorOf(tensor, at));
  return {
    id: id as string,
    op: textOf(op, at, 'op'),
    attrs: recordOf(attrs, at),
    path: join(directory, name),
    inputs: tensors(inputs, 'inputs'),
    expected: tensors(expected, 'expected'),
  };
}

function tensorOf(entry: unknown, where: string): GoldenTensor {
  const { name, dtype, shape, offset, tol, tol_strict: strict } = recordOf(entry, where);
  const at = `${where}, tensor "${textOf(name, where, 'name')}"`;
  if (!Object.hasOwn(ELEMENT_BYTES, dtype as string)) {
    fail(at, `dtype is one of ${Object.keys(ELEMENT_BYTES).join(', ')}`, String(dtype));
  }
  const extents = listOf(shape, at, 'shape', 8) as number[];
  try {
    checkShape(extents, at);
  } catch (error) {
    fail(at, 'shape is a legal shape', String(error));
  }
  if (!Number.isSafeInteger(offset) || (offset as number) < 0) {
    fail(at, 'offset is an integer ≥ 0', String(offset));
  }
  const { rtol = 0, atol = 0 } = recordOf(strict ?? tol ?? {}, at);
  if (![rtol, atol].every((t) => Number.isFinite(t) && (t as number) >= 0)) {
    fail(at, 'rtol and atol are numbers ≥ 0', `${rtol} and ${atol}`);
  }
  return {
    name: name as string,
    dtype: dtype as GoldenTensor['dtype'],
    shape: extents,
    offset: offset as number,
    tolerance: { rtol: rtol as number, atol: atol as number },
  };
}

function recordOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  return fail(where, 'it is an object', JSON.stringify(value)?.slice(0, 80));
}

function listOf(value: unknown, where: string, name: string, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  const found = Array.isArray(value) ? `${value.length} entries` : typeof value;
  return fail(where, `${name} is a list of at most ${most}`, found);
}

function textOf(value: unknown, where: string, name: string): string {
  if (typeof value === 'string' && value.length > 0) return value;
  return fail(where, `${name} is a text`, JSON.stringify(value)?.slice(0, 80));
}

function fail(where: string, rule: string, found?: string): never {
  throw new FormatError({ where, rule, found });
}
