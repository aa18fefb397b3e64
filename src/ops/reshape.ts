import { ShapeError } from '../core/errors';
import { formatShape, type Shape, sizeOf } from '../core/shape';
import type { OpDef } from '../ir/op';
import { checkCount } from './common';

/** `reshape [x] {shape}`: the same numbers, row-major, under another shape. A view: nothing moves. */
export const reshapeOp: OpDef = {
  name: 'reshape',
  view: true,
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    const [{ dtype, shape: from }] = inputs;
    const shape = attrs.shape as Shape;
    if (sizeOf(shape) !== sizeOf(from)) {
      throw new ShapeError({
        where,
        rule: `the new shape has the input's ${sizeOf(from)} elements`,
        found: `${formatShape(from)} to ${formatShape(shape)}`,
      });
    }
    return [{ dtype, shape }];
  },
  reference: ([x]) => [x.slice()],
};
