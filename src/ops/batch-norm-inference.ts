import { nonNegative } from '../core/check';
import { GraphError } from '../core/errors';
import { sizeOf } from '../core/shape';
import {
  type Dispatch,
  f32,
  gridOf,
  type OpDef,
  read,
  readTemp,
  u32,
  write,
  writeTemp,
} from '../ir/op';
import { batchNormGradients } from './batch-norm-grad';
import { checkCount, checkFloat } from './common';
import { checkEpilogue, epilogue, withResidual } from './epilogue';
import {
  applyDispatch,
  channelCount,
  channelsOf,
  checkVector,
  coefficientsType,
  STATISTICS,
  STATISTICS_ROWS,
  WORKGROUP,
} from './statistics';

/**
 * Batch normalisation by given statistics: y = γ·(x − mean)/√(variance + ε) + β.
 * Inputs: x [..., C], gamma, beta, mean, variance [C]; attribute `epsilon`. Differentiable in x,
 * gamma and beta. A residual and an activation may follow: see `./epilogue`.
 */
export const batchNormInferenceOp: OpDef = {
  name: 'batchNormInference',
  summary: 'batch normalisation by given statistics',
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
      kernel: 'batch_norm_coefficients',
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
  gradient({ g, node, dOutputs: [dy], wanted }) {
    if (wanted[3] || wanted[4]) {
      throw new GraphError({
        where: `batchNormInference "${node.name}"`,
        rule: 'its mean and variance are given, and not differentiated',
        remedy: 'Use batchNorm to differentiate through the batch statistics.',
      });
    }
    const [, , , mean, variance] = node.inputs;
    const { epsilon } = node.attrs;
    const statistics = g.op('givenStatistics', [mean, variance], { epsilon });
    return batchNormGradients(g, node, dy!, statistics, 0, wanted);
  },
};

/** mean, variance [C] → the statistics [6, C] that batchNormGrad takes. */
export const givenStatisticsOp: OpDef = {
  name: 'givenStatistics',
  summary: 'statistics of batchNorm from a given mean and variance',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    const [mean, variance] = inputs;
    checkVector(mean, mean, where, 'the mean');
    checkVector(variance, mean, where, 'the variance');
    nonNegative(attrs.epsilon as number, where, 'epsilon');
    return [{ dtype: 'f32', shape: [STATISTICS_ROWS, channelCount(mean.shape)] }];
  },
  reference([mean, variance], { attrs }) {
    const statistics = new Float64Array(STATISTICS_ROWS * mean.length);
    const invStd = variance.map((v) => 1 / Math.sqrt(v + (attrs.epsilon as number)));
    statistics.set(mean, STATISTICS.mean * mean.length);
    statistics.set(invStd, STATISTICS.invStd * mean.length);
    statistics.set(mean, STATISTICS.batchMean * mean.length);
    statistics.set(variance, STATISTICS.batchVariance * mean.length);
    return [statistics];
  },
  lower({ inputs: [mean], attrs, adapter }) {
    const channels = channelCount(mean.shape);
    return [
      {
        name: 'direct',
        dispatches: [
          {
            kernel: 'batch_norm_coefficients',
            entry: 'statistics_of',
            params: [u32(channels), u32(1), f32(attrs.epsilon as number)],
            bindings: [read(0), read(1), write(0)],
            workgroups: gridOf(Math.ceil(channels / WORKGROUP), adapter),
            flops: channels,
          },
        ],
      },
    ];
  },
};
