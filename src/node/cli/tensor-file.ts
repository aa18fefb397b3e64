import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { NumericArray } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { sizeOf } from '../../core/shape';
import { readIdx } from '../../formats/idx';
import { readTensor } from '../../formats/onnx';
import { readSafetensors } from '../../formats/safetensors';
import { parseJson } from './open-model';

/** A tensor from a file. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly data: NumericArray;
  /** Its name, where the file has one. */
  readonly name?: string;
}

/**
 * The tensors of a file by its ending: .npy, .safetensors (several, by name), .pb (ONNX's TensorProto),
 * .json (nested arrays), or IDX (anything with `idx` in its name). Throws a {@link FormatError}.
 */
export async function readTensors(file: string): Promise<FileTensor[]> {
  return parseTensors(await readFile(file), basename(file));
}

/** The same of bytes; the name says of which kind they are. */
export async function parseTensors(bytes: Uint8Array, name: string): Promise<FileTensor[]> {
  if (/idx\d?(-ubyte)?(\.gz)?$|\.idx/.test(name)) {
    const { shape, data } = await readIdx(bytes, { name });
    return [{ shape, data }];
  }
  switch (extname(name).toLowerCase()) {
    case '.npy':
      return [readNpy(bytes, name)];
    case '.pb': {
      const tensor = readTensor(bytes, name);
      return [{ shape: tensor.dims, data: tensor.data, name: tensor.name || undefined }];
    }
    case '.safetensors':
      return [...readSafetensors(bytes, name).tensors].map(([key, { shape, data }]) => ({
        name: key,
        shape,
        data,
      }));
    case '.json':
      return [fromNested(parseJson(new TextDecoder().decode(bytes), name), name)];
    default:
      throw new FormatError({
        where: name,
        rule: 'a tensor file is .npy, .safetensors, .pb, .json or IDX, a picture .png or .jpg',
        found: extname(name) || 'no ending',
      });
  }
}

const MAGIC = '\x93NUMPY';
const NPY: Readonly<
  Record<string, { bytes: number; read: (view: DataView, at: number) => number }>
> = {
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  '<i4': { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  '<i8': { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  '|u1': { bytes: 1, read: (view, at) => view.getUint8(at) },
  '|i1': { bytes: 1, read: (view, at) => view.getInt8(at) },
};

/** NumPy's format, version 1 to 3: a Python literal as header, then the numbers. */
function readNpy(bytes: Uint8Array, where: string): FileTensor {
  const fail = (rule: string, found?: string) => new FormatError({ where, rule, found });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (magic !== MAGIC || bytes.length < 12) throw fail('it starts with \\x93NUMPY', 'other bytes');
  const long = bytes[6] > 1;
  const start = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > bytes.length - start)
    throw fail('its header ends within the file', `${length} bytes`);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map(Number);
  if (!Object.hasOwn(NPY, descr)) {
    throw fail(`its numbers are ${Object.keys(NPY).join(', ')}`, descr || header.slice(0, 80));
  }
  if (!/'fortran_order':\s*False/.test(header)) {
    throw fail('its numbers are in C order', 'fortran_order');
  }
  const { bytes: step, read } = NPY[descr];
  const size = sizeOf(shape);
  const wanted = size * step;
  if (!Number.isSafeInteger(wanted) || shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw fail('its shape has extents', `(${shape})`);
  }
  if (bytes.length - start - length !== wanted) {
    throw fail(`(${shape}) of ${descr} takes ${wanted} bytes`, `${bytes.length - start - length}`);
  }
  const data = new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = read(view, start + length + i * step);
  return { shape, data };
}

function fromNested(json: unknown, where: string): FileTensor {
  const shape: number[] = [];
  for (let inner = json; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  const flat = shape.length ? (json as unknown[]).flat(Number.POSITIVE_INFINITY) : [json];
  const odd = flat.find((value) => typeof value !== 'number');
  if (flat.length !== sizeOf(shape) || odd !== undefined) {
    throw new FormatError({
      where,
      rule: 'it is a number or nested lists of numbers, as long as each other',
      found:
        odd === undefined
          ? `${flat.length} numbers for [${shape}]`
          : JSON.stringify(odd)?.slice(0, 40),
    });
  }
  return { shape, data: flat as number[] };
}
