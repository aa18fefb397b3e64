import softmaxGradKernel from '../../shaders/softmax_grad.wgsl';
import { resolveAxis } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import type { OpDef } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import {
  indicesOf,
  logSoftmaxOp,
  lowerSoftmax,
  rowsOf,
  type SoftmaxOp,
  softmaxOp,
} from './softmax';

/** `softmaxGrad [y, dy] {axis}` and `logSoftmaxGrad [y, dy] {axis}`. */
export const softmaxGradOp = /* @__PURE__ */ backward(softmaxOp);
export const logSoftmaxGradOp = /* @__PURE__ */ backward(logSoftmaxOp);

/** dx = y·(dy − Σ y·dy), and for the logarithm dx = dy − eʸ·Σ dy. */
function backward(gradientOf: SoftmaxOp): OpDef {
  const { name } = gradientOf;
  return {
    name: `${name}Grad`,
    gradientOf,
    infer(inputs, attrs, where) {
      checkCount(inputs, 2, where);
      checkFloat(inputs, where);
      checkShapeIs(inputs[1], inputs[0].shape, where, 'dy');
      resolveAxis(attrs.axis as number, inputs[0].shape.length, where);
      return [inputs[0]];
    },
    reference([y, dy], { inputs, attrs }) {
      const rows = rowsOf(inputs[0].shape, attrs.axis as number);
      const dx = new Float64Array(y.length);
      for (let row = 0; row < rows.count; row++) {
        const indices = indicesOf(rows, row);
        const weight = (i: number) => (name === 'softmax' ? y[i] : 1);
        const total = indices.reduce((sum, i) => sum + weight(i) * dy[i], 0);
        for (const i of indices) {
          dx[i] = name === 'softmax' ? y[i] * (dy[i] - total) : dy[i] - Math.exp(y[i]) * total;
        }
      }
      return [dx];
    },
    lower: (context) => lowerSoftmax(name, softmaxGradKernel, context),
  };
}

const ruleOf =
  (op: OpDef): Gradient =>
  ({ g, node, dOutputs: [dy] }) => [g.op(op, [node.outputs[0], dy!], node.attrs)];

export const softmaxGradients: Gradients = [
  [softmaxOp, ruleOf(softmaxGradOp)],
  [logSoftmaxOp, ruleOf(logSoftmaxGradOp)],
];
