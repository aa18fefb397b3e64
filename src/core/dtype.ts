import { floatToHalf, halfToFloat } from './half';
import { type Shape, sizeOf } from './shape';

/** Element types of tensors. `f16` is storage only: sums and statistics are always f32. */
export type DType = 'f32' | 'f16' | 'i32' | 'u32';

export type TypedArray = Float32Array | Uint16Array | Int32Array | Uint32Array;
/** Anything numbers come in as. */
export type NumericArray =
  | readonly number[]
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Bytes an element. */
const DTYPE_BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, i32: 4, u32: 4 };

/** Bytes of a tensor's buffer: what its elements take, rounded up to the 4 bytes that copies need. */
export function bytesOf({ dtype, shape }: { dtype: DType; shape: Shape }): number {
  return Math.ceil((sizeOf(shape) * DTYPE_BYTES[dtype]) / 4) * 4;
}

/** Numbers as `dtype` stores them in a buffer (f16 as raw bits in a Uint16Array). */
export function encodeArray(dtype: DType, values: NumericArray): TypedArray {
  switch (dtype) {
    case 'f32':
      return values instanceof Float32Array ? values : Float32Array.from(values);
    case 'i32':
      return values instanceof Int32Array ? values : Int32Array.from(values);
    case 'u32':
      return values instanceof Uint32Array ? values : Uint32Array.from(values);
    case 'f16':
      return Uint16Array.from(values as ArrayLike<number>, floatToHalf);
  }
}

/** The bytes of a buffer as numbers; f16 is widened to f32. */
export function decodeArray(dtype: DType, bytes: ArrayBuffer, length: number): TypedArray {
  switch (dtype) {
    case 'f32':
      return new Float32Array(bytes, 0, length);
    case 'i32':
      return new Int32Array(bytes, 0, length);
    case 'u32':
      return new Uint32Array(bytes, 0, length);
    case 'f16':
      return Float32Array.from(new Uint16Array(bytes, 0, length), halfToFloat);
  }
}

/** Numbers as they are after being stored as `dtype` and read back. */
export function roundTrip(dtype: DType, values: NumericArray): TypedArray {
  const stored = encodeArray(dtype, values);
  return dtype === 'f16' ? Float32Array.from(stored, halfToFloat) : stored;
}

/** The largest float below 2³¹. */
const MOST = 2147483520;

/** What an i32 holds of `x`: without what is behind the point, the nearest there is, and 0 for NaN. */
export function integerOf(x: number): number {
  return Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), -(2 ** 31)), MOST);
}
