import batchNormCoefficientsKernel from '../../shaders/batch_norm_coefficients.wgsl';
import { nonNegative } from '../core/check';
import { sizeOf } from '../core/shape';
import { type Dispatch, f32, gridOf, type OpDef, read, readTemp, u32, writeTemp } from '../ir/op';
import { checkCount, checkFloat } from './common';
import { checkEpilogue, epilogue, withResidual } from './epilogue';
import {
  applyDispatch,
  channelCount,
  channelsOf,
  checkVector,
  coefficientsType,
  WORKGROUP,
} from './statistics';

/**
 * Batch normalisation by given statistics: y = γ·(x − mean)/√(variance + ε) + β.
 * Inputs: x [..., C], gamma, beta, mean, variance [C]; attribute `epsilon`. Differentiable in x,
 * gamma and beta. A residual and an activation may follow: see `./epilogue`.
 */
export const batchNormInferenceOp: OpDef = {
  name: 'batchNormInference',
  epilogue: true,
  infer(inputs, attrs, where) {
    const { own, residual } = withResidual(inputs, attrs);
    checkCount(own, 5, where);
    const [x, ...vectors] = own;
    checkFloat(residual ? [x, residual] : [x], where);
    const names = ['gamma', 'beta', 'the mean', 'the variance'];
    for (const [i, name] of names.entries()) checkVector(vectors[i], x, where, name);
    nonNegative(attrs.epsilon as number, where, 'epsilon');
    checkEpilogue(x, residual, attrs, where);
    return [x];
  },
  reference([x, gamma, beta, mean, variance, residual], { attrs }) {
    const channels = gamma.length;
    const y = x.map((v, i) => {
      const c = i % channels;
      const std = Math.sqrt(variance[c] + (attrs.epsilon as number));
      return (gamma[c] * (v - mean[c])) / std + beta[c];
    });
    return [epilogue(y, attrs, residual)];
  },
  lower({ inputs, attrs, adapter }) {
    const [x] = inputs;
    const { own, residual } = withResidual(inputs, attrs);
    const channels = channelCount(x.shape);
    const c = channelsOf(1, sizeOf(x.shape) / channels, channels, adapter);
    const coefficients: Dispatch = {
      kernel: batchNormCoefficientsKernel,
      params: [u32(channels), u32(c.folds), f32(attrs.epsilon as number)],
      bindings: [read(1), read(2), read(3), read(4), writeTemp(0)],
      workgroups: gridOf(Math.ceil(channels / WORKGROUP), adapter),
      flops: 3 * channels,
    };
    const added = residual && read(own.length);
    const apply = applyDispatch(c, x, readTemp(0), adapter, attrs, added);
    return [
      {
        name: `width ${c.lanes}`,
        temps: [coefficientsType(c, 3)],
        dispatches: [coefficients, apply],
      },
    ];
  },
};
