import { sizeOf } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import type { OpDef } from '../ir/op';
import { checkCount, checkFloat, checkRank } from './common';
import { extents, forEachTap, lowerResize, resizeOf, resizeOp } from './resize';
import { checkPair } from './window';

/** `resizeGrad [dy]`, attributes as resize but `size` is that of x. */
export const resizeGradOp: OpDef = {
  name: 'resizeGrad',
  gradientOf: resizeOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    checkRank(inputs[0], 4, where, 'NHWC');
    const [{ dtype, shape }] = inputs;
    const size = checkPair(attrs.size as readonly number[], where, 'size');
    resizeOf(attrs, size, extents(inputs[0]), where);
    return [{ dtype, shape: [shape[0], ...size, shape[3]] }];
  },
  reference([dy], { inputs, attrs, outputs }) {
    const dx = new Float64Array(sizeOf(outputs[0].shape));
    const resize = resizeOf(attrs, extents(outputs[0]), extents(inputs[0]), 'resizeGrad');
    forEachTap(resize, outputs[0], (output, input, weight) => {
      dx[input] += weight * dy[output];
    });
    return [dx];
  },
  lower(context) {
    const { inputs, outputs, attrs } = context;
    const resize = resizeOf(attrs, extents(outputs[0]), extents(inputs[0]), 'resizeGrad');
    return lowerResize(context, resize, 'backward');
  },
};

const resizeGradient: Gradient = ({ g, node, dOutputs: [dy] }) => {
  return [g.op(resizeGradOp, [dy!], { ...node.attrs, size: extents(node.inputs[0]) })];
};

export const resizeGradients: Gradients = [[resizeOp, resizeGradient]];
