// Layers of this library as classes of Keras.
import { ArgumentError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { Activation } from '../../model/activations';
import type { Call, Layer } from '../../model/layer';
import { type BatchNormOptions, batchNormNumbers } from '../../model/layers/batch-norm';

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

type Options = Readonly<Record<string, never>>;
type Write = (writing: Writing) => WrittenLayer | readonly WrittenLayer[];

export function inexpressible(where: string, found: string, remedy?: string): ArgumentError {
  const rule = 'Keras has a layer for it';
  return new ArgumentError({ where, rule, found, remedy: remedy ?? 'Write ONNX instead.' });
}

const LAST = { data_format: 'channels_last' } as const;

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
function activationOf(activation: Activation, { where, output }: Writing): string | WrittenLayer[] {
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
function withActivation(writing: Writing, make: (activation: string) => WrittenLayer) {
  const { activation = 'linear' } = writing.layer.options as { activation?: Activation };
  const applied = activationOf(activation, writing);
  if (typeof applied === 'string') return [make(applied)];
  return [make('linear'), ...applied];
}

const BIAS: WrittenWeight = { key: 'bias', state: 'bias' };

function biasOf({ layer }: Writing) {
  const useBias = (layer.options.useBias as boolean | undefined) ?? layer.core.useBias ?? true;
  return { use_bias: useBias, weights: useBias ? [BIAS] : [] };
}

/** Explicit padding is a layer before one without. */
function padded(writing: Writing, layers: (padding: string) => readonly WrittenLayer[]) {
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

function sidesOf(padding: number | readonly number[]): readonly number[] {
  const list = typeof padding === 'number' ? [padding, padding] : padding;
  const [top, left, bottom = top, right = left] = list;
  return [top, left, bottom, right];
}

function ungrouped({ layer, where }: Writing): void {
  const { groups = 1 } = layer.options as { groups?: number };
  if (groups !== 1) throw inexpressible(where, `a convolution in ${groups} groups`);
}

const kernel = (key: string, state = 'kernel', shape?: WrittenWeight['shape']): WrittenWeight => ({
  key,
  state,
  ...(shape && { shape }),
});

const windowConfig = ({ layer }: Writing, padding: string) => ({
  kernel_size: layer.options.kernelSize,
  strides: layer.options.strides,
  padding,
  dilation_rate: layer.options.dilationRate,
  ...LAST,
});

/** [kh, kw, 1, c·m] is [kh, kw, c, m] with the same numbers in the same order. */
const byChannel =
  (channels: number) =>
  ([height, width, , filters]: Shape): Shape => [height, width, channels, filters / channels];

const norm =
  (className: string, more: (writing: Writing) => object): Write =>
  (writing) => {
    const { epsilon, center, scale } = writing.layer.options as Options;
    return {
      className,
      config: { epsilon, center, scale, ...more(writing) },
      weights: [
        ...(scale ? [{ key: 'gamma', state: 'gamma' }] : []),
        ...(center ? [{ key: 'beta', state: 'beta' }] : []),
      ],
    };
  };

const batchNorm: Write = (writing) => {
  const { layer, where } = writing;
  const options: BatchNormOptions = layer.options;
  const { momentum, epsilon } = batchNormNumbers(options);
  const { statistics, updateRunning, center, scale } = options;
  const asTrainable =
    (statistics === undefined || statistics === (layer.trainable ? 'batch' : 'running')) &&
    (updateRunning === undefined || updateRunning === layer.trainable);
  if (momentum === null || !asTrainable) {
    throw inexpressible(
      where,
      momentum === null ? 'a cumulative average' : 'switches of its own for statistics and updates',
      'Set its mode by trainable alone, and give it a momentum.',
    );
  }
  const vector = (key: string, state: string) => ({ key, state });
  return {
    className: 'BatchNormalization',
    config: { axis: -1, momentum, epsilon, center, scale },
    weights: [
      ...(scale ? [vector('gamma', 'gamma')] : []),
      ...(center ? [vector('beta', 'beta')] : []),
      vector('moving_mean', 'movingMean'),
      vector('moving_variance', 'movingVariance'),
    ],
  };
};

const pool =
  (className: string, image: boolean): Write =>
  ({ layer, where }) => {
    const {
      poolSize,
      strides = poolSize,
      padding,
      countIncludePad,
    } = layer.options as Record<string, unknown>;
    const list = typeof padding === 'number' ? [padding] : padding;
    const none = Array.isArray(list) && list.every((side) => side === 0);
    if (typeof padding !== 'string' && !none) throw inexpressible(where, `padding ${padding}`);
    if (countIncludePad && padding === 'same') {
      throw inexpressible(where, 'an average that counts the padding');
    }
    const named = typeof padding === 'string' ? padding : 'valid';
    return {
      className,
      config: { pool_size: poolSize, strides, padding: named, ...(image && LAST) },
    };
  };

const globalPool =
  (className: string, image: boolean): Write =>
  ({ layer, output }) => {
    const pooled: WrittenLayer = { className, config: image ? LAST : {} };
    if (!layer.options.keepDims) return pooled;
    const config = { target_shape: output };
    return [pooled, { className: 'Reshape', config, suffix: 'reshape' }];
  };

const merge =
  (className: string): Write =>
  () => ({ className, config: {} });

const conv = (writing: Writing): readonly WrittenLayer[] =>
  padded(writing, (padding) =>
    withActivation(writing, (activation) => {
      ungrouped(writing);
      const { weights, ...bias } = biasOf(writing);
      const { filters } = writing.layer.options;
      const config = { filters, ...windowConfig(writing, padding), activation, ...bias };
      return { className: 'Conv2D', config, weights: [kernel('kernel'), ...weights] };
    }),
  );

const depthwise = (writing: Writing): readonly WrittenLayer[] =>
  padded(writing, (padding) =>
    withActivation(writing, (activation) => {
      const { weights, ...bias } = biasOf(writing);
      const { depthMultiplier } = writing.layer.options;
      const own = { depth_multiplier: depthMultiplier, activation, ...bias };
      const shape = byChannel(writing.input[2]);
      return {
        className: 'DepthwiseConv2D',
        config: { ...windowConfig(writing, padding), ...own },
        weights: [kernel('depthwise_kernel', 'kernel', shape), ...weights],
      };
    }),
  );

const separable = (writing: Writing): readonly WrittenLayer[] =>
  padded(writing, (padding) =>
    withActivation(writing, (activation) => {
      const { weights, ...bias } = biasOf(writing);
      const { filters, depthMultiplier } = writing.layer.options;
      const own = { filters, depth_multiplier: depthMultiplier, activation, ...bias };
      const shape = byChannel(writing.input[2]);
      return {
        className: 'SeparableConv2D',
        config: { ...windowConfig(writing, padding), ...own },
        weights: [
          kernel('depthwise_kernel', 'depthwiseKernel', shape),
          kernel('pointwise_kernel', 'pointwiseKernel'),
          ...weights,
        ],
      };
    }),
  );

const transposed = (writing: Writing): readonly WrittenLayer[] =>
  withActivation(writing, (activation) => {
    ungrouped(writing);
    const { layer, where } = writing;
    const { filters, padding, outputPadding } = layer.options;
    if (typeof padding !== 'string' || outputPadding !== undefined) {
      throw inexpressible(where, 'explicit padding of a transposed convolution');
    }
    const { weights, ...bias } = biasOf(writing);
    const config = { filters, ...windowConfig(writing, padding), activation, ...bias };
    return { className: 'Conv2DTranspose', config, weights: [kernel('kernel'), ...weights] };
  });

const rowConv = (writing: Writing): readonly WrittenLayer[] =>
  withActivation(writing, (activation) => {
    ungrouped(writing);
    const { weights, ...bias } = biasOf(writing);
    const { filters, kernelSize, strides, padding, dilationRate } = writing.layer.options;
    if (typeof padding !== 'string' && String(padding) !== '0') {
      throw inexpressible(writing.where, `padding ${padding}`);
    }
    return {
      className: 'Conv1D',
      config: {
        filters,
        kernel_size: [kernelSize],
        strides: [strides],
        padding: typeof padding === 'string' ? padding : 'valid',
        dilation_rate: [dilationRate],
        activation,
        ...bias,
        ...LAST,
      },
      weights: [kernel('kernel', 'kernel', (shape) => shape.slice(1)), ...weights],
    };
  });

/** TensorFlow.js interpolates by coordinates of its own, and its Resizing does not run. */
const upSampling: Write = ({ layer, input, output, where }) => {
  const { interpolation, coordinates = 'halfPixel' } = layer.options as Record<string, unknown>;
  const size = [output[0] / input[0], output[1] / input[1]];
  // Nearest by whole steps is the same by either.
  const same = interpolation === 'nearest' && coordinates !== 'alignCorners';
  if (!size.every(Number.isInteger) || !(same || coordinates === 'asymmetric')) {
    const remedy = 'Resize by whole factors: nearest, or bilinear with coordinates "asymmetric".';
    throw inexpressible(where, `${interpolation} by ${size}, ${coordinates}`, remedy);
  }
  return { className: 'UpSampling2D', config: { size, interpolation, ...LAST } };
};

/** How each kind of layer is written. */
export const WRITERS: Readonly<Record<string, Write>> = {
  activation: (writing) => {
    const applied = activationOf(writing.layer.options.activation as Activation, writing);
    if (typeof applied === 'string') {
      return { className: 'Activation', config: { activation: applied } };
    }
    // The last one has the layer's name.
    return applied.map((layer, i) => (i < applied.length - 1 ? layer : { ...layer, suffix: '' }));
  },
  add: merge('Add'),
  average: merge('Average'),
  averagePooling1d: pool('AveragePooling1D', false),
  averagePooling2d: pool('AveragePooling2D', true),
  batchNorm,
  concat: ({ layer }) => ({ className: 'Concatenate', config: { axis: layer.options.axis } }),
  conv1d: rowConv,
  conv2d: conv,
  conv2dTranspose: transposed,
  cropping2d: ({ layer }) => {
    const [top, left, bottom, right] = sidesOf(layer.options.cropping as readonly number[]);
    const cropping = [
      [top, bottom],
      [left, right],
    ];
    return { className: 'Cropping2D', config: { cropping, ...LAST } };
  },
  dense: (writing) =>
    withActivation(writing, (activation) => {
      const { weights, ...bias } = biasOf(writing);
      const { units } = writing.layer.options;
      return {
        className: 'Dense',
        config: { units, activation, ...bias },
        weights: [kernel('kernel'), ...weights],
      };
    }),
  depthwiseConv2d: depthwise,
  dropout: ({ layer }) => ({ className: 'Dropout', config: { rate: layer.options.rate } }),
  flatten: () => ({ className: 'Flatten', config: LAST }),
  globalAveragePooling1d: globalPool('GlobalAveragePooling1D', false),
  globalAveragePooling2d: globalPool('GlobalAveragePooling2D', true),
  globalMaxPooling1d: globalPool('GlobalMaxPooling1D', false),
  globalMaxPooling2d: globalPool('GlobalMaxPooling2D', true),
  groupNorm: norm('GroupNormalization', ({ layer }) => ({
    groups: layer.options.groups,
    axis: -1,
  })),
  identity: () => ({ className: 'Activation', config: { activation: 'linear' } }),
  instanceNorm: norm('GroupNormalization', ({ input }) => ({
    groups: input[input.length - 1],
    axis: -1,
  })),
  layerNorm: norm('LayerNormalization', ({ layer }) => ({ axis: layer.options.axis })),
  maximum: merge('Maximum'),
  maxPooling1d: pool('MaxPooling1D', false),
  maxPooling2d: pool('MaxPooling2D', true),
  minimum: merge('Minimum'),
  multiply: merge('Multiply'),
  permute: ({ layer }) => ({ className: 'Permute', config: { dims: layer.options.dims } }),
  prelu: ({ layer, input }) => {
    const axes = input.map((_, i) => i + 1);
    const shared = layer.options.shared ? axes : axes.slice(0, -1);
    const ones = input.slice(0, -1).map(() => 1);
    return {
      className: 'PReLU',
      config: { shared_axes: shared.length ? shared : null },
      weights: [{ key: 'alpha', state: 'alpha', shape: ([size]: Shape) => [...ones, size] }],
    };
  },
  rescaling: ({ layer }) => {
    const { scale, offset } = layer.options;
    return { className: 'Rescaling', config: { scale, offset } };
  },
  reshape: ({ output }) => ({ className: 'Reshape', config: { target_shape: output } }),
  resize: upSampling,
  separableConv2d: separable,
  subtract: merge('Subtract'),
  upSampling2d: upSampling,
  zeroPadding2d: ({ layer, where }) => {
    const { mode, value, padding } = layer.options as Record<string, unknown>;
    if (mode !== 'constant' || value !== 0)
      throw inexpressible(where, `padding with ${mode} ${value}`);
    const [top, left, bottom, right] = sidesOf(padding as readonly number[]);
    const sides = [
      [top, bottom],
      [left, right],
    ];
    return { className: 'ZeroPadding2D', config: { padding: sides, ...LAST } };
  },
};
