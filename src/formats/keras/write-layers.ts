// Layers of this library as classes of Keras.
import type { Shape } from '../../core/shape';
import type { Activation } from '../../model/activations';
import { type BatchNormOptions, batchNormNumbers } from '../../model/layers/batch-norm';
import {
  activationOf,
  inexpressible,
  LAST,
  sidesOf,
  type Write,
  type Writing,
  type WrittenLayer,
} from './write-common';
import { conv, depthwise, fullyConnected, rowConv, separable, transposed } from './write-kernels';

type Options = Readonly<Record<string, never>>;

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
  dense: fullyConnected,
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
