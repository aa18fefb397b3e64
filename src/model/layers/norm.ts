import { ArgumentError, ShapeError } from '../../core/errors';
import { type Shape, sizeOf } from '../../core/shape';
import { affineOp, squareOp } from '../../ops/activations';
import { avgPool2dOp } from '../../ops/avg-pool';
import { divOp, powOp } from '../../ops/binary';
import { groupNormOp } from '../../ops/group-norm';
import { layerNormOp } from '../../ops/layer-norm';
import { reshapeOp } from '../../ops/reshape';
import { createLayer, type LayerOptions } from '../create-layer';
import { type Initializer, initializerOption } from '../initializers';
import type { Expansion, Layer, LayerKind, WeightSpec } from '../layer';
import { atLeastZero, boolean, count, integer, list, optional, required } from '../options';
import { channelsOf } from './common';

export interface NormOptions extends LayerOptions {
  /** Added to the variance; ≥ 0. Default 1e-3, as in Keras (PyTorch: 1e-5). */
  readonly epsilon?: number;
  /** Whether there is a β; default true. */
  readonly center?: boolean;
  /** Whether there is a γ; default true. */
  readonly scale?: boolean;
  /** Default `zeros`. */
  readonly betaInitializer?: Initializer;
  /** Default `ones`. */
  readonly gammaInitializer?: Initializer;
}

const normSchema = {
  epsilon: optional(atLeastZero, 1e-3),
  center: optional(boolean, true),
  scale: optional(boolean, true),
  betaInitializer: optional(initializerOption, 'zeros' as Initializer),
  gammaInitializer: optional(initializerOption, 'ones' as Initializer),
};

type NormConfig = Required<Omit<NormOptions, keyof LayerOptions>>;

function affineWeights(config: NormConfig, shape: Shape): Record<string, WeightSpec> {
  return {
    ...(config.scale && { gamma: { shape, initializer: config.gammaInitializer } }),
    ...(config.center && { beta: { shape, initializer: config.betaInitializer } }),
  };
}

function affine({ g, weight }: Expansion<unknown>, shape: Shape) {
  const type = { dtype: 'f32', shape } as const;
  return [weight('gamma') ?? g.fill(1, type), weight('beta') ?? g.fill(0, type)];
}

const layerSchema = {
  axis: optional(
    (value, where, name) =>
      typeof value === 'number'
        ? integer(value, where, name)
        : list(integer, 1, 7)(value, where, name),
    -1 as number | readonly number[],
  ),
  ...normSchema,
};

/** How many last dimensions `axis` names. Throws unless they are the last ones. */
function lastDimensions(axis: number | readonly number[], rank: number, where: string): number {
  const axes = (typeof axis === 'number' ? [axis] : axis).map((a) => (a < 0 ? a + rank + 1 : a));
  const dims = new Set(axes).size;
  if (dims <= rank && axes.every((a) => a > rank - dims && a <= rank)) return dims;
  throw new ArgumentError({
    where,
    rule: `axis names the last dimensions of ${rank + 1} (the batch is 0)`,
    found: JSON.stringify(axis),
  });
}

export const layerNormKind: LayerKind<typeof layerSchema> = {
  type: 'layerNorm',
  options: layerSchema,
  weights({ config, inputs: [shape], where }) {
    channelsOf(shape, where);
    const dims = lastDimensions(config.axis, shape.length, where);
    return affineWeights(config, shape.slice(-dims));
  },
  build(expansion) {
    const { g, config, inputs, where } = expansion;
    const { shape } = inputs[0];
    const dims = lastDimensions(config.axis, shape.length - 1, where);
    const vectors = affine(expansion, shape.slice(-dims));
    return g.op(layerNormOp, [inputs[0], ...vectors], { dims, epsilon: config.epsilon });
  },
};

/**
 * Layer normalisation over the last dimensions, those of `axis` (default the last one; counted with
 * the batch dimension, or negative). Weights: `gamma`, `beta` of those dimensions' shape.
 */
export function layerNorm(
  options: NormOptions & { readonly axis?: number | readonly number[] } = {},
): Layer {
  return createLayer(layerNormKind, options);
}

const groupSchema = { groups: optional(count, 32), ...normSchema };

export const groupNormKind: LayerKind<typeof groupSchema> = {
  type: 'groupNorm',
  options: groupSchema,
  weights({ config, inputs: [shape], where }) {
    const channels = channelsOf(shape, where);
    if (channels % config.groups !== 0) {
      throw new ShapeError({
        where,
        rule: 'groups divides the channels',
        found: `${config.groups} groups, ${channels} channels`,
      });
    }
    return affineWeights(config, [channels]);
  },
  build(expansion) {
    const { g, config, inputs } = expansion;
    const { groups, epsilon } = config;
    const vectors = affine(expansion, inputs[0].shape.slice(-1));
    return g.op(groupNormOp, [inputs[0], ...vectors], { groups, epsilon });
  },
};

/**
 * Group normalisation: over all positions and the channels of a group, for each example; any shape
 * [..., c]. `groups` (default 32) divides c. Weights: `gamma`, `beta` [c].
 */
export function groupNorm(options: NormOptions & { readonly groups?: number } = {}): Layer {
  return createLayer(groupNormKind, options);
}

export const instanceNormKind: LayerKind<typeof normSchema> = {
  type: 'instanceNorm',
  options: normSchema,
  weights: ({ config, inputs: [shape], where }) =>
    affineWeights(config, [channelsOf(shape, where)]),
  build(expansion) {
    const { g, config, inputs } = expansion;
    const channels = inputs[0].shape.slice(-1);
    const attrs = { groups: channels[0], epsilon: config.epsilon };
    return g.op(groupNormOp, [inputs[0], ...affine(expansion, channels)], attrs);
  },
};

/** Instance normalisation: each channel of each example by itself. Weights: `gamma`, `beta` [c]. */
export function instanceNorm(options: NormOptions = {}): Layer {
  return createLayer(instanceNormKind, options);
}

const responseSchema = {
  size: required(count),
  alpha: optional(atLeastZero, 1e-4),
  beta: optional(atLeastZero, 0.75),
  bias: optional(atLeastZero, 1),
};

export const localResponseNormKind: LayerKind<typeof responseSchema> = {
  type: 'localResponseNorm',
  options: responseSchema,
  build({ g, config: { size, alpha, beta, bias }, inputs: [x], where }) {
    const channels = channelsOf(x.shape.slice(1), where);
    // The mean over neighbouring channels, absent ones as zeros: pooling along them.
    const line = g.op(reshapeOp, [g.op(squareOp, [x])], {
      shape: [1, sizeOf(x.shape) / channels, channels, 1],
    });
    const before = Math.floor((size - 1) / 2);
    const mean = g.op(avgPool2dOp, [line], {
      size: [1, size],
      strides: [1, 1],
      pads: [0, before, 0, size - 1 - before],
      countIncludePad: true,
    });
    const base = g.op(affineOp, [g.op(reshapeOp, [mean], { shape: x.shape })], {
      scale: alpha,
      shift: bias,
    });
    const exponent = g.fill(beta, { dtype: x.dtype, shape: [] });
    return g.op(divOp, [x, g.op(powOp, [base, exponent])]);
  },
};

export interface LocalResponseNormOptions extends LayerOptions {
  /** Channels of a window. */
  readonly size: number;
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly bias?: number;
}

/**
 * Local response normalisation (Krizhevsky et al., 2012): x/(bias + alpha·m)^beta, m the mean of the
 * squares of `size` channels around each.
 */
export function localResponseNorm(options: LocalResponseNormOptions): Layer {
  return createLayer(localResponseNormKind, options);
}
