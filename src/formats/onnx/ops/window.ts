import { formatShape } from '../../../core/shape';
import type { Pair } from '../../../model/layers/common';
import type { NodeScope } from '../scope';

/** Strides, dilations, kernels and padding beyond this are nobody's. */
const MOST = 65535;

/** How a kernel moves over an image, a number for each spatial dimension. */
export interface SpatialWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The attribute `name`: a number ≥ 1 for each of `rank` dimensions, ones where it is left out. */
export function extents(node: NodeScope, name: string, rank: number): readonly number[] {
  const values = node.attributes.ints(name) ?? new Array<number>(rank).fill(1);
  if (values.length === rank && values.every((n) => n >= 1 && n <= MOST)) return values;
  throw node.fail(`${name} has ${rank} numbers from 1 to ${MOST}`, formatShape(values));
}

/** How far a kernel reaches along an axis, its dilation counted. */
export const reach = ({ kernel, dilations }: SpatialWindow, axis: number): number =>
  (kernel[axis] - 1) * dilations[axis] + 1;

/** The window of a convolution or pooling of an image of `size`: strides, dilations and padding. */
export function spatialWindow(
  node: NodeScope,
  size: readonly number[],
  kernel: readonly number[],
): SpatialWindow {
  const strides = extents(node, 'strides', size.length);
  const dilations = extents(node, 'dilations', size.length);
  const auto = autoPad(node);
  const [before, after] = explicitPads(node, size.length);
  const window = { kernel, strides, dilations, before, after };
  if (auto === 'NOTSET') return window;
  const totals = size.map((extent, axis) => {
    const outputs = auto === 'VALID' ? 0 : Math.ceil(extent / strides[axis]);
    return Math.max((outputs - 1) * strides[axis] + reach(window, axis) - extent, 0);
  });
  return withPads(window, auto === 'VALID' ? size.map(() => 0) : totals, auto === 'SAME_UPPER');
}

/** Padding of `totals` rows, half on each side; an odd one comes after the image where `upper`. */
export function withPads(
  window: SpatialWindow,
  totals: readonly number[],
  upper: boolean,
): SpatialWindow {
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total, axis) => total - small[axis]);
  return { ...window, before: upper ? small : large, after: upper ? large : small };
}

const AUTO = ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'] as const;

/** `auto_pad`, which wins over `pads`. */
export const autoPad = (node: NodeScope) => node.attributes.string('auto_pad', 'NOTSET', AUTO);

/** The attribute `pads`: numbers before each dimension, then after each. */
export function explicitPads(
  node: NodeScope,
  rank: number,
): [readonly number[], readonly number[]] {
  const pads = node.attributes.ints('pads') ?? new Array<number>(2 * rank).fill(0);
  if (pads.length === 2 * rank && pads.every((n) => n >= 0 && n <= MOST)) {
    return [pads.slice(0, rank), pads.slice(rank)];
  }
  throw node.fail(`pads has ${2 * rank} numbers from 0 to ${MOST}`, formatShape(pads));
}

/** A number for each dimension of an image: `one` for the height of a row. */
export const pairOf = (values: readonly number[], one: number): Pair =>
  (values.length === 1 ? [one, values[0]] : values) as Pair;

/** The window in the words of two-dimensional layers. */
export function planeOptions({ strides, dilations, before, after }: SpatialWindow) {
  return {
    strides: pairOf(strides, 1),
    dilationRate: pairOf(dilations, 1),
    padding: [...pairOf(before, 0), ...pairOf(after, 0)],
  };
}
