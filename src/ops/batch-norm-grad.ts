import { within } from '../core/check';
import { sizeOf } from '../core/shape';
import { f32, type OpDef, read, readTemp, u32, write, writeTemp } from '../ir/op';
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
        'batch_norm_backward_finalize',
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
          'batch_norm_backward_stats',
          c,
          x,
          [read(0), read(1), read(3), writeTemp(partials)],
          adapter,
        ),
        finalize(lanes),
        applyDispatch(
          'batch_norm_backward_apply',
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
