import { FormatError } from '../core/errors';
import { MAX_ELEMENTS, MAX_RANK } from '../core/shape';
import { gunzip, isGzip, largestContents } from './gunzip';

/** An IDX file's numbers, row-major, in the type that the file has them in. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

export interface IdxOptions {
  /** The file as errors name it. */
  readonly name?: string;
  /** Unpacked bytes accepted from a gzip file; default 1 GiB. */
  readonly maxBytes?: number;
}

type Reader = (view: DataView, offset: number) => number;
interface IdxType {
  readonly bytes: number;
  readonly make: (length: number) => IdxArray['data'];
  readonly read: Reader;
}

/** By the third byte of the file; numbers are big-endian. */
const TYPES: Readonly<Record<number, IdxType>> = {
  8: { bytes: 1, make: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) },
  9: { bytes: 1, make: (n) => new Int8Array(n), read: (v, at) => v.getInt8(at) },
  11: { bytes: 2, make: (n) => new Int16Array(n), read: (v, at) => v.getInt16(at) },
  12: { bytes: 4, make: (n) => new Int32Array(n), read: (v, at) => v.getInt32(at) },
  13: { bytes: 4, make: (n) => new Float32Array(n), read: (v, at) => v.getFloat32(at) },
  14: { bytes: 8, make: (n) => new Float64Array(n), read: (v, at) => v.getFloat64(at) },
};

/** Reads an IDX file as MNIST's, packed by gzip or not. Throws a {@link FormatError}. */
export async function readIdx(bytes: Uint8Array, options: IdxOptions = {}): Promise<IdxArray> {
  const { name = 'IDX file', maxBytes = 2 ** 30 } = options;
  if (!isGzip(bytes)) return parseIdx(bytes, options);
  // The header, which comes out first, says how much there is to come.
  const possible = Math.min(maxBytes, largestContents(bytes));
  const limit = (start: Uint8Array) => {
    if (start.length < 4 || start.length < 4 + 4 * start[3]) return maxBytes;
    const { size } = header(start, name);
    if (size > possible) throw lying(name, size, `at most ${possible}`);
    return size;
  };
  return parseIdx(await gunzip(bytes, name, limit), options);
}

/** Reads an unpacked IDX file. Throws a {@link FormatError} with the byte at fault. */
export function parseIdx(bytes: Uint8Array, { name = 'IDX file' }: IdxOptions = {}): IdxArray {
  const { type, shape, start, size, count } = header(bytes, name);
  if (size > bytes.length) throw lying(name, size, String(bytes.length));
  if (size < bytes.length) {
    throw new FormatError({
      where: `${name}, byte ${size}`,
      rule: `it ends after the ${size} bytes that its header announces`,
      found: `${bytes.length - size} more`,
    });
  }
  const data = type.make(count);
  if (data instanceof Uint8Array) data.set(bytes.subarray(start));
  else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) data[i] = type.read(view, start + i * type.bytes);
  }
  return { shape, data };
}

/** The checked header: nothing is allocated for what it announces. */
function header(bytes: Uint8Array, name: string) {
  if (bytes.length < 4) {
    throw new FormatError({
      where: `${name}, byte 0`,
      rule: 'an IDX file starts with a magic number of 4 bytes',
      found: `${bytes.length} bytes in all`,
    });
  }
  const [zero, zero2, code, rank] = bytes;
  const type = TYPES[code];
  if (zero || zero2 || !type) {
    const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
    throw new FormatError({
      where: `${name}, byte 0`,
      rule: 'an IDX file starts with 00 00 and the code of a type (08, 09, 0b, 0c, 0d, 0e)',
      found: magic.join(' '),
      remedy: 'MNIST’s files are IDX, packed by gzip or not.',
    });
  }
  if (rank < 1 || rank > MAX_RANK) {
    throw new FormatError({
      where: `${name}, byte 3`,
      rule: `an IDX file has 1 to ${MAX_RANK} dimensions`,
      found: String(rank),
    });
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new FormatError({
      where: `${name}, byte ${bytes.length}`,
      rule: `a header of ${rank} dimensions has ${start} bytes`,
      found: `${bytes.length} bytes in all`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // Exact: at each step the product is below 2^31 · 2^32.
  let count = 1;
  shape.forEach((extent, axis) => {
    count *= extent;
    if (extent > 0 && count <= MAX_ELEMENTS) return;
    throw new FormatError({
      where: `${name}, byte ${4 + 4 * axis}`,
      rule: 'every extent is at least 1, and together they make less than 2^31 elements',
      found: `[${shape}]`,
    });
  });
  return { type, shape, start, count, size: start + count * type.bytes };
}

function lying(name: string, size: number, found: string): FormatError {
  return new FormatError({
    where: `${name}, byte 4`,
    rule: `its header announces ${size} bytes in all`,
    found: `${found}`,
    remedy: 'The file was cut short: download it again.',
  });
}
