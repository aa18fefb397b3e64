import { positiveInteger } from '../../core/check';
import { DataError, ShapeError } from '../../core/errors';
import { flatten, type Numbers } from '../../core/numbers';
import { affineOp } from '../../ops/activations';
import { divOp, subOp } from '../../ops/binary';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Layer, LayerKind, WeightSpec } from '../layer';
import { type Check, list, number, optional, wrong } from '../options';
import { channelsOf } from './common';

const rescalingSchema = { scale: optional(number, 1), offset: optional(number, 0) };

export const rescalingKind: LayerKind<typeof rescalingSchema> = {
  type: 'rescaling',
  options: rescalingSchema,
  precise: true,
  build: ({ g, config, inputs: [x] }) =>
    g.op(affineOp, [x], { scale: config.scale, shift: config.offset }),
};

/** scale·x + offset with fixed numbers, e.g. `rescaling({ scale: 1 / 255 })`. */
export function rescaling(
  options: LayerOptions & { readonly scale?: number; readonly offset?: number } = {},
): Layer {
  return createLayer(rescalingKind, options);
}

/** A layer that learns how to normalise from data once, before training. */
export interface AdaptingLayer extends Layer {
  /**
   * Takes the statistics of each channel from `data`, nested or flat, channels innermost. There are
   * `channels` of them: by default as many as the tensor has that the layer was applied to, or the
   * innermost arrays of nested data, or 1. Computed in float64 in two passes. State made by
   * `initialState()` afterwards holds them. Throws a DataError for NaN, infinity, or no data.
   */
  adapt(data: Numbers, channels?: number): void;
}

const vector = list(number, 1, 1 << 20);
const positives: Check<readonly number[]> = (value, where, name) => {
  const numbers = vector(value, where, name);
  if (numbers.every((n) => n > 0)) return numbers;
  throw wrong(value, where, `${name} must be > 0`);
};

/** (x − shift)/scale by channel: two state vectors, set by adapt(). */
function channelWeights(
  shape: readonly number[],
  where: string,
  given: Readonly<Record<string, readonly number[] | undefined>>,
  defaults: Readonly<Record<string, 'zeros' | 'ones'>>,
): Record<string, WeightSpec> {
  const channels = channelsOf(shape, where);
  const entries = Object.entries(defaults).map(([key, initializer]): [string, WeightSpec] => {
    const numbers = given[key];
    if (numbers && numbers.length !== channels) {
      throw new ShapeError({
        where,
        rule: `${key} has a number for each of the ${channels} channels`,
        found: String(numbers.length),
      });
    }
    const spec = { shape: [channels], initializer, values: numbers, trainable: false } as const;
    return [key, spec];
  });
  return Object.fromEntries(entries);
}

const zScoreSchema = {
  mean: optional(vector, undefined),
  deviation: optional(positives, undefined),
};

export const zScoreKind: LayerKind<typeof zScoreSchema> = {
  type: 'zScore',
  options: zScoreSchema,
  precise: true,
  weights: ({ config, inputs: [shape], where }) =>
    channelWeights(shape, where, config, { mean: 'zeros', deviation: 'ones' }),
  build({ g, inputs: [x], weight }) {
    const centred = g.op(subOp, [x, weight('mean')!]);
    return g.op(divOp, [centred, weight('deviation')!]);
  },
  methods: adapting((column) => {
    if (column.every((x) => x === column[0])) return { mean: column[0], deviation: 1 };
    const mean = sum(column, (x) => x) / column.length;
    // What the mean's rounding left is taken off: the corrected two-pass formula (Chan et al. 1983).
    const rest = sum(column, (x) => x - mean) / column.length;
    const variance = sum(column, (x) => (x - mean) ** 2) / column.length - rest ** 2;
    return { mean: mean + rest, deviation: divisor(Math.sqrt(Math.max(variance, 0))) };
  }),
};

export interface ZScoreOptions extends LayerOptions {
  /** Mean of each channel; default from `adapt`, or 0. */
  readonly mean?: readonly number[];
  /** Standard deviation of each channel, > 0; default from `adapt`, or 1. */
  readonly deviation?: readonly number[];
}

/**
 * (x − mean)/deviation by channel, adapted to data. A constant channel becomes exactly 0. State:
 * `mean`, `deviation` [c], not trained.
 */
export function zScore(options: ZScoreOptions = {}): AdaptingLayer {
  return createLayer(zScoreKind, options) as AdaptingLayer;
}

const minMaxSchema = {
  minimum: optional(vector, undefined),
  extent: optional(positives, undefined),
  low: optional(number, 0),
  high: optional(number, 1),
};

export const minMaxKind: LayerKind<typeof minMaxSchema> = {
  type: 'minMax',
  options: minMaxSchema,
  precise: true,
  check({ low, high }, where) {
    if (low >= high) throw wrong([low, high], where, 'low must be < high');
  },
  weights: ({ config: { minimum, extent }, inputs: [shape], where }) =>
    channelWeights(shape, where, { minimum, extent }, { minimum: 'zeros', extent: 'ones' }),
  build({ g, config: { low, high }, inputs: [x], weight }) {
    const shifted = g.op(subOp, [x, weight('minimum')!]);
    const unit = g.op(divOp, [shifted, weight('extent')!]);
    return low === 0 && high === 1
      ? unit
      : g.op(affineOp, [unit], { scale: high - low, shift: low });
  },
  methods: adapting((column) => {
    let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const x of column) {
      minimum = Math.min(minimum, x);
      maximum = Math.max(maximum, x);
    }
    return { minimum, extent: divisor(maximum - minimum) };
  }),
};

export interface MinMaxOptions extends LayerOptions {
  /** Smallest number of each channel; default from `adapt`, or 0. */
  readonly minimum?: readonly number[];
  /** Largest minus smallest, > 0; default from `adapt`, or 1. */
  readonly extent?: readonly number[];
  /** What the smallest number becomes; default 0. */
  readonly low?: number;
  /** What the largest number becomes; default 1. */
  readonly high?: number;
}

/**
 * Channels scaled to [low, high], adapted to data. A constant channel becomes exactly `low`. State:
 * `minimum`, `extent` [c], not trained.
 */
export function minMax(options: MinMaxOptions = {}): AdaptingLayer {
  return createLayer(minMaxKind, options) as AdaptingLayer;
}

function sum(column: Float64Array, f: (x: number) => number): number {
  let total = 0;
  for (const x of column) total += f(x);
  return total;
}

/** What to divide by: 1 for a constant column, one whose spread is nothing in f32. */
const divisor = (spread: number) => (Math.fround(spread) > 0 ? spread : 1);

/** Gives a layer `adapt()`: the numbers of each column go to the options of their names. */
function adapting(statistics: (column: Float64Array) => Readonly<Record<string, number>>) {
  return (layer: Layer): { adapt: AdaptingLayer['adapt'] } => ({
    adapt(data, channels) {
      const columns = columnsOf(layer, data, channels).map(statistics);
      for (const key of Object.keys(columns[0])) {
        layer.core.config[key] = columns.map((numbers) => numbers[key]);
      }
    },
  });
}

function columnsOf(layer: Layer, data: Numbers, given?: number): Float64Array[] {
  const where = `${layer.type} "${layer.name}"`;
  const numbers = flatten(data, where);
  if (!numbers.length) throw new DataError({ where, rule: 'it adapts to at least one number' });
  const applied = layer.core.inputShapes?.[0];
  const channels = given ?? applied?.[applied.length - 1] ?? innermost(data);
  positiveInteger(channels, where, 'channels');
  if (numbers.length % channels !== 0) {
    throw new ShapeError({
      where,
      rule: `data has a multiple of ${channels} numbers, one for each channel`,
      found: String(numbers.length),
    });
  }
  const rows = numbers.length / channels;
  return Array.from({ length: channels }, (_, channel) =>
    Float64Array.from({ length: rows }, (_, row) => {
      const value = numbers[row * channels + channel];
      if (Number.isFinite(value)) return value;
      const found = `${value} at ${row * channels + channel}`;
      throw new DataError({ where, rule: 'it adapts to finite numbers', found });
    }),
  );
}

/** Length of the innermost arrays; of flat numbers 1. */
function innermost(data: Numbers): number {
  let [inner, length]: [unknown, number] = [data, 1];
  while (typeof inner === 'object' && inner !== null) {
    const list = inner as ArrayLike<unknown>;
    length = inner === data ? 1 : list.length;
    inner = list[0];
  }
  return length;
}
