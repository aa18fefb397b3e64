import layerNormBackwardKernel from '../../shaders/layer_norm_backward.wgsl';
import type { Gradient, Gradients } from '../ir/gradient';
import { type OpDef, read, write } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { widened } from './common-grad';
import { checkInput, checkWeight, layerNormOp, lowerLayerNorm, statisticsOf } from './layer-norm';
import { reduceSumOp } from './reduce';

/** Inputs: x, dy, gamma. Outputs: dx, and dy·x̂ in f32, whose sum over the rows is dgamma. */
export const layerNormGradOp: OpDef = {
  name: 'layerNormGrad',
  gradientOf: layerNormOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 3, where);
    const [x, dy, gamma] = inputs;
    checkFloat([x, dy], where);
    checkShapeIs(dy, x.shape, where, 'dy');
    checkWeight(gamma, checkInput(x, attrs, where), where, 'gamma');
    return [x, { dtype: 'f32', shape: x.shape }];
  },
  reference([x, dy, gamma], { attrs }) {
    const n = gamma.length;
    const [dx, products] = [new Float64Array(x.length), new Float64Array(x.length)];
    for (let row = 0; row < x.length; row += n) {
      const { mean, invStd } = statisticsOf(x.subarray(row, row + n), attrs);
      let [plain, centred] = [0, 0];
      for (let i = 0; i < n; i++) {
        products[row + i] = dy[row + i] * (x[row + i] - mean) * invStd;
        plain += gamma[i] * dy[row + i];
        centred += gamma[i] * products[row + i];
      }
      for (let i = 0; i < n; i++) {
        const normal = (x[row + i] - mean) * invStd;
        dx[row + i] = invStd * (gamma[i] * dy[row + i] - (plain + normal * centred) / n);
      }
    }
    return [dx, products];
  },
  lower: (context) =>
    lowerLayerNorm(layerNormBackwardKernel, context, context.inputs[2], [
      read(0),
      read(1),
      read(2),
      write(0),
      write(1),
    ]),
};

const layerNormGradient: Gradient = ({ g, node, dOutputs, wanted }) => {
  const [x, gamma] = node.inputs;
  const dy = dOutputs[0]!;
  const [dx, products] = g.apply(layerNormGradOp, [x, dy, gamma], node.attrs);
  const axes = x.shape.slice(0, x.shape.length - gamma.shape.length).map((_, axis) => axis);
  return [
    wanted[0] ? dx : undefined,
    wanted[1] ? g.op(reduceSumOp, [products], { axes, keepDims: false }) : undefined,
    wanted[2] ? g.op(reduceSumOp, [widened(g, dy)], { axes, keepDims: false }) : undefined,
  ];
};

export const layerNormGradients: Gradients = [[layerNormOp, layerNormGradient]];
