// Sliding windows: what convolution and pooling share. Pairs are [height, width].
import { nonNegativeInteger, positiveInteger } from '../core/check';
import { ArgumentError, ShapeError } from '../core/errors';
import type { Attrs } from '../ir/graph';

export type Pair = readonly [height: number, width: number];
/** Rows and columns of padding on each side. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];
/** Padding in a user's words: a number or pair is the same before and after. */
export type Padding = 'same' | 'valid' | number | readonly number[];

/** How a window moves over an image. */
export interface Window {
  readonly strides: Pair;
  readonly pads: Pads;
  readonly dilations: Pair;
}

/** The attributes `strides`, `pads` and `dilations`, checked; ones and zeros where they are left out. */
export function windowOf(attrs: Attrs, where: string): Window {
  const {
    strides = [1, 1],
    pads = [0, 0, 0, 0],
    dilations = [1, 1],
  } = attrs as { [name: string]: readonly number[] };
  return {
    strides: checkPair(strides, where, 'strides'),
    pads: checkNumbers(pads, 4, where, 'pads', nonNegativeInteger) as unknown as Pads,
    dilations: checkPair(dilations, where, 'dilations'),
  };
}

/** Two integers ≥ 1. */
export function checkPair(values: readonly number[], where: string, name: string): Pair {
  return checkNumbers(values, 2, where, name, positiveInteger) as unknown as Pair;
}

function checkNumbers(
  values: readonly number[],
  count: number,
  where: string,
  name: string,
  check: (value: number, where: string, name: string) => number,
): readonly number[] {
  if (!Array.isArray(values) || values.length !== count) {
    throw new ArgumentError({
      where,
      rule: `${name} is a list of ${count} numbers`,
      found: JSON.stringify(values),
    });
  }
  return values.map((value, i) => check(value, where, `${name}[${i}]`));
}

/**
 * Padding in numbers. `same` gives ceil(size/stride) outputs, with the odd row or column at the
 * bottom and right, as TensorFlow does.
 */
export function resolvePadding(
  padding: Padding,
  size: Pair,
  kernel: Pair,
  strides: Pair,
  dilations: Pair,
  where: string,
): Pads {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding === 'same') {
    const totals = [0, 1].map((axis) => {
      const extent = reach(kernel[axis], dilations[axis]);
      const outputs = Math.ceil(size[axis] / strides[axis]);
      return Math.max(0, (outputs - 1) * strides[axis] + extent - size[axis]);
    });
    const before = totals.map((total) => Math.floor(total / 2));
    return [before[0], before[1], totals[0] - before[0], totals[1] - before[1]];
  }
  const list = typeof padding === 'number' ? [padding, padding] : padding;
  if (!Array.isArray(list) || (list.length !== 2 && list.length !== 4)) {
    throw new ArgumentError({
      where,
      rule: "padding is 'same', 'valid', a number, [height, width] or [top, left, bottom, right]",
      found: JSON.stringify(padding),
    });
  }
  for (const value of list) nonNegativeInteger(value, where, 'padding');
  const [top, left, bottom = top, right = left] = list;
  return [top, left, bottom, right];
}

/** Positions of a window on an image: throws a {@link ShapeError} where it does not fit even once. */
export function outputExtent(size: Pair, kernel: Pair, window: Window, where: string): Pair {
  const { strides, pads, dilations } = window;
  const extents = [0, 1].map((axis) => {
    const padded = size[axis] + pads[axis] + pads[axis + 2];
    const extent = reach(kernel[axis], dilations[axis]);
    if (extent > padded) {
      throw new ShapeError({
        where,
        rule: `the window is no larger than the padded input`,
        found: `${axis === 0 ? 'height' : 'width'} ${extent} on ${padded}`,
        remedy: 'Use a smaller kernel or dilation, or more padding.',
      });
    }
    return Math.floor((padded - extent) / strides[axis]) + 1;
  });
  return [extents[0], extents[1]];
}

/** Pixels from the first to the last tap of a window. */
export function reach(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/** Whether both numbers are `value`. */
export const allAre = (pair: Pair, value: number): boolean => pair.every((n) => n === value);
