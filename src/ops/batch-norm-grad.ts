import batchNormBackwardFewRowsKernel from '../../shaders/batch_norm_backward_few_rows.wgsl';
import batchNormBackwardFinalizeKernel from '../../shaders/batch_norm_backward_finalize.wgsl';
import batchNormGivenStatisticsKernel from '../../shaders/batch_norm_given_statistics.wgsl';
import { nonNegative, within } from '../core/check';
import { GraphError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Gradient, Gradients, NodeBuilder } from '../ir/gradient';
import type { Attrs, Node, Value } from '../ir/graph';
import {
  f32,
  gridOf,
  type OpDef,
  read,
  readOutput,
  readTemp,
  u32,
  write,
  writeTemp,
} from '../ir/op';
import { activationParams } from './activations';
import { derivativesOf, gradientByOutput } from './activations-grad';
import { batchNormOp } from './batch-norm';
import { batchNormInferenceOp } from './batch-norm-inference';
import { STATISTICS, STATISTICS_ROWS } from './batch-norm-statistics';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { activationOf, epilogueConstants, epilogueParams, withResidual } from './epilogue';
import { activationAttrs, epilogueGradient } from './epilogue-grad';
import { fewRowsLowering, fewRowsOf, withFewRows } from './few-rows';
import {
  backwardApplyDispatch,
  backwardStatsDispatch,
  byLanes,
  channelCount,
  channelsOf,
  checkVector,
  coefficientsType,
  finalizeDispatch,
  partialsType,
  WORKGROUP,
} from './statistics';

/**
 * Inputs: x and dy [..., C], gamma [C], statistics [6, C] of batchNorm. Outputs: dgamma, dbeta and,
 * unless the attribute `dx` is false, dx.
 *
 * With m and s the mean and 1/√(variance + ε) that normalised, μ the batch's mean, α = `blend` its
 * weight in m and that of the batch's variance in s, and N values a channel:
 * dβ = Σdy, dγ = Σdy·(x − m)·s, dx = γs·(dy − α/N·(dβ + (x − μ)·s·dγ)).
 * For ∂L/∂m = −γs·dβ with ∂m/∂x = α/N, and ∂L/∂variance = −γs²/2·dγ with ∂variance/∂x = 2α(x − μ)/N.
 *
 * Where an activation followed (attributes as in `./epilogue`), dy is the gradient of its output. Its
 * slope is found from x, with a fifth input beta; or where `residual` says that a residual came between,
 * from the activation's output y as the fifth input, and a last output is the residual's gradient.
 */
export const batchNormGradOp: OpDef = {
  name: 'batchNormGrad',
  gradientOf: batchNormOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, attrs.activation ? 5 : 4, where);
    const [x, dy, gamma, statistics, fifth] = inputs;
    checkFloat([x, dy], where);
    checkShapeIs(dy, x.shape, where, 'dy');
    checkVector(gamma, x, where, 'gamma');
    checkShapeIs(statistics, [STATISTICS_ROWS, channelCount(x.shape)], where, 'statistics');
    if (attrs.residual) checkShapeIs(fifth, x.shape, where, 'the output');
    else if (fifth) checkVector(fifth, x, where, 'beta');
    within(attrs.blend as number, 0, 1, where, 'blend');
    return [gamma, gamma, ...(wantsInput(attrs) ? [x] : []), ...(attrs.residual ? [x] : [])];
  },
  reference([x, dy, gamma, statistics, fifth], { inputs, attrs }) {
    const channels = channelCount(inputs[0].shape);
    const n = x.length / channels;
    const [dx, d] = [new Float64Array(x.length), new Float64Array(x.length)];
    const [dgamma, dbeta] = [new Float64Array(channels), new Float64Array(channels)];
    const slope = slopeOf(attrs);
    for (let c = 0; c < channels; c++) {
      const row = (index: number) => statistics[index * channels + c];
      const mean = row(STATISTICS.mean) + row(STATISTICS.meanLow);
      const batchMean = row(STATISTICS.batchMean) + row(STATISTICS.batchMeanLow);
      const s = row(STATISTICS.invStd);
      for (let i = c; i < x.length; i += channels) {
        const seen = attrs.residual ? fifth[i] : gamma[c] * (x[i] - mean) * s + (fifth?.[c] ?? 0);
        d[i] = dy[i] * slope(seen);
        dbeta[c] += d[i];
        dgamma[c] += d[i] * (x[i] - mean) * s;
      }
      for (let i = c; i < x.length; i += channels) {
        const throughBatch = dbeta[c] + (x[i] - batchMean) * s * dgamma[c];
        const blend = attrs.blend as number;
        dx[i] = gamma[c] * s * (d[i] - (blend > 0 ? (blend / n) * throughBatch : 0));
      }
    }
    return [dgamma, dbeta, ...(wantsInput(attrs) ? [dx] : []), ...(attrs.residual ? [d] : [])];
  },
  lower({ inputs: [x], outputs, attrs, adapter }) {
    const channels = channelCount(x.shape);
    const n = sizeOf(x.shape) / channels;
    const blend = attrs.blend as number;
    const c = channelsOf(1, n, channels, adapter);
    const [partials, coefficients] = [0, 1];
    // Of the inputs, y or beta; and gamma where there is none.
    const y = attrs.residual ? read(4) : undefined;
    const beta = attrs.activation && !attrs.residual ? read(4) : read(2);
    const d = write(outputs.length - 1);
    const stats = backwardStatsDispatch(
      c,
      x,
      [read(0), read(1), read(3), writeTemp(partials), read(2), beta, ...(y ? [y, d] : [])],
      adapter,
      attrs,
    );
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
            write(0),
            write(1),
            writeTemp(coefficients),
            beta,
          ],
          flops: 10 * channels,
        },
        adapter,
      );
    // With a residual, d is there already.
    const apply = backwardApplyDispatch(
      c,
      x,
      [read(0), y ? readOutput(outputs.length - 1) : read(1), readTemp(coefficients), write(2)],
      adapter,
      blend > 0,
      y ? {} : attrs,
    );
    const inThree = byLanes(adapter, (lanes) => ({
      temps: [partialsType(c, 2), coefficientsType(c, 6)],
      dispatches: [stats, finalize(lanes), ...(wantsInput(attrs) ? [apply] : [])],
    }));
    const few = wantsInput(attrs) && !y && blend > 0 ? fewRowsOf(n, channels, adapter) : undefined;
    const { activation } = epilogueConstants(attrs);
    const inOne =
      few &&
      fewRowsLowering(
        batchNormBackwardFewRowsKernel,
        few,
        x,
        {
          constants: { activation },
          params: [f32(blend / n), ...epilogueParams(attrs)],
          bindings: [read(0), read(1), read(2), read(3), write(0), write(1), write(2), beta],
          flops: 7 * n * channels + 10 * channels,
        },
        adapter,
      );
    return withFewRows(inOne, inThree, adapter);
  },
};

/** mean, variance [C] → the statistics [6, C] that batchNormGrad takes. */
export const givenStatisticsOp: OpDef = {
  name: 'givenStatistics',
  gradientOf: batchNormInferenceOp,
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
            kernel: batchNormGivenStatisticsKernel,
            params: [u32(channels), f32(attrs.epsilon as number)],
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
  return gradientsOf(g, node, dy, node.outputs[1], node.attrs.blend as number, wanted);
};

const batchNormInferenceGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  if (wanted[3] || wanted[4]) {
    throw new GraphError({
      where: `batchNormInference "${node.name}"`,
      rule: 'its mean and variance are given, and not differentiated',
      remedy: 'Use batchNorm to differentiate through the batch statistics.',
    });
  }
  const [, , , mean, variance] = node.inputs;
  const { epsilon } = node.attrs;
  const statistics = g.op(givenStatisticsOp, [mean, variance], { epsilon });
  return gradientsOf(g, node, dy!, statistics, 0, wanted);
};

export const batchNormGradients: Gradients = [
  [batchNormOp, batchNormGradient],
  [batchNormInferenceOp, batchNormInferenceGradient],
];

/**
 * Gradients for the inputs of a batchNorm or batchNormInference `node`: x, gamma, beta first, and last the
 * residual where it has one. `blend` is the weight of the batch's statistics.
 */
function gradientsOf(
  g: NodeBuilder,
  node: Node,
  dy: Value,
  statistics: Value,
  blend: number,
  wanted: readonly boolean[],
): (Value | undefined)[] {
  const { inputs, outputs, attrs } = node;
  const { own, residual } = withResidual(inputs, attrs);
  const [x, gamma, beta] = own;
  const activation = activationOf(attrs);
  const byOutput = residual && activation && gradientByOutput(activation, attrs);
  const fused = activation && (byOutput || !residual);
  const d = fused ? dy : epilogueGradient(g, node, outputs[0], dy);
  const [dgamma, dbeta, ...rest] = g.apply(
    batchNormGradOp,
    [x, d, gamma, statistics, ...(fused ? [byOutput ? outputs[0] : beta] : [])],
    {
      blend,
      ...(wanted[0] ? {} : { dx: false }),
      ...(fused && activationAttrs(attrs)),
      ...(byOutput && { residual: true }),
    },
  );
  const all = [wanted[0] ? rest[0] : undefined, dgamma, dbeta];
  if (residual) all[inputs.length - 1] = byOutput ? rest[rest.length - 1] : d;
  return inputs.map((_, i) => (wanted[i] ? all[i] : undefined));
}

const wantsInput = (attrs: Attrs) => attrs.dx !== false;

function slopeOf(attrs: Attrs): (of: number) => number {
  const activation = activationOf(attrs);
  if (!activation) return () => 1;
  const [a, b] = activationParams(activation, attrs);
  const { df, dfOfOutput } = derivativesOf(activation);
  const f = attrs.residual ? dfOfOutput! : df;
  return (of) => f(of, a, b);
}
