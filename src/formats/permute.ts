import type { NumericArray } from '../core/dtype';
import { type Shape, sizeOf } from '../core/shape';

/**
 * The numbers of a row-major tensor of `shape` in another order of its axes: axis i of the result is
 * axis `perm[i]`.
 */
export function permute(values: NumericArray, shape: Shape, perm: Shape): Float64Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const extents = perm.map((axis) => shape[axis]);
  const steps = perm.map((axis) => strides[axis]);
  const result = new Float64Array(values.length);
  const index = perm.map(() => 0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[from];
    for (let axis = index.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < extents[axis]) break;
      from -= steps[axis] * extents[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** The permutation that undoes `perm`. */
export function inverse(perm: Shape): number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}
