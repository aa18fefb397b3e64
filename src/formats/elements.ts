import type { NumericArray } from '../core/dtype';
import { floatToHalf, halfToFloat } from '../core/half';

/** Element types of tensors in files. */
export type ElementType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

type Made = Extract<NumericArray, ArrayBufferView>;
export interface ElementStorage {
  readonly bytes: number;
  readonly make: (length: number) => Made;
  readonly read: (view: DataView, at: number) => number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

/** How files store numbers: little-endian, all of them. 64-bit integers are read as f64. */
export const ELEMENTS: Readonly<Record<ElementType, ElementStorage>> = {
  F64: {
    bytes: 8,
    make: (n) => new Float64Array(n),
    read: (v, at) => v.getFloat64(at, true),
    write: (v, at, x) => v.setFloat64(at, x, true),
  },
  F32: {
    bytes: 4,
    make: (n) => new Float32Array(n),
    read: (v, at) => v.getFloat32(at, true),
    write: (v, at, x) => v.setFloat32(at, x, true),
  },
  F16: {
    bytes: 2,
    make: (n) => new Float32Array(n),
    read: (v, at) => halfToFloat(v.getUint16(at, true)),
    write: (v, at, x) => v.setUint16(at, floatToHalf(x), true),
  },
  BF16: {
    bytes: 2,
    make: (n) => new Float32Array(n),
    read: (v, at) => bfloatToFloat(v.getUint16(at, true)),
    write: (v, at, x) => v.setUint16(at, floatToBfloat(x), true),
  },
  I64: {
    bytes: 8,
    make: (n) => new Float64Array(n),
    read: (v, at) => Number(v.getBigInt64(at, true)),
    write: (v, at, x) => v.setBigInt64(at, BigInt(Math.trunc(x) || 0), true),
  },
  I32: {
    bytes: 4,
    make: (n) => new Int32Array(n),
    read: (v, at) => v.getInt32(at, true),
    write: (v, at, x) => v.setInt32(at, x, true),
  },
  I16: {
    bytes: 2,
    make: (n) => new Int16Array(n),
    read: (v, at) => v.getInt16(at, true),
    write: (v, at, x) => v.setInt16(at, x, true),
  },
  I8: {
    bytes: 1,
    make: (n) => new Int8Array(n),
    read: (v, at) => v.getInt8(at),
    write: (v, at, x) => v.setInt8(at, x),
  },
  U64: {
    bytes: 8,
    make: (n) => new Float64Array(n),
    read: (v, at) => Number(v.getBigUint64(at, true)),
    write: (v, at, x) => v.setBigUint64(at, BigInt(Math.trunc(x) || 0), true),
  },
  U32: {
    bytes: 4,
    make: (n) => new Uint32Array(n),
    read: (v, at) => v.getUint32(at, true),
    write: (v, at, x) => v.setUint32(at, x, true),
  },
  U16: {
    bytes: 2,
    make: (n) => new Uint16Array(n),
    read: (v, at) => v.getUint16(at, true),
    write: (v, at, x) => v.setUint16(at, x, true),
  },
  U8: {
    bytes: 1,
    make: (n) => new Uint8Array(n),
    read: (v, at) => v.getUint8(at),
    write: (v, at, x) => v.setUint8(at, x),
  },
  BOOL: {
    bytes: 1,
    make: (n) => new Uint8Array(n),
    read: (v, at) => v.getUint8(at),
    write: (v, at, x) => v.setUint8(at, x ? 1 : 0),
  },
};

const word = new DataView(new ArrayBuffer(4));

function bfloatToFloat(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

/** The nearest, ties to even; NaN stays one. */
function floatToBfloat(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
