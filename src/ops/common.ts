import { DTypeError, ShapeError } from '../core/errors';
import { formatShape, type Shape } from '../core/shape';
import type { TensorType } from '../ir/graph';
import { formatType } from '../ir/verify';

/** Threads a workgroup of the element-wise kernels, and elements (or vec4s) a thread. */
export const ELEMENTS_PER_WORKGROUP = 64 * 8;

/** Throws unless there are as many inputs as the op takes. */
export function checkCount(
  inputs: readonly TensorType[],
  least: number,
  where: string,
  most = least,
): void {
  if (inputs.length >= least && inputs.length <= most) return;
  throw new ShapeError({
    where,
    rule: `it takes ${least === most ? least : `${least} to ${most}`} tensors`,
    found: String(inputs.length),
  });
}

/** Throws unless all inputs are of the first one's dtype, and that is a floating-point one. */
export function checkFloat(inputs: readonly TensorType[], where: string): void {
  const { dtype } = inputs[0];
  if ((dtype === 'f32' || dtype === 'f16') && inputs.every((input) => input.dtype === dtype))
    return;
  throw new DTypeError({
    where,
    rule: 'its tensors are all f32 or all f16',
    found: inputs.map(formatType).join(', '),
    remedy: 'Use the cast op.',
  });
}

/** Throws unless `input` has the rank that the op works on. */
export function checkRank(input: TensorType, rank: number, where: string, layout: string): void {
  if (input.shape.length === rank) return;
  throw new ShapeError({
    where,
    rule: `the input has ${rank} dimensions (${layout})`,
    found: formatShape(input.shape),
  });
}

/** Throws unless `type` has exactly the shape `shape`. */
export function checkShapeIs(type: TensorType, shape: Shape, where: string, name: string): void {
  if (type.shape.length === shape.length && type.shape.every((n, i) => n === shape[i])) return;
  throw new ShapeError({
    where,
    rule: `${name} has shape ${formatShape(shape)}`,
    found: formatShape(type.shape),
  });
}
