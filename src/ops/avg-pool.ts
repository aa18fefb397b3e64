import avgPoolKernel from '../../shaders/avg_pool.wgsl';
import { sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import { type LowerContext, type Lowering, type OpDef, read, write } from '../ir/op';
import { checkCount } from './common';
import { forEachWindow, poolDispatch, pooledShape, poolOf } from './pool';

const includesPad = (attrs: Attrs) => attrs.countIncludePad === true;

/** What a window's sum is divided by: all its elements, or those of the image. */
export function divisor(attrs: Attrs, window: readonly number[]): number {
  const { size } = poolOf(attrs, 'avgPool2d');
  return includesPad(attrs) ? size[0] * size[1] : Math.max(window.length, 1);
}

/**
 * `avgPool2d [x NHWC] {size, strides = size, pads = [0, 0, 0, 0], countIncludePad = false}`: with
 * `countIncludePad` padding counts as zeros, else it is left out.
 */
export const avgPool2dOp: OpDef = {
  name: 'avgPool2d',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    return [{ dtype: inputs[0].dtype, shape: pooledShape(inputs[0], attrs, where) }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const y = new Float64Array(sizeOf(outputs[0].shape));
    forEachWindow(inputs[0], outputs[0], attrs, (output, window) => {
      y[output] = window.reduce((sum, i) => sum + x[i], 0) / divisor(attrs, window);
    });
    return [y];
  },
  lower: (context) => lowerAverage(context, 'main', context.inputs[0], context.outputs[0]),
};

/** A thread an element of what is computed. */
export function lowerAverage(
  context: LowerContext,
  entry: string,
  x: TensorType,
  pooled: TensorType,
): Lowering[] {
  const kernel = {
    kernel: avgPoolKernel,
    entry,
    constants: { include_pad: includesPad(context.attrs) ? 1 : 0 },
    bindings: [read(0), write(0)],
  };
  const dispatch = poolDispatch(kernel, x, pooled, context.outputs[0], context);
  return [{ name: 'gather', dispatches: [dispatch] }];
}
