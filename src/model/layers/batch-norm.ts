import { ArgumentError, DataError } from '../../core/errors';
import { formatShape, sizeOf } from '../../core/shape';
import { batchNormInferenceOp } from '../../ops/batch-norm-inference';
import { createLayer, type LayerOptions } from '../create-layer';
import { type Initializer, initializerOption } from '../initializers';
import type { Layer, LayerKind, WeightSpec } from '../layer';
import {
  atLeastZero,
  between,
  boolean,
  type Check,
  choice,
  integer,
  nullable,
  optional,
} from '../options';
import { channelsOf } from './common';

/** Which statistics normalise: the batch's, the running ones, or a blend (weight of the batch's). */
export type Statistics = 'batch' | 'running' | number;

/** Whose meaning of `momentum`, and whose defaults. */
export type Convention = 'keras' | 'pytorch' | 'onnx' | 'paper';

export interface BatchNormOptions extends LayerOptions {
  /**
   * Sets the defaults and what `momentum` means. `keras` (default): weight of the old value 0.99,
   * ε 1e-3, biased running variance. `pytorch`: weight of the new value 0.1, ε 1e-5, unbiased.
   * `onnx`: weight of the old value 0.9, ε 1e-5, biased. `paper`: the average over all batches,
   * ε 1e-5, unbiased; a momentum given weighs the old value.
   */
  readonly convention?: Convention;
  /** In [0, 1], by the convention; null averages over all batches since the start. */
  readonly momentum?: number | null;
  /** Added to the variance; ≥ 0. With 0 a constant channel has no finite answer. */
  readonly epsilon?: number;
  /** Whether the running variance is that of n/(n − 1); batches are normalised by the biased one. */
  readonly unbiased?: boolean;
  /** Whether there is a β; default true. */
  readonly center?: boolean;
  /** Whether there is a γ; default true. */
  readonly scale?: boolean;
  /** Only the last: tensors are channels-last. */
  readonly axis?: number;
  /**
   * Which statistics normalise in training. Default `'batch'`, or `'running'` while `trainable` is
   * false. In an inference graph it is always the running ones, unless `buildGraph` is told otherwise.
   */
  readonly statistics?: Statistics;
  /** Whether training updates the running statistics. Default: as `trainable`. */
  readonly updateRunning?: boolean;
  /** Default `zeros`. */
  readonly betaInitializer?: Initializer;
  /** Default `ones`. */
  readonly gammaInitializer?: Initializer;
  /** Default `zeros`. */
  readonly movingMeanInitializer?: Initializer;
  /** Default `ones`. */
  readonly movingVarianceInitializer?: Initializer;
}

/** A batch norm: its three switches may be assigned at any time; graphs built later follow them. */
export interface BatchNormLayer extends Layer {
  /** Undefined follows `trainable`. */
  statistics: Statistics | undefined;
  /** Undefined follows `trainable`. */
  updateRunning: boolean | undefined;
}

const share = between(0, 1);
const statisticsOption: Check<Statistics> = (value, where, name) =>
  typeof value === 'number'
    ? share(value, where, name)
    : choice('batch', 'running')(value as 'batch', where, name);

const schema = {
  convention: optional(choice<Convention>('keras', 'pytorch', 'onnx', 'paper'), 'keras' as const),
  momentum: optional(nullable(share), undefined),
  epsilon: optional(atLeastZero, undefined),
  unbiased: optional(boolean, undefined),
  center: optional(boolean, true),
  scale: optional(boolean, true),
  axis: optional(integer, -1),
  statistics: optional(statisticsOption, undefined),
  updateRunning: optional(boolean, undefined),
  betaInitializer: optional(initializerOption, 'zeros' as Initializer),
  gammaInitializer: optional(initializerOption, 'ones' as Initializer),
  movingMeanInitializer: optional(initializerOption, 'zeros' as Initializer),
  movingVarianceInitializer: optional(initializerOption, 'ones' as Initializer),
};

interface Numbers {
  /** Weight of the old running value; null for the average over all batches. */
  readonly momentum: number | null;
  readonly epsilon: number;
  readonly unbiased: boolean;
}

const CONVENTIONS: Readonly<Record<Convention, Numbers>> = {
  keras: { momentum: 0.99, epsilon: 1e-3, unbiased: false },
  pytorch: { momentum: 1 - 0.1, epsilon: 1e-5, unbiased: true },
  onnx: { momentum: 0.9, epsilon: 1e-5, unbiased: false },
  paper: { momentum: null, epsilon: 1e-5, unbiased: true },
};

type BatchNormConfig = Readonly<
  Pick<BatchNormOptions, 'convention' | 'momentum' | 'epsilon' | 'unbiased'>
>;

/** ε, the weight of the old running value and the variance's kind, whatever the convention. */
export function batchNormNumbers(config: BatchNormConfig): Numbers {
  const { convention = 'keras', momentum } = config;
  const defaults = CONVENTIONS[convention];
  const flipped =
    typeof momentum === 'number' && convention === 'pytorch' ? 1 - momentum : momentum;
  return {
    momentum: flipped === undefined ? defaults.momentum : flipped,
    epsilon: config.epsilon ?? defaults.epsilon,
    unbiased: config.unbiased ?? defaults.unbiased,
  };
}

/** Statistics as the weight of the batch's: 1, 0 or between. Throws for anything else. */
export function blendOf(statistics: Statistics, where: string): number {
  const checked = statisticsOption(statistics, where, 'statistics');
  return typeof checked === 'number' ? checked : checked === 'batch' ? 1 : 0;
}

export const batchNormKind: LayerKind<typeof schema> = {
  type: 'batchNorm',
  options: schema,
  switches: ['statistics', 'updateRunning'],
  weights({ config, inputs: [shape], where }) {
    const channels = channelsOf(shape, where);
    if (config.axis !== -1 && config.axis !== shape.length) {
      throw new ArgumentError({
        where,
        rule: `axis is the last one, -1 or ${shape.length}: tensors are channels-last`,
        found: String(config.axis),
        remedy: 'Put a permute layer before it.',
      });
    }
    const vector = (initializer: Initializer): WeightSpec => ({ shape: [channels], initializer });
    const fixed = { trainable: false } as const;
    const cumulative = batchNormNumbers(config).momentum === null;
    return {
      ...(config.scale && { gamma: vector(config.gammaInitializer) }),
      ...(config.center && { beta: vector(config.betaInitializer) }),
      movingMean: { ...vector(config.movingMeanInitializer), ...fixed },
      movingVariance: { ...vector(config.movingVarianceInitializer), ...fixed },
      ...(cumulative && { batches: { shape: [1], initializer: 'zeros', dtype: 'i32', ...fixed } }),
    };
  },
  build(expansion) {
    const { g, config, inputs, weight, training, trainable, where } = expansion;
    const [x] = inputs;
    const { momentum, epsilon, unbiased } = batchNormNumbers(config);
    const channels = { dtype: 'f32', shape: [x.shape[x.shape.length - 1]] } as const;
    const update = training && (config.updateRunning ?? trainable);
    const statistics = config.statistics ?? (trainable ? 'batch' : 'running');
    const blend = training ? blendOf(statistics, where) : expansion.blend;
    const vectors = [
      weight('gamma') ?? g.fill(1, channels),
      weight('beta') ?? g.fill(0, channels),
      weight('movingMean')!,
      weight('movingVariance')!,
    ];
    if (!update && blend === 0) {
      return g.op(batchNormInferenceOp, [x, ...vectors], { epsilon });
    }
    if (sizeOf(x.shape) === channels.shape[0]) {
      throw new DataError({
        where,
        rule: 'statistics of a batch need at least two values a channel',
        found: `one, in an input of ${formatShape(x.shape)}`,
        remedy:
          'Use a larger batch, or statistics "running" and updateRunning false; where one sample is left ' +
          'over at the end of an epoch, fit takes lastBatch: "drop".',
      });
    }
    const cumulative = update && momentum === null;
    const batches = cumulative ? weight('batches')! : undefined;
    const [y, , mean, variance] = g.apply(
      expansion.opGiven('batchNorm'),
      batches ? [x, ...vectors, batches] : [x, ...vectors],
      { blend, epsilon, momentum: update ? (momentum ?? 0) : 1, unbiased, cumulative },
    );
    if (update) {
      expansion.update('movingMean', mean);
      expansion.update('movingVariance', variance);
    }
    if (batches) {
      const next = g.op(expansion.opGiven('increment'), [batches], {}, 'batches');
      expansion.update('batches', next);
    }
    return y;
  },
};

/**
 * Batch normalisation over all axes but the last: γ·(x − mean)/√(variance + ε) + β; any shape.
 * Weights: `gamma`, `beta`, and not trained `movingMean`, `movingVariance` (all [c]), and `batches`
 * [1] where momentum is null. A training graph with one value a channel is a DataError.
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormLayer {
  return createLayer(batchNormKind, options) as BatchNormLayer;
}

/** Whether a layer is a batch norm. */
export function isBatchNorm(layer: Layer): layer is BatchNormLayer {
  return layer.type === batchNormKind.type;
}
