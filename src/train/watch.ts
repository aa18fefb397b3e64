import { knownOptions, positiveInteger } from '../core/check';
import { ArgumentError } from '../core/errors';
import type { Statistics } from '../model/layers/batch-norm';
import { checkNetwork, type Network } from '../runtime/network';
import type { Program } from '../runtime/program';
import { type Loss, type LossName, resolveLoss, usualTargets } from './losses';
import { type HistogramOptions, placesNamed, watchGraph } from './watch-graph';

export interface WatchOptions {
  /** Examples in a run; of a model without a batch 1. */
  readonly batch?: number;
  /** Names of the layers to watch; default all. */
  readonly layers?: readonly string[];
  /**
   * Which statistics all batch norms normalise with: those of the batch, the running ones, or a blend.
   * Default: as in training, by each one's own switches.
   */
  readonly statistics?: Statistics;
  /** `<layer>/output`: what each layer gives, f32 [batch, …]. Default false. */
  readonly outputs?: boolean;
  /**
   * `<layer>/histogram`: how many of its output's elements are below the range, in each bin, and from
   * the range's end on, f32 [bins + 2]. NaN is in none of them.
   */
  readonly histogram?: HistogramOptions;
  /**
   * `<layer>/percentiles`: up to 8 percentiles in [0, 100] of its output's elements, exactly, f32. Each is an
   * element: the smallest that so many per cent are not larger than. NaN counts as larger than all numbers.
   */
  readonly percentiles?: readonly number[];
  /**
   * Of each batch norm, f32 [channels]: `<layer>/batchMean` and `<layer>/batchVariance` (biased) of its
   * input in this run, and its state as it is: `<layer>/movingMean`, `<layer>/movingVariance`,
   * `<layer>/gamma`, `<layer>/beta`. Default false.
   */
  readonly channels?: boolean;
  /**
   * `<parameter>/gradientNorm`: the L2 norm of the loss's gradient by each parameter that learns, in whatever
   * layer, and `loss` itself, f32 []. `dense`: targets like the model's output, for a cross-entropy of
   * class probabilities.
   */
  readonly gradients?: { readonly loss: Loss | LossName; readonly dense?: boolean };
}

const NAMES: Readonly<Record<keyof WatchOptions, true>> = {
  batch: true,
  layers: true,
  statistics: true,
  outputs: true,
  histogram: true,
  percentiles: true,
  channels: true,
  gradients: true,
};

/**
 * Looks inside a network: a program on its variables that gives what is asked for as named outputs. It
 * sees every later change of the numbers, also by a training under way, and changes none. On a GPU the
 * outputs are buffers, made and left there: `encode` it, or `run` it with `fetch: []`, and take
 * `outputBuffer(name)`; `run` with `fetch` reads back what it names.
 *
 *     const inside = await watch(net, { batch: 64, histogram: { bins: 60, range: [-3, 3] } });
 *     const { 'conv2d/histogram': counts } = await inside.run({ input: x });
 *
 * Inputs: those of the model and, for gradients, `training/targets`: i32 class numbers for a
 * cross-entropy, else f32 like the model's output. Nothing drops out. A layer that is applied several times
 * has `<layer>/output`, `<layer>:2/output` and so on. The caller disposes of the program. Throws an
 * ArgumentError for options it does not know or nothing to watch, a NameError for an unknown layer.
 */
export async function watch(net: Network, options: WatchOptions): Promise<Program> {
  const where = 'watch';
  checkNetwork(net, where);
  knownOptions(options, Object.keys(NAMES), where);
  const { model, storage } = net;
  const { layers, statistics, outputs = false, channels = false, percentiles } = options;
  const asked = model.batched ? options.batch : 1;
  const batch = positiveInteger(asked as number, where, 'batch');
  const graph = watchGraph(model, {
    batch,
    storage,
    places: placesNamed(model, layers),
    statistics,
    outputs,
    channels,
    histogram: checkHistogram(options.histogram, where),
    percentiles,
    gradients: options.gradients && checkGradients(net, options.gradients, where),
  });
  return net.compileGraph(graph);
}

function checkHistogram(
  histogram: HistogramOptions | undefined,
  where: string,
): HistogramOptions | undefined {
  if (!histogram) return undefined;
  knownOptions(histogram, ['bins', 'range'], `${where}, histogram`);
  if (Array.isArray(histogram.range) && histogram.range.length === 2) return histogram;
  const rule = 'the range of a histogram is where it begins and ends';
  throw new ArgumentError({ where, rule, remedy: 'Give range: [low, high].' });
}

function checkGradients(
  { model }: Network,
  gradients: NonNullable<WatchOptions['gradients']>,
  where: string,
) {
  knownOptions(gradients, ['loss', 'dense'], `${where}, gradients`);
  const loss = resolveLoss(gradients.loss, where);
  return { loss, target: usualTargets(loss, model.outputs[0].tensor.shape, gradients.dense) };
}
