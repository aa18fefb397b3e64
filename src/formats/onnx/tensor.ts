import { FormatError } from '../../core/errors';
import { MAX_ELEMENTS, MAX_RANK } from '../../core/shape';
import { ELEMENTS, type ElementType } from '../elements';
import { decode } from './decode';
import { encode } from './encode';
import { type ExternalData, externalBytes } from './external';
import { type PackedNumbers, TENSOR, type TensorProto } from './messages';

/** Element types by ONNX's names. */
export type OnnxDType =
  | 'float'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'float16'
  | 'double'
  | 'uint32'
  | 'uint64'
  | 'bfloat16';

export type OnnxData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/**
 * A tensor as numbers, row-major: half floats are widened to f32; 64-bit integers are f64, exact up
 * to 2^53.
 */
export interface OnnxTensor {
  readonly dtype: OnnxDType;
  readonly dims: readonly number[];
  readonly data: OnnxData;
}

interface Entry {
  readonly code: number;
  readonly element: ElementType;
  /** The field for numbers that are not raw. */
  readonly field: 'float_data' | 'int32_data' | 'int64_data' | 'double_data' | 'uint64_data';
}

const TYPES: Readonly<Record<OnnxDType, Entry>> = {
  float: { code: 1, element: 'F32', field: 'float_data' },
  uint8: { code: 2, element: 'U8', field: 'int32_data' },
  int8: { code: 3, element: 'I8', field: 'int32_data' },
  uint16: { code: 4, element: 'U16', field: 'int32_data' },
  int16: { code: 5, element: 'I16', field: 'int32_data' },
  int32: { code: 6, element: 'I32', field: 'int32_data' },
  int64: { code: 7, element: 'I64', field: 'int64_data' },
  bool: { code: 9, element: 'BOOL', field: 'int32_data' },
  float16: { code: 10, element: 'F16', field: 'int32_data' },
  double: { code: 11, element: 'F64', field: 'double_data' },
  uint32: { code: 12, element: 'U32', field: 'uint64_data' },
  uint64: { code: 13, element: 'U64', field: 'uint64_data' },
  bfloat16: { code: 16, element: 'BF16', field: 'int32_data' },
};
const BY_CODE = new Map(Object.entries(TYPES).map(([name, { code }]) => [code, name as OnnxDType]));
const FIELDS = ['float_data', 'int32_data', 'int64_data', 'double_data', 'uint64_data'] as const;

/** ONNX's number of an element type. */
export function dtypeCode(dtype: OnnxDType): number {
  return TYPES[dtype].code;
}

/** The element type of ONNX's number `code`. Throws a {@link FormatError} for those not supported. */
export function dtypeOf(code: number | undefined, where: string): OnnxDType {
  const dtype = BY_CODE.get(code ?? 0);
  if (dtype) return dtype;
  throw new FormatError({
    where,
    rule: `its element type is one of ${Object.keys(TYPES).join(', ')}`,
    found: `number ${code ?? 0}`,
  });
}

/** Whether numbers of the type are real, not counts. */
export function isFloat(dtype: OnnxDType): boolean {
  return /float|double/.test(dtype);
}

/** An array for `length` numbers of the type. */
export function makeData(dtype: OnnxDType, length: number): OnnxData {
  return ELEMENTS[TYPES[dtype].element].make(length) as OnnxData;
}

export interface TensorOptions {
  readonly external?: ExternalData;
}

/**
 * The numbers of a TensorProto: raw, in a typed field, or in another file. The shape and the bytes
 * at hand are checked against each other before anything is allocated. Throws a {@link FormatError}.
 */
export function unpackTensor(
  proto: TensorProto,
  where: string,
  { external }: TensorOptions = {},
): OnnxTensor {
  const fail = (rule: string, found?: string) => new FormatError({ where, rule, found });
  const dtype = dtypeOf(proto.data_type, where);
  const { element, field } = TYPES[dtype];
  const { bytes, make } = ELEMENTS[element];
  const { dims } = proto;
  const count = countOf(dims, where);
  const fields = FIELDS.filter((name) => proto[name] !== undefined);
  const outside = proto.data_location === 1;
  if (fields.length + Number(proto.raw_data !== undefined) + Number(outside) > 1) {
    throw fail('its numbers are in one place', [...fields, 'raw or external data'].join(', '));
  }
  const packed = proto[field];
  if (packed) return { dtype, dims, data: unpackNumbers(packed, count, dtype, where) };
  if (fields.length) throw fail(`numbers of type ${dtype} are in ${field}`, fields[0]);
  const raw = outside
    ? externalBytes(proto.external_data, count * bytes, external, where)
    : (proto.raw_data ?? new Uint8Array(0));
  if (raw.length !== count * bytes) {
    throw fail(`${dtype} [${dims}] takes ${count * bytes} bytes`, String(raw.length));
  }
  return { dtype, dims, data: readRaw(raw, element, make(count) as OnnxData) };
}

/** Number of elements. Throws a {@link FormatError} for extents that are none. */
export function countOf(dims: readonly number[], where: string): number {
  let count = 1;
  for (const extent of dims) {
    count *= extent;
    if (Number.isSafeInteger(extent) && extent >= 0 && count <= MAX_ELEMENTS) continue;
    const rule = 'its extents are integers of at least 0 and make less than 2^31 elements';
    throw new FormatError({ where, rule, found: `[${dims.slice(0, 9)}]` });
  }
  if (dims.length <= MAX_RANK) return count;
  const rule = `a tensor has at most ${MAX_RANK} dimensions`;
  throw new FormatError({ where, rule, found: String(dims.length) });
}

function readRaw(raw: Uint8Array, element: ElementType, data: OnnxData): OnnxData {
  const { bytes, read } = ELEMENTS[element];
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (element === 'F32' && littleEndian) new Uint8Array(data.buffer).set(raw);
  else for (let i = 0; i < data.length; i++) data[i] = read(view, i * bytes);
  return data;
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Half floats in a typed field are their bits; all other numbers are themselves. */
function unpackNumbers(
  { type, chunks }: PackedNumbers,
  count: number,
  dtype: OnnxDType,
  where: string,
): OnnxData {
  const { element } = TYPES[dtype];
  const width = type === 'floats' ? 4 : 8;
  const found = chunks.reduce(
    (sum, chunk) => sum + (type === 'varints' ? countVarints(chunk) : chunk.length / width),
    0,
  );
  if (found !== count) {
    const rule = `a shape of ${count} elements has as many numbers`;
    throw new FormatError({ where, rule, found: String(found) });
  }
  const { make, read } = ELEMENTS[element];
  const data = make(count) as OnnxData;
  const bits = new DataView(new ArrayBuffer(2));
  const half = element === 'F16' || element === 'BF16';
  let at = 0;
  for (const chunk of chunks) {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let pos = 0; pos < chunk.length; at++) {
      if (type === 'varints') {
        const end = varintEnd(chunk, pos);
        const value = varint(chunk, pos, end, dtype !== 'uint64');
        if (half) bits.setUint16(0, value, true);
        data[at] = half ? read(bits, 0) : value;
        pos = end;
      } else {
        data[at] = width === 4 ? view.getFloat32(pos, true) : view.getFloat64(pos, true);
        pos += width;
      }
    }
  }
  return data;
}

/** How many whole varints a chunk holds; a fraction more where the last one is cut. */
function countVarints(chunk: Uint8Array): number {
  let count = 0;
  for (const byte of chunk) if (byte < 0x80) count++;
  return chunk.length && chunk[chunk.length - 1] >= 0x80 ? count + 0.5 : count;
}

function varintEnd(chunk: Uint8Array, start: number): number {
  let end = start;
  while (chunk[end++] >= 0x80);
  return end;
}

function varint(chunk: Uint8Array, start: number, end: number, signed: boolean): number {
  // Six bytes hold 42 bits: exact without big integers, which nearly all numbers need not.
  if (end - start <= 6) {
    let value = 0;
    for (let i = end - 1; i >= start; i--) value = value * 128 + (chunk[i] & 0x7f);
    return value;
  }
  let value = 0n;
  for (let i = Math.min(end, start + 10) - 1; i >= start; i--) {
    value = value * 128n + BigInt(chunk[i] & 0x7f);
  }
  return Number(signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value));
}

/** A tensor as a TensorProto, its numbers raw. Throws where there are not as many as `dims` says. */
export function packTensor({ dtype, dims, data }: OnnxTensor, name?: string): TensorProto {
  const where = `tensor "${name ?? ''}"`;
  const count = countOf(dims, where);
  if (data.length !== count) {
    throw new FormatError({
      where,
      rule: `[${dims}] takes ${count} numbers`,
      found: `${data.length}`,
    });
  }
  const { code, element } = TYPES[dtype];
  const { bytes, write } = ELEMENTS[element];
  const raw = new Uint8Array(count * bytes);
  const view = new DataView(raw.buffer);
  if (element === 'F32' && littleEndian && data instanceof Float32Array) {
    raw.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  } else for (let i = 0; i < count; i++) write(view, i * bytes, data[i]);
  return { dims, data_type: code, name, raw_data: raw, external_data: [] };
}

/** Reads a file of one TensorProto, as ONNX test data has them. Throws a {@link FormatError}. */
export function readTensor(bytes: Uint8Array, file = 'ONNX tensor'): OnnxTensor & { name: string } {
  const proto = decode(TENSOR, bytes, file);
  return { ...unpackTensor(proto, file), name: proto.name ?? '' };
}

/** Writes a file of one TensorProto. */
export function writeTensor(tensor: OnnxTensor, name?: string): Uint8Array<ArrayBuffer> {
  return encode(TENSOR, packTensor(tensor, name));
}
