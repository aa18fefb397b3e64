import { type Shape, sameShape } from '../core/shape';
import type { NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import { reduceSumOp } from './reduce';
import { reshapeOp } from './reshape';

/** Sums a gradient over the axes that broadcasting repeated. */
export function sumTo(g: NodeBuilder, gradient: Value, shape: Shape): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const offset = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((extent, axis) =>
    axis < offset || (shape[axis - offset] === 1 && extent > 1) ? [axis] : [],
  );
  const summed = axes.length ? g.op(reduceSumOp, [gradient], { axes, keepDims: true }) : gradient;
  return sameShape(summed.shape, shape) ? summed : g.op(reshapeOp, [summed], { shape });
}
