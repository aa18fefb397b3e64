import { FormatError } from '../../core/errors';
import { stridesOf } from '../../core/shape';
import type { SymbolicTensor } from '../../model/layer';
import { makeData, type OnnxData, type OnnxDType } from './tensor';

/** The extent that stands for the batch, whose size only a run knows. No file can have it. */
export const BATCH = Number.POSITIVE_INFINITY;

/** Extents in ONNX's order, one of them perhaps {@link BATCH}. */
export type Dims = readonly number[];

/** A tensor known at import: an initializer, or computed from such. */
export interface Known {
  readonly kind: 'known';
  readonly dtype: OnnxDType;
  readonly dims: Dims;
  readonly data: OnnxData;
  /** Shape arithmetic with the batch: each number is `data` + `perBatch` · batch. */
  readonly perBatch?: Float64Array;
  /** The initializer that it is, unchanged: training may change it. */
  readonly initializer?: string;
}

/**
 * A tensor that a run computes. Axis i of `tensor` (the batch, if any, counted) is ONNX's axis
 * `order[i]`: channels-first tensors are mostly stored channels-last.
 */
export interface Live {
  readonly kind: 'live';
  readonly dtype: OnnxDType;
  readonly dims: Dims;
  readonly order: readonly number[];
  readonly tensor: SymbolicTensor;
  /** The same numbers in other orders, as far as somebody asked. */
  readonly arranged: Map<string, Live>;
  /** What it is a flattening of, example by example; `tensor` is the last resort then. */
  readonly flattened?: Live;
}

export type Value = Known | Live;

export function known(dtype: OnnxDType, dims: Dims, numbers: ArrayLike<number>): Known {
  const data = makeData(dtype, numbers.length);
  data.set(numbers);
  return { kind: 'known', dtype, dims, data };
}

export function live(
  tensor: SymbolicTensor,
  dims: Dims,
  order: readonly number[] = identity(dims.length),
  dtype: OnnxDType = tensor.dtype === 'i32' ? 'int64' : 'float',
): Live {
  return { kind: 'live', dtype, dims, order, tensor, arranged: new Map() };
}

export const identity = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

/** Channels last: of N, C, spatial… the order N, spatial…, C. */
export const lastOrder = (rank: number): number[] =>
  rank < 3 ? identity(rank) : [0, ...identity(rank).slice(2), 1];

/** `[N,3,32,32]` */
export const formatDims = (dims: Dims): string =>
  `[${dims.map((extent) => (extent === BATCH ? 'N' : extent)).join(',')}]`;

/** Number of elements, of one example where there is a batch. */
export const volume = (dims: Dims): number =>
  dims.reduce((size, extent) => (extent === BATCH ? size : size * extent), 1);

/** Where the elements of an axis lie, by number: `start`, and one every `step` from there. */
export const along = (extent: number, stride: number, start = 0, step = 1): number[] =>
  Array.from({ length: extent }, (_, i) => (start + i * step) * stride);

/**
 * Calls `visit` for each element of a tensor whose element [i, j, …] lies at tables[0][i] +
 * tables[1][j] + …, with its number, row-major, and that place.
 */
export function forEachPlace(
  tables: readonly (readonly number[])[],
  visit: (i: number, place: number) => void,
): void {
  const outer = tables.slice(0, -1);
  const last = tables.at(-1) ?? [0];
  const index = outer.map(() => 0);
  const size = tables.reduce((product, { length }) => product * length, 1);
  let base = outer.reduce((sum, [first]) => sum + first, 0);
  for (let i = 0; i < size; ) {
    for (let k = 0; k < last.length; k++) visit(i++, base + last[k]);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const table = outer[axis];
      base -= table[index[axis]];
      index[axis] = (index[axis] + 1) % table.length;
      base += table[index[axis]];
      if (index[axis]) break;
    }
  }
}

/** A known tensor made of the elements of another, which lie where `tables` says. */
export function pick(from: Known, tables: readonly (readonly number[])[]): Known {
  const dims = tables.map(({ length }) => length);
  const { dtype, perBatch } = from;
  const data = makeData(dtype, volume(dims));
  forEachPlace(tables, (i, place) => {
    data[i] = from.data[place];
  });
  if (!perBatch) return { kind: 'known', dtype, dims, data };
  const shares = new Float64Array(data.length);
  forEachPlace(tables, (i, place) => {
    shares[i] = perBatch[place];
  });
  return { kind: 'known', dtype, dims, data, perBatch: shares };
}

/** A known tensor with its axes in another order. */
export function transposeKnown(value: Known, perm: readonly number[]): Known {
  const strides = stridesOf(value.dims);
  return pick(
    value,
    perm.map((axis) => along(value.dims[axis], strides[axis])),
  );
}

/** Its numbers as integers. Throws where they depend on the batch or are none. */
export function integersOf(value: Known, where: string): number[] {
  if (value.perBatch?.some((factor) => factor !== 0)) {
    throw new FormatError({
      where,
      rule: 'these numbers do not depend on the size of the batch',
      remedy: 'Import with a fixed batch: batch: "fixed" and a size for it.',
    });
  }
  const numbers = [...value.data];
  if (numbers.every(Number.isInteger)) return numbers;
  throw new FormatError({
    where,
    rule: 'these numbers are integers',
    found: `${numbers}`.slice(0, 80),
  });
}

/** Extents given by a tensor: the batch where an element is one batch. */
export function dimsOf(value: Known, where: string): number[] {
  const { perBatch } = value;
  if (!perBatch) return integersOf(value, where);
  return [...value.data].map((number, i) => {
    if (perBatch[i] === 0) return number;
    if (perBatch[i] === 1 && number === 0) return BATCH;
    throw new FormatError({
      where,
      rule: 'an extent is a number or the batch itself',
      found: `${perBatch[i]}·N + ${number}`,
      remedy: 'Import with a fixed batch: batch: "fixed" and a size for it.',
    });
  });
}
