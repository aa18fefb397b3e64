import batchNormBackwardApplyKernel from '../../shaders/batch_norm_backward_apply.wgsl';
import batchNormBackwardFinalizeKernel from '../../shaders/batch_norm_backward_finalize.wgsl';
import batchNormBackwardStatsKernel from '../../shaders/batch_norm_backward_stats.wgsl';
import batchNormCoefficientsKernel from '../../shaders/batch_norm_coefficients.wgsl';
import { nonNegative, within } from '../core/check';
import { GraphError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import { f32, gridOf, type OpDef, read, readTemp, u32, write, writeTemp } from '../ir/op';
import { batchNormOp } from './batch-norm';
import { batchNormInferenceOp } from './batch-norm-inference';
import { checkCount, checkFloat, checkShapeIs } from './common';
import {
  applyDispatch,
  byLanes,
  channelCount,
  channelsOf,
  checkVector,
  coefficientsType,
  finalizeDispatch,
  partialsType,
  STATISTICS,
  STATISTICS_ROWS,
  sumDispatch,
  WORKGROUP,
} from './statistics';

/**
 * Inputs: x and dy [..., C], gamma [C], statistics [6, C] of batchNorm. Outputs: dx, dgamma, dbeta.
 *
 * With m and s the mean and 1/√(variance + ε) that normalised, μ the batch's mean, α = `blend` its
 * weight in m and that of the batch's variance in s, and N values a channel:
 * dβ = Σdy, dγ = Σdy·(x − m)·s, dx = γs·(dy − α/N·(dβ + (x − μ)·s·dγ)).
 * For ∂L/∂m = −γs·dβ with ∂m/∂x = α/N, and ∂L/∂variance = −γs²/2·dγ with ∂variance/∂x = 2α(x − μ)/N.
 */
export const batchNormGradOp: OpDef = {
  name: 'batchNormGrad',
  summary: 'gradient of batchNorm',
  infer(inputs, attrs, where) {
    checkCount(inputs, 4, where);
    const [x, dy, gamma, statistics] = inputs;
    checkFloat([x, dy], where);
    checkShapeIs(dy, x.shape, where, 'dy');
    checkVector(gamma, x, where, 'gamma');
    checkShapeIs(statistics, [STATISTICS_ROWS, channelCount(x.shape)], where, 'statistics');
    within(attrs.blend as number, 0, 1, where, 'blend');
    return [x, gamma, gamma];
  },
  reference([x, dy, gamma, statistics], { inputs, attrs }) {
    const channels = channelCount(inputs[0].shape);
    const n = x.length / channels;
    const dx = new Float64Array(x.length);
    const [dgamma, dbeta] = [new Float64Array(channels), new Float64Array(channels)];
    for (let c = 0; c < channels; c++) {
      const row = (index: number) => statistics[index * channels + c];
      const mean = row(STATISTICS.mean) + row(STATISTICS.meanLow);
      const batchMean = row(STATISTICS.batchMean) + row(STATISTICS.batchMeanLow);
      const s = row(STATISTICS.invStd);
      for (let i = c; i < x.length; i += channels) {
        dbeta[c] += dy[i];
        dgamma[c] += dy[i] * (x[i] - mean) * s;
      }
      for (let i = c; i < x.length; i += channels) {
        const throughBatch = dbeta[c] + (x[i] - batchMean) * s * dgamma[c];
        const blend = attrs.blend as number;
        dx[i] = gamma[c] * s * (dy[i] - (blend > 0 ? (blend / n) * throughBatch : 0));
      }
    }
    return [dx, dgamma, dbeta];
  },
  lower({ inputs: [x], attrs, adapter }) {
    const channels = channelCount(x.shape);
    const n = sizeOf(x.shape) / channels;
    const blend = attrs.blend as number;
    const c = channelsOf(1, n, channels, adapter);
    const [partials, coefficients] = [0, 1];
    const finalize = (lanes: number) =>
      finalizeDispatch(
        batchNormBackwardFinalizeKernel,
        channels,
        lanes,
        {
          params: [u32(channels), u32(c.folds), u32(c.sums.tiles), f32(blend / n)],
          bindings: [
            readTemp(partials),
            read(2),
            read(3),
            write(1),
            write(2),
            writeTemp(coefficients),
          ],
          flops: 10 * channels,
        },
        adapter,
      );
    return byLanes(adapter, (lanes) => ({
      temps: [partialsType(c, 2), coefficientsType(c, 4)],
      dispatches: [
        sumDispatch(
          batchNormBackwardStatsKernel,
          c,
          x,
          [read(0), read(1), read(3), writeTemp(partials)],
          adapter,
          [u32(c.channels)],
        ),
        finalize(lanes),
        applyDispatch(
          batchNormBackwardApplyKernel,
          c,
          x,
          [read(0), read(1), readTemp(coefficients), write(0)],
          adapter,
          { uses_x: blend > 0 ? 1 : 0 },
        ),
      ],
    }));
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
            kernel: batchNormCoefficientsKernel,
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

const batchNormGradient: Gradient = ({ g, node, dOutputs: [dy, ...others], wanted }) => {
  if (!dy || others.some((other) => other)) {
    throw new GraphError({
      where: `batchNorm "${node.name}"`,
      rule: 'a loss depends on y only, not on the statistics',
      remedy: 'Use reduceMean for a mean to differentiate.',
    });
  }
  const [x, gamma] = node.inputs;
  const { blend } = node.attrs;
  const gradients = g.apply(batchNormGradOp, [x, dy, gamma, node.outputs[1]], { blend });
  return node.inputs.map((_, i) => (wanted[i] ? gradients[i] : undefined));
};

const batchNormInferenceGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  if (wanted[3] || wanted[4]) {
    throw new GraphError({
      where: `batchNormInference "${node.name}"`,
      rule: 'its mean and variance are given, and not differentiated',
      remedy: 'Use batchNorm to differentiate through the batch statistics.',
    });
  }
  const [x, gamma, , mean, variance] = node.inputs;
  const { epsilon } = node.attrs;
  const statistics = g.op(givenStatisticsOp, [mean, variance], { epsilon });
  const gradients = g.apply(batchNormGradOp, [x, dy!, gamma, statistics], { blend: 0 });
  return node.inputs.map((_, i) => (wanted[i] ? gradients[i] : undefined));
};

export const batchNormGradients: Gradients = [
  [batchNormOp, batchNormGradient],
  [batchNormInferenceOp, batchNormInferenceGradient],
];
