import { sizeOf } from '../core/shape';
import { f32, type OpDef } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { forEachWindow, lowerPool, pooledShape } from './pool';

/** Padding never wins; WGSL has no literal for it. */
const LOWEST = f32(Number.NEGATIVE_INFINITY);

/** The first of the largest; a NaN counts as larger than anything. */
function firstMaximum(x: Float64Array, inputs: readonly number[]): number | undefined {
  const nan = inputs.find((i) => Number.isNaN(x[i]));
  if (nan !== undefined) return nan;
  const peak = Math.max(...inputs.map((i) => x[i]));
  return inputs.find((i) => x[i] === peak);
}

/**
 * `maxPool2d [x NHWC] {size, strides = size, pads = [0, 0, 0, 0], dilations = [1, 1]}`. Padding never
 * wins, a NaN always does, and of equal maxima the first in row-major order gets the gradient.
 */
const forwardOp: OpDef = {
  name: 'maxPool2d',
  summary: 'largest element of each window',
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
  lower: (context) => {
    const kernel = { kernel: 'max_pool', entries: ['main', 'main4'], params: [LOWEST] } as const;
    return lowerPool(kernel, context.inputs[0], context.outputs[0], context);
  },
  gradient: ({ g, node, dOutputs: [dy] }) => [
    g.op('maxPool2dGrad', [node.inputs[0], dy!], node.attrs),
  ],
};

/** `maxPool2dGrad [x, dy]`: finds each window's maximum again. */
const gradOp: OpDef = {
  name: 'maxPool2dGrad',
  summary: 'gradient of maxPool2d',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    checkShapeIs(inputs[1], pooledShape(inputs[0], attrs, where), where, 'dy');
    return [inputs[0]];
  },
  reference([x, dy], { inputs, attrs }) {
    const dx = new Float64Array(x.length);
    forEachWindow(inputs[0], inputs[1], attrs, (output, window) => {
      const at = firstMaximum(x, window);
      if (at !== undefined) dx[at] += dy[output];
    });
    return [dx];
  },
  lower: (context) => {
    const entries = ['backward', 'backward4'] as const;
    const kernel = { kernel: 'max_pool', entries, params: [LOWEST] };
    return lowerPool(kernel, context.inputs[0], context.inputs[1], context);
  },
};

/**
 * `maxPool2dArgmax [x NHWC]`, attributes as maxPool2d → i32: which element of the image, as
 * row·width + column, each window's maximum is; −1 for a window without one.
 */
const argmaxOp: OpDef = {
  name: 'maxPool2dArgmax',
  summary: 'where the largest element of each window is',
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
  lower: (context) => {
    const entries = ['argmax', 'argmax4'] as const;
    const kernel = { kernel: 'max_pool', entries, params: [LOWEST] };
    return lowerPool(kernel, context.inputs[0], context.outputs[0], context);
  },
};

export const maxPoolOps: OpDef[] = [forwardOp, gradOp, argmaxOp];
