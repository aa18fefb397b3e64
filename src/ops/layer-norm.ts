import layerNormKernel from '../../shaders/layer_norm.wgsl';
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
  type Shader,
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
    lowerLayerNorm(layerNormKernel, context, context.inputs[1], [
      read(0),
      read(1),
      read(2),
      write(0),
    ]),
};

/** The shape of the axes that are normalised. */
export function checkInput(x: TensorType, attrs: Attrs, where: string): Shape {
  checkFloat([x], where);
  const dims = within(attrs.dims as number, 1, x.shape.length, where, 'dims');
  nonNegative(attrs.epsilon as number, where, 'epsilon');
  return x.shape.slice(x.shape.length - dims);
}

export function checkWeight(weight: TensorType, shape: Shape, where: string, name: string): void {
  if (weight.dtype !== 'f32') {
    throw new DTypeError({ where, rule: `${name} is f32`, found: weight.dtype });
  }
  checkShapeIs(weight, shape, where, name);
}

export function statisticsOf(row: Float64Array, { epsilon }: Attrs) {
  const { mean, variance } = momentsOf(row);
  return { mean, invStd: 1 / Math.sqrt(variance + (epsilon as number)) };
}

export function lowerLayerNorm(
  kernel: Shader,
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
