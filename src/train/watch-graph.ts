import { ArgumentError, NameError } from '../core/errors';
import { nearest } from '../core/nearest';
import type { GraphBuilder } from '../ir/builder';
import type { Graph, TensorType, Value } from '../ir/graph';
import type { BuiltModel } from '../model/build';
import type { SymbolicTensor } from '../model/layer';
import { isBatchNorm, type Statistics } from '../model/layers/batch-norm';
import type { Model } from '../model/model';
import { type Place, placeWeights } from '../model/structure';
import { sqrtOp, squareOp } from '../ops/activations';
import { subOp } from '../ops/binary';
import { castOp } from '../ops/cast';
import { histogramOp } from '../ops/histogram';
import { percentilesOp } from '../ops/percentiles';
import { reduceMeanOp, reduceSumOp } from '../ops/reduce';
import { fuseGradients } from '../passes/fuse-gradients';
import { removeDead } from '../passes/remove-dead';
import { buildTrainable } from './build';
import { average, headOf, TARGETS } from './graph';
import { lossGradients } from './loss-gradients';
import { type Loss, lossOfSamples } from './losses';

/** Counts of a tensor's elements in bins of equal width. */
export interface HistogramOptions {
  /** How many; at most 4094. */
  readonly bins: number;
  /** Where the first begins and the last ends. What lies outside is counted apart, on either side. */
  readonly range: readonly [low: number, high: number];
}

export interface WatchGraphOptions {
  readonly batch: number;
  readonly storage: 'f32' | 'f16';
  readonly places: readonly Place[];
  readonly statistics?: Statistics;
  readonly outputs: boolean;
  readonly channels: boolean;
  readonly histogram?: HistogramOptions;
  readonly percentiles?: readonly number[];
  readonly gradients?: { readonly loss: Loss; readonly target: TensorType };
}

/**
 * Inference, or what training sees without its updates, with what to watch as outputs: see
 * {@link WatchOptions}.
 */
export function watchGraph(model: Model, options: WatchGraphOptions): Graph {
  const { batch, storage, places, gradients } = options;
  const layers = new Map(model.places.map(({ name, layer }) => [name, layer]));
  const built = buildTrainable(model, {
    batch,
    storage,
    outputs: false,
    statistics: (name) => {
      const layer = layers.get(name);
      if (options.statistics !== undefined || !layer || !isBatchNorm(layer)) {
        return options.statistics ?? 'running';
      }
      return layer.statistics ?? (layer.trainable ? 'batch' : 'running');
    },
  });
  for (const place of places) watchPlace(built, place, options);
  const graph = gradients ? watchGradients(model, built, gradients, options) : built.g.build();
  if (graph.outputs.size) return fuseGradients(removeDead(graph));
  throw new ArgumentError({
    where: 'watch',
    rule: 'there is something to watch',
    remedy: 'Ask for outputs, channels, a histogram, percentiles or gradients.',
  });
}

/** The layers of these names; all where there are none. Throws a NameError that tells the nearest. */
export function placesNamed(model: Model, names: readonly string[] | undefined): readonly Place[] {
  const known = new Map(model.places.map((place) => [place.name, place]));
  return (names ?? [...known.keys()]).map((name) => {
    const place = known.get(name);
    if (place) return place;
    const near = nearest(name, known.keys());
    throw new NameError({
      where: `watch, layer "${name}"`,
      rule: `model "${model.name}" has such a layer`,
      remedy: near.length
        ? `Nearest: ${near.join(', ')}.`
        : `It has: ${[...known.keys()].join(', ')}.`,
    });
  });
}

function watchPlace(built: BuiltModel, place: Place, options: WatchGraphOptions): void {
  const { g, values, states } = built;
  const { histogram, percentiles } = options;
  place.outputs.forEach((tensor, i) => {
    const name = i ? `${place.name}:${i + 1}` : place.name;
    g.scoped(`watch/${name}`, () => {
      const value = widen(g, values.get(tensor) as Value);
      if (options.outputs) g.output(`${name}/output`, value);
      if (histogram) {
        const [low, high] = histogram.range;
        const attrs = { bins: histogram.bins, low, high };
        g.output(`${name}/histogram`, g.op(histogramOp, [value], attrs, 'histogram'));
      }
      if (percentiles) {
        g.output(
          `${name}/percentiles`,
          g.op(percentilesOp, [value], { percentiles }, 'percentiles'),
        );
      }
      if (options.channels && isBatchNorm(place.layer)) {
        const [input] = (tensor.call as NonNullable<SymbolicTensor['call']>).inputs;
        watchMoments(g, name, widen(g, values.get(input) as Value));
      }
    });
  });
  if (!options.channels || !isBatchNorm(place.layer)) return;
  for (const key of Object.keys(placeWeights(place))) {
    const state = states.get(`${place.name}/${key}`);
    if (state?.dtype === 'f32') g.output(state.name, state);
  }
}

/** Mean and biased variance of each channel, in two passes: stable where the mean is large. */
function watchMoments(g: GraphBuilder, name: string, x: Value): void {
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  const over = { axes, keepDims: false };
  const mean = g.op(reduceMeanOp, [x], over, 'mean');
  const squares = g.op(squareOp, [g.op(subOp, [x, mean], {}, 'deviation')], {}, 'square');
  g.output(`${name}/batchMean`, mean);
  g.output(`${name}/batchVariance`, g.op(reduceMeanOp, [squares], over, 'variance'));
}

function watchGradients(
  model: Model,
  built: BuiltModel,
  { loss, target }: NonNullable<WatchGraphOptions['gradients']>,
  { batch, storage }: Pick<WatchGraphOptions, 'batch' | 'storage'>,
): Graph {
  const { g: forward, parameters } = built;
  const targets = forward.input(TARGETS, { ...target, shape: [batch, ...target.shape] });
  const mean = forward.scoped('loss', () =>
    average(forward, lossOfSamples(forward, loss, headOf(model, built), targets)),
  );
  forward.output('loss', mean);
  const wrt = [...parameters.values()];
  const { g, gradients } = lossGradients(forward.build(), mean, wrt, { batch, storage, loss });
  [...parameters.keys()].forEach((name, i) => {
    const gradient = gradients[i];
    g.scoped(`watch/${name}`, () => {
      const squares = g.op(squareOp, [gradient], {}, 'square');
      const axes = gradient.shape.map((_, axis) => axis);
      const sum = g.op(reduceSumOp, [squares], { axes, keepDims: false }, 'sum');
      g.output(`${name}/gradientNorm`, g.op(sqrtOp, [sum], {}, 'norm'));
    });
  });
  return g.build();
}

function widen(g: GraphBuilder, value: Value): Value {
  return value.dtype === 'f32' ? value : g.op(castOp, [value], { to: 'f32' }, 'cast');
}
