import batchNormFewRowsKernel from '../../shaders/batch_norm_few_rows.wgsl';
import batchNormFinalizeKernel from '../../shaders/batch_norm_finalize.wgsl';
import { nonNegative, within } from '../core/check';
import { DTypeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import {
  type Binding,
  type Dispatch,
  f32,
  inout,
  type LowerContext,
  type Lowering,
  type OpDef,
  type Param,
  read,
  readTemp,
  u32,
  write,
  writeTemp,
} from '../ir/op';
import { formatType } from '../ir/verify';
import { STATISTICS, STATISTICS_ROWS } from './batch-norm-statistics';
import { checkCount, checkFloat } from './common';
import {
  checkEpilogue,
  epilogue,
  epilogueConstants,
  epilogueParams,
  withResidual,
} from './epilogue';
import { fewRowsLowering, fewRowsOf, withFewRows } from './few-rows';
import {
  applyDispatch,
  byLanes,
  type Channels,
  channelCount,
  channelsOf,
  checkVector,
  coefficientsType,
  finalizeDispatch,
  momentsOf,
  partialsType,
  statsDispatch,
  tilingParams,
} from './statistics';

/**
 * Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167) over all axes but the last.
 *
 * Inputs: x [..., C], gamma [C], beta [C], runningMean [C], runningVariance [C] and, where
 * `cumulative`, the number of batches averaged so far (i32 [1]).
 *
 * Attributes: `blend`, the weight of the batch's mean and variance in what normalises, against the
 * running ones (1: training as usual); `epsilon`; `momentum`, the weight of the old running
 * statistics (1: they stay as they are); `unbiased`: the running variance takes the batch's by
 * n/(n − 1), where n > 1; `cumulative`: the running statistics are the average over all batches.
 *
 * Outputs: y; the statistics [6, C], with rows as in {@link STATISTICS}; the new running mean and
 * variance, in place where possible. A channel whose batch mean or variance is not finite in f32
 * keeps its running statistics. With one value a channel, y is beta. A residual and an activation may
 * follow: see `./epilogue`.
 */
export const batchNormOp: OpDef = {
  name: 'batchNorm',
  epilogue: true,
  infer(inputs, attrs, where) {
    const cumulative = attrs.cumulative as boolean;
    const { own, residual } = withResidual(inputs, attrs);
    checkCount(own, cumulative ? 6 : 5, where, 6);
    const [x, ...vectors] = own;
    checkFloat(residual ? [x, residual] : [x], where);
    const names = ['gamma', 'beta', 'the running mean', 'the running variance'];
    for (const [i, name] of names.entries()) checkVector(vectors[i], x, where, name);
    if (own[5] && (own[5].dtype !== 'i32' || sizeOf(own[5].shape) !== 1)) {
      throw new DTypeError({
        where,
        rule: 'the count of batches is i32[1]',
        found: formatType(own[5]),
      });
    }
    within(attrs.blend as number, 0, 1, where, 'blend');
    nonNegative(attrs.epsilon as number, where, 'epsilon');
    within(attrs.momentum as number, 0, 1, where, 'momentum');
    checkEpilogue(x, residual, attrs, where);
    const channels = channelCount(x.shape);
    const vector = { dtype: 'f32', shape: [channels] } as const;
    return [x, { dtype: 'f32', shape: [STATISTICS_ROWS, channels] }, vector, vector];
  },
  reference(tensors, { inputs, attrs }) {
    const { own, residual } = withResidual(tensors, attrs);
    const [x, gamma, beta, runningMean, runningVariance, batches] = own;
    const { blend, epsilon, momentum, unbiased, cumulative } = attrsOf(attrs);
    const channels = channelCount(inputs[0].shape);
    const n = x.length / channels;
    const y = new Float64Array(x.length);
    const statistics = new Float64Array(STATISTICS_ROWS * channels);
    const [newMean, newVariance] = [runningMean.slice(), runningVariance.slice()];
    for (let c = 0; c < channels; c++) {
      const batch = momentsOf(Float64Array.from({ length: n }, (_, j) => x[j * channels + c]));
      const weigh = (ofBatch: number, running: number) =>
        (blend > 0 ? blend * ofBatch : 0) + (blend < 1 ? (1 - blend) * running : 0);
      const mean = weigh(batch.mean, runningMean[c]);
      const invStd = 1 / Math.sqrt(weigh(batch.variance, runningVariance[c]) + epsilon);
      for (let i = c; i < x.length; i += channels) {
        y[i] = gamma[c] * (x[i] - mean) * invStd + beta[c];
      }
      statistics[STATISTICS.mean * channels + c] = mean;
      statistics[STATISTICS.invStd * channels + c] = invStd;
      statistics[STATISTICS.batchMean * channels + c] = batch.mean;
      statistics[STATISTICS.batchVariance * channels + c] = batch.variance;
      if (
        !Number.isFinite(Math.fround(batch.mean)) ||
        !Number.isFinite(Math.fround(batch.variance))
      )
        continue;
      const old = cumulative ? batches[0] / (batches[0] + 1) : momentum;
      const variance = batch.variance * (unbiased && n > 1 ? n / (n - 1) : 1);
      newMean[c] = old * runningMean[c] + (1 - old) * batch.mean;
      newVariance[c] = old * runningVariance[c] + (1 - old) * variance;
    }
    return [epilogue(y, attrs, residual), statistics, newMean, newVariance];
  },
  lower(context) {
    const { inputs, attrs, adapter } = context;
    const [x] = inputs;
    const channels = channelCount(x.shape);
    const n = sizeOf(x.shape) / channels;
    const c = channelsOf(1, n, channels, adapter);
    const few = attrs.residual ? undefined : fewRowsOf(n, channels, adapter);
    const inOne =
      few &&
      fewRowsLowering(
        batchNormFewRowsKernel,
        few,
        x,
        {
          constants: { ...constantsOf(attrs), ...epilogueConstants(attrs) },
          params: [
            u32(channels / Math.min(few.lanes, 4)),
            ...weightsOf(n, attrs),
            ...epilogueParams(attrs),
          ],
          bindings: [read(0), ...parametersOf(attrs), write(0)],
          flops: 7 * n * channels + 10 * channels,
        },
        adapter,
      );
    const sums = statsDispatch(c, x, [read(0), writeTemp(PARTIALS)], adapter);
    return withFewRows(inOne, batchNormFromSums(context, c, [sums]), adapter);
  },
};

/** Temps of {@link batchNormFromSums}. */
export const PARTIALS = 0;
const COEFFICIENTS = 1;

/** batchNorm in steps: `sums`, which leave their partial sums in the temp {@link PARTIALS}, and the rest. */
export function batchNormFromSums(
  { inputs, attrs, adapter }: LowerContext,
  c: Channels,
  sums: readonly Dispatch[],
): Lowering[] {
  const [x] = inputs;
  const { own, residual } = withResidual(inputs, attrs);
  const { channels } = c;
  const finalize = (lanes: number) =>
    finalizeDispatch(
      batchNormFinalizeKernel,
      channels,
      lanes,
      {
        constants: constantsOf(attrs),
        params: [
          ...tilingParams(c, c.sums),
          u32(channels),
          u32(c.folds),
          ...weightsOf(sizeOf(x.shape) / channels, attrs),
        ],
        bindings: [readTemp(PARTIALS), ...parametersOf(attrs), writeTemp(COEFFICIENTS)],
        flops: 10 * channels,
      },
      adapter,
    );
  const added = residual && read(own.length);
  const apply = applyDispatch(c, x, readTemp(COEFFICIENTS), adapter, attrs, added);
  return byLanes(adapter, (lanes) => ({
    temps: [partialsType(c, 3), coefficientsType(c, 3)],
    dispatches: [...sums, finalize(lanes), apply],
  }));
}

/** The words `blend` to `unbias` of the kernels, for `n` values a channel. */
function weightsOf(n: number, attrs: Attrs): Param[] {
  const { blend, epsilon, momentum, unbiased } = attrsOf(attrs);
  return [blend, epsilon, momentum, 1 - momentum, unbiased && n > 1 ? n / (n - 1) : 1].map(f32);
}

const constantsOf = (attrs: Attrs) => ({ cumulative: attrs.cumulative ? 1 : 0 });

/** Gamma to the statistics. Gamma stands in for the count of batches, where that is not read. */
const parametersOf = (attrs: Attrs): Binding[] => [
  read(1),
  read(2),
  read(attrs.cumulative ? 5 : 1),
  inout(2, 3),
  inout(3, 4),
  write(1),
];

function attrsOf(attrs: Attrs) {
  return attrs as {
    readonly blend: number;
    readonly epsilon: number;
    readonly momentum: number;
    readonly unbiased: boolean;
    readonly cumulative: boolean;
  };
}
