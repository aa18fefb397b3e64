import maxPoolKernel from '../../shaders/max_pool.wgsl';
import maxPoolArgmaxKernel from '../../shaders/max_pool_argmax.wgsl';
import { sizeOf } from '../core/shape';
import {
  f32,
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  type Shader,
  write,
} from '../ir/op';
import { checkCount } from './common';
import { forEachWindow, poolDispatch, pooledShape } from './pool';

/** Padding never wins; WGSL has no literal for it. */
export const LOWEST = f32(Number.NEGATIVE_INFINITY);

/** The first of the largest; a NaN counts as larger than anything. */
export function firstMaximum(x: Float64Array, inputs: readonly number[]): number | undefined {
  const nan = inputs.find((i) => Number.isNaN(x[i]));
  if (nan !== undefined) return nan;
  const peak = Math.max(...inputs.map((i) => x[i]));
  return inputs.find((i) => x[i] === peak);
}

/**
 * `maxPool2d [x NHWC] {size, strides = size, pads = [0, 0, 0, 0], dilations = [1, 1]}`. Padding never
 * wins, a NaN always does, and of equal maxima the first in row-major order gets the gradient.
 */
export const maxPool2dOp: OpDef = {
  name: 'maxPool2d',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    return [{ dtype: inputs[0].dtype, shape: pooledShape(inputs[0], attrs, where) }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const y = new Float64Array(sizeOf(outputs[0].shape));
    forEachWindow(inputs[0], outputs[0], attrs, (output, window) => {
      const at = firstMaximum(x, window);
      y[output] = at === undefined ? Number.NEGATIVE_INFINITY : x[at];
    });
    return [y];
  },
  lower: (context) => overWindows(context, maxPoolKernel),
};

/**
 * `maxPool2dArgmax [x NHWC]`, attributes as maxPool2d → i32: which element of the image, as
 * row·width + column, each window's maximum is; −1 for a window without one.
 */
export const maxPool2dArgmaxOp: OpDef = {
  name: 'maxPool2dArgmax',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    return [{ dtype: 'i32', shape: pooledShape(inputs[0], attrs, where) }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const [, height, width, channels] = inputs[0].shape;
    const y = new Float64Array(sizeOf(outputs[0].shape));
    forEachWindow(inputs[0], outputs[0], attrs, (output, window) => {
      const at = firstMaximum(x, window);
      y[output] = at === undefined ? -1 : Math.floor(at / channels) % (height * width);
    });
    return [y];
  },
  lower: (context) => overWindows(context, maxPoolArgmaxKernel),
};

/** A thread a window. */
function overWindows(context: LowerContext, kernel: Shader): Lowering[] {
  const [x, pooled] = [context.inputs[0], context.outputs[0]];
  const work = { kernel, params: [LOWEST], bindings: [read(0), write(0)] };
  return [{ name: 'windows', dispatches: [poolDispatch(work, x, pooled, pooled, context)] }];
}
