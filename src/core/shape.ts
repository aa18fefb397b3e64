import { ShapeError } from './errors';

/** Extents of a tensor, outermost first. Channels-last (NHWC) throughout. */
export type Shape = readonly number[];

/** Tensors hold fewer than 2^31 elements: indices are 32-bit on the GPU. */
export const MAX_ELEMENTS = 2 ** 31 - 1;
export const MAX_RANK = 8;

/** Number of elements of `shape`; 1 for a scalar (`[]`). */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Throws a {@link ShapeError} unless `shape` is a legal tensor shape: rank ≤ 8, extents ≥ 1, < 2^31 elements. */
export function checkShape(shape: Shape, where: string): void {
  const found = formatShape(shape);
  if (shape.length > MAX_RANK) {
    throw new ShapeError({ where, rule: `a tensor has at most ${MAX_RANK} dimensions`, found });
  }
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) {
    throw new ShapeError({
      where,
      rule: 'every extent is an integer of at least 1',
      found,
      remedy: 'Empty tensors are not supported: leave an empty batch out.',
    });
  }
  if (sizeOf(shape) > MAX_ELEMENTS) {
    throw new ShapeError({ where, rule: `a tensor has at most ${MAX_ELEMENTS} elements`, found });
  }
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** `[8,32,32,4]` */
export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

/** NumPy broadcasting of two shapes. Throws a {@link ShapeError} where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape, where: string): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError({
        where,
        rule: 'shapes broadcast only where extents are equal or 1, counted from the last axis',
        found: `${formatShape(a)} and ${formatShape(b)}`,
      });
    }
    out[i] = x === 1 ? y : x;
  }
  return out;
}

/** Turns negative axes into positive ones. Throws a {@link ShapeError} for an axis out of range. */
export function resolveAxis(axis: number, rank: number, where: string): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError({
      where,
      rule: `the axis is an integer in [${-rank}, ${rank - 1}]`,
      found: String(axis),
    });
  }
  return axis < 0 ? axis + rank : axis;
}
