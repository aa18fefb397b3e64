import { nonNegative, within } from '../core/check';
import { DTypeError } from '../core/errors';
import { type Shape, sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  type Binding,
  elemOf,
  f32,
  gridOf,
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  u32,
  write,
} from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { byLanes, momentsOf, WORKGROUP } from './statistics';

/**
 * Layer normalisation (Ba, Kiros and Hinton, arXiv 1607.06450) over the last `dims` axes.
 * Inputs: x, gamma and beta, both of the shape of those axes; attributes `dims`, `epsilon`.
 */
export const layerNormOp: OpDef = {
  name: 'layerNorm',
  summary: 'normalises over the last axes',
  infer(inputs, attrs, where) {
    checkCount(inputs, 3, where);
    const [x, gamma, beta] = inputs;
    const shape = checkInput(x, attrs, where);
    checkWeight(gamma, shape, where, 'gamma');
    checkWeight(beta, shape, where, 'beta');
    return [x];
  },
  reference([x, gamma, beta], { attrs }) {
    const n = gamma.length;
    const y = new Float64Array(x.length);
    for (let row = 0; row < x.length; row += n) {
      const { mean, invStd } = statisticsOf(x.subarray(row, row + n), attrs);
      for (let i = 0; i < n; i++) y[row + i] = (x[row + i] - mean) * invStd * gamma[i] + beta[i];
    }
    return [y];
  },
  lower: (context) =>
    lowerRows('layer_norm', context, context.inputs[1], [read(0), read(1), read(2), write(0)]),
  gradient({ g, node, dOutputs, wanted }) {
    const [x, gamma] = node.inputs;
    const dy = dOutputs[0]!;
    const [dx, products] = g.apply('layerNormGrad', [x, dy, gamma], node.attrs);
    const axes = x.shape.slice(0, x.shape.length - gamma.shape.length).map((_, axis) => axis);
    const exact = () => (dy.dtype === 'f32' ? dy : g.op('cast', [dy], { to: 'f32' }));
    return [
      wanted[0] ? dx : undefined,
      wanted[1] ? g.op('reduceSum', [products], { axes, keepDims: false }) : undefined,
      wanted[2] ? g.op('reduceSum', [exact()], { axes, keepDims: false }) : undefined,
    ];
  },
};

/** Inputs: x, dy, gamma. Outputs: dx, and dy·x̂ in f32, whose sum over the rows is dgamma. */
export const layerNormGradOp: OpDef = {
  name: 'layerNormGrad',
  summary: 'gradient of layerNorm',
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
    lowerRows('layer_norm_backward', context, context.inputs[2], [
      read(0),
      read(1),
      read(2),
      write(0),
      write(1),
    ]),
};

/** The shape of the axes that are normalised. */
function checkInput(x: TensorType, attrs: Attrs, where: string): Shape {
  checkFloat([x], where);
  const dims = within(attrs.dims as number, 1, x.shape.length, where, 'dims');
  nonNegative(attrs.epsilon as number, where, 'epsilon');
  return x.shape.slice(x.shape.length - dims);
}

function checkWeight(weight: TensorType, shape: Shape, where: string, name: string): void {
  if (weight.dtype !== 'f32') {
    throw new DTypeError({ where, rule: `${name} is f32`, found: weight.dtype });
  }
  checkShapeIs(weight, shape, where, name);
}

function statisticsOf(row: Float64Array, { epsilon }: Attrs) {
  const { mean, variance } = momentsOf(row);
  return { mean, invStd: 1 / Math.sqrt(variance + (epsilon as number)) };
}

function lowerRows(
  kernel: string,
  { inputs: [x], attrs, adapter }: LowerContext,
  gamma: TensorType,
  bindings: readonly Binding[],
): Lowering[] {
  const length = sizeOf(gamma.shape);
  const rows = sizeOf(x.shape) / length;
  const vector = length % 4 === 0;
  return byLanes(adapter, (lanes) => ({
    dispatches: [
      {
        kernel,
        entry: vector ? 'main' : 'scalar',
        elem: elemOf(x.dtype),
        constants: { lanes },
        params: [u32(rows), u32(vector ? length / 4 : length), f32(attrs.epsilon as number)],
        bindings,
        workgroups: gridOf(Math.ceil((rows * lanes) / WORKGROUP), adapter),
        flops: 8 * rows * length,
      },
    ],
  }));
}
