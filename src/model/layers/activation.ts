import { preluOp } from '../../ops/prelu';
import { type Activation, type ActivationName, activationOption } from '../activations';
import { createLayer, type LayerOptions } from '../create-layer';
import { type Initializer, initializerOption } from '../initializers';
import type { Layer, LayerKind } from '../layer';
import { boolean, optional, required } from '../options';
import { channelsOf } from './common';

const schema = { activation: required(activationOption) };

export const activationKind: LayerKind<typeof schema> = {
  type: 'activation',
  options: schema,
  label: ({ activation }) => (typeof activation === 'string' ? activation : activation.name),
  build: ({ config, inputs: [x], activate }) => activate(x, config.activation, true),
};

/** An activation function as a layer, e.g. after a batch norm: `activation('relu')`. Any shape. */
export function activation(activation: Activation, options: LayerOptions = {}): Layer {
  return createLayer(activationKind, options, { activation });
}

function shorthand(name: ActivationName, params: object, { name: given, trainable }: LayerOptions) {
  return activation({ name, ...params }, { name: given, trainable });
}

/** max(x, 0). */
export const relu = (options: LayerOptions = {}): Layer => shorthand('relu', {}, options);

/** min(max(x, 0), 6). */
export const relu6 = (options: LayerOptions = {}): Layer => shorthand('relu6', {}, options);

/** x where positive, else alpha·x; alpha defaults to 0.01 (Keras' layer: 0.3). */
export const leakyRelu = ({
  alpha = 0.01,
  ...options
}: LayerOptions & { readonly alpha?: number } = {}): Layer =>
  shorthand('leakyRelu', { alpha }, options);

/** x where positive, else alpha·(eˣ − 1); alpha defaults to 1. */
export const elu = ({
  alpha = 1,
  ...options
}: LayerOptions & { readonly alpha?: number } = {}): Layer => shorthand('elu', { alpha }, options);

/** The self-normalising elu of Klambauer et al. */
export const selu = (options: LayerOptions = {}): Layer => shorthand('selu', {}, options);

/** x·Φ(x); `approximate` by tanh, as PyTorch's `approximate='tanh'`. Default exact. */
export const gelu = ({
  approximate = false,
  ...options
}: LayerOptions & { readonly approximate?: boolean } = {}): Layer =>
  shorthand(approximate ? 'geluTanh' : 'gelu', {}, options);

/** x·σ(x), also called swish. */
export const silu = (options: LayerOptions = {}): Layer => shorthand('silu', {}, options);

/** x·min(max(x/6 + 1/2, 0), 1). */
export const hardSwish = (options: LayerOptions = {}): Layer => shorthand('hardSwish', {}, options);

/** min(max(x/6 + 1/2, 0), 1). */
export const hardSigmoid = (options: LayerOptions = {}): Layer =>
  shorthand('hardSigmoid', {}, options);

/** 1/(1 + e⁻ˣ). */
export const sigmoid = (options: LayerOptions = {}): Layer => shorthand('sigmoid', {}, options);

/** tanh(x). */
export const tanh = (options: LayerOptions = {}): Layer => shorthand('tanh', {}, options);

/** log(1 + eˣ). */
export const softplus = (options: LayerOptions = {}): Layer => shorthand('softplus', {}, options);

/** x/(1 + |x|). */
export const softsign = (options: LayerOptions = {}): Layer => shorthand('softsign', {}, options);

/** eˣ/Σeˣ along `axis`, by default the last (counted with the batch dimension). */
export const softmax = ({
  axis = -1,
  ...options
}: LayerOptions & { readonly axis?: number } = {}): Layer =>
  shorthand('softmax', { axis }, options);

/** The logarithm of softmax along `axis`, by default the last. */
export const logSoftmax = ({
  axis = -1,
  ...options
}: LayerOptions & { readonly axis?: number } = {}): Layer =>
  shorthand('logSoftmax', { axis }, options);

const preluSchema = {
  alphaInitializer: optional(initializerOption, 'zeros' as Initializer),
  shared: optional(boolean, false),
};

export const preluKind: LayerKind<typeof preluSchema> = {
  type: 'prelu',
  options: preluSchema,
  weights: ({ config, inputs: [shape], where }) => ({
    alpha: {
      shape: [config.shared ? 1 : channelsOf(shape, where)],
      initializer: config.alphaInitializer,
      half: true,
    },
  }),
  build: ({ g, inputs: [x], weight }) => g.op(preluOp, [x, weight('alpha')!]),
};

export interface PreluOptions extends LayerOptions {
  /** Default `zeros`, as in Keras (PyTorch: `constant(0.25)`). */
  readonly alphaInitializer?: Initializer;
  /** One slope for all channels instead of one for each. Default false. */
  readonly shared?: boolean;
}

/** x where positive, else alpha·x with a learned `alpha`, [c] or [1]. */
export function prelu(options: PreluOptions = {}): Layer {
  return createLayer(preluKind, options);
}
