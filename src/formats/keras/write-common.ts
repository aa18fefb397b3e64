// What layers of this library are written as, and what many of them share.
import { ArgumentError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { Activation } from '../../model/activations';
import type { Call, Layer } from '../../model/layer';

/** A layer in a file: its class, its config, and its weights in Keras' order. */
export interface WrittenLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Keras' name of each weight, ours, and Keras' shape of it. */
  readonly weights?: readonly WrittenWeight[];
  /** Put after the layer's name, where several stand for one. */
  readonly suffix?: string;
}

export interface WrittenWeight {
  readonly key: string;
  readonly state: string;
  readonly shape?: (ours: Shape) => Shape;
}

/** What a layer is written from. */
export interface Writing {
  readonly layer: Layer;
  readonly call: Call;
  /** Shapes without the batch. */
  readonly input: Shape;
  readonly output: Shape;
  readonly where: string;
}

export type Write = (writing: Writing) => WrittenLayer | readonly WrittenLayer[];

export function inexpressible(where: string, found: string, remedy?: string): ArgumentError {
  const rule = 'Keras has a layer for it';
  return new ArgumentError({ where, rule, found, remedy: remedy ?? 'Write ONNX instead.' });
}

export const LAST = { data_format: 'channels_last' } as const;

/** Names that Keras has for activations without parameters. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  selu: 'selu',
  gelu: 'gelu',
  silu: 'swish',
  swish: 'swish',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softplus: 'softplus',
  softsign: 'softsign',
  exp: 'exponential',
};

/** An activation as a name, or as layers of its own where it has parameters. */
export function activationOf(
  activation: Activation,
  { where, output }: Writing,
): string | WrittenLayer[] {
  const given: Readonly<Record<string, unknown>> =
    typeof activation === 'string' ? { name: activation } : activation;
  const { name, ...params } = given as { name: string; [key: string]: unknown };
  const own = (className: string, config: WrittenLayer['config']): WrittenLayer => ({
    className,
    config,
    suffix: 'activation',
  });
  const { alpha, beta, low, high, axis = -1 } = params;
  switch (name) {
    case 'softmax':
    case 'logSoftmax':
      if (axis === -1 || axis === output.length) {
        return name === 'softmax' ? 'softmax' : 'log_softmax';
      }
      if (name === 'softmax') return [own('Softmax', { axis })];
      break;
    case 'leakyRelu':
      return [own('LeakyReLU', { alpha: alpha ?? 0.01 })];
    case 'elu':
      return (alpha ?? 1) === 1 ? 'elu' : [own('ELU', { alpha })];
    case 'clip':
      if ((low ?? 0) !== 0) break;
      return [own('ReLU', { max_value: high ?? 6 })];
    case 'hardSigmoid': {
      const [slope, offset] = [alpha ?? 1 / 6, beta ?? 0.5];
      if (slope === 0.2 && offset === 0.5) return 'hard_sigmoid';
      return [own('Rescaling', { scale: slope, offset }), own('ReLU', { max_value: 1 })];
    }
    default:
      if (Object.hasOwn(ACTIVATIONS, name) && !Object.keys(params).length) return ACTIVATIONS[name];
  }
  throw inexpressible(where, `the activation ${JSON.stringify(activation)}`);
}

/** The layer with its activation inside, or behind it where it has parameters. */
export function withActivation(writing: Writing, make: (activation: string) => WrittenLayer) {
  const { activation = 'linear' } = writing.layer.options as { activation?: Activation };
  const applied = activationOf(activation, writing);
  if (typeof applied === 'string') return [make(applied)];
  return [make('linear'), ...applied];
}

/** Explicit padding is a layer before one without. */
export function padded(writing: Writing, layers: (padding: string) => readonly WrittenLayer[]) {
  const { padding } = writing.layer.options;
  if (typeof padding === 'string') return layers(padding);
  const [top, left, bottom, right] = sidesOf(padding as number | readonly number[]);
  if (top + left + bottom + right === 0) return layers('valid');
  const sides = [
    [top, bottom],
    [left, right],
  ];
  const config = { padding: sides, ...LAST };
  const before: WrittenLayer = { className: 'ZeroPadding2D', config, suffix: 'padding' };
  return [before, ...layers('valid')];
}

export function sidesOf(padding: number | readonly number[]): readonly number[] {
  const list = typeof padding === 'number' ? [padding, padding] : padding;
  const [top, left, bottom = top, right = left] = list;
  return [top, left, bottom, right];
}
