import { sizeOf } from '../core/shape';
import {
  f32,
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  readTemp,
  write,
  writeTemp,
} from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { forEachWindow, poolDispatch, pooledShape, poolOf } from './pool';
import { reach } from './window';

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
  lower: (context) => overWindows(context, 'main'),
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
  lower: lowerGrad,
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
  lower: (context) => overWindows(context, 'argmax'),
};

export const maxPoolOps: OpDef[] = [forwardOp, gradOp, argmaxOp];

/** A thread a window. */
function overWindows(context: LowerContext, entry: string): Lowering[] {
  const [x, pooled] = [context.inputs[0], context.outputs[0]];
  const kernel = { kernel: 'max_pool', entry, params: [LOWEST], bindings: [read(0), write(0)] };
  return [{ name: 'windows', dispatches: [poolDispatch(kernel, x, pooled, pooled, context)] }];
}

/**
 * Where no pixel is in two windows a thread writes all pixels of its window and up to the next; else
 * the places of the maxima are found first, and each pixel looks at those of the windows over it.
 */
function lowerGrad(context: LowerContext): Lowering[] {
  const [x, pooled] = context.inputs;
  const { size, strides, dilations } = poolOf(context.attrs, 'maxPool2dGrad');
  const common = { kernel: 'max_pool', params: [LOWEST] };
  const find = {
    ...common,
    entry: 'argmax',
    bindings: [read(0), writeTemp(0)],
  };
  const gather = {
    ...common,
    entry: 'backward',
    bindings: [readTemp(0), read(1), write(0)],
  };
  const gathering: Lowering = {
    name: 'gather',
    temps: [{ dtype: 'i32', shape: pooled.shape }],
    dispatches: [
      poolDispatch(find, x, pooled, pooled, context),
      poolDispatch(gather, x, pooled, x, context),
    ],
  };
  const apart = [0, 1].every((axis) => reach(size[axis], dilations[axis]) <= strides[axis]);
  if (!apart) return [gathering];
  const cells = {
    ...common,
    entry: 'backward_cells',
    bindings: [read(0), read(1), write(0)],
  };
  const owning = poolDispatch(cells, x, pooled, pooled, context);
  return [{ name: 'cells', dispatches: [owning] }, gathering];
}
