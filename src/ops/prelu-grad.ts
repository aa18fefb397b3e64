import type { Gradient, Gradients } from '../ir/gradient';
import type { OpDef } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { checkAlpha, lowerPrelu, preluOp } from './prelu';
import { sumTo } from './sum-to';

/** `preluGrad [x, alpha, dy]` → [dx, what each element adds to the gradient of its alpha]. */
export const preluGradOp: OpDef = {
  name: 'preluGrad',
  gradientOf: preluOp,
  infer(inputs, _attrs, where) {
    checkCount(inputs, 3, where);
    checkFloat(inputs, where);
    checkAlpha(inputs, where);
    checkShapeIs(inputs[2], inputs[0].shape, where, 'dy');
    return [inputs[0], inputs[0]];
  },
  reference: ([x, alpha, dy]) => [
    x.map((v, i) => (v > 0 ? dy[i] : alpha[i % alpha.length] * dy[i])),
    x.map((v, i) => (v > 0 ? 0 : v * dy[i])),
  ],
  lower: (context) => lowerPrelu(context, 'backward'),
};

const preluGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  const [x, alpha] = node.inputs;
  const [dx, terms] = g.apply(preluGradOp, [x, alpha, dy!]);
  return [wanted[0] ? dx : undefined, wanted[1] ? sumTo(g, terms, alpha.shape) : undefined];
};

export const preluGradients: Gradients = [[preluOp, preluGradient]];
