// Layers with kernels as classes of Keras.
import type { Shape } from '../../core/shape';
import {
  inexpressible,
  LAST,
  padded,
  type Writing,
  type WrittenLayer,
  type WrittenWeight,
  withActivation,
} from './write-common';

const BIAS: WrittenWeight = { key: 'bias', state: 'bias' };

function biasOf({ layer }: Writing) {
  const useBias = (layer.options.useBias as boolean | undefined) ?? layer.core.useBias ?? true;
  return { use_bias: useBias, weights: useBias ? [BIAS] : [] };
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

export const conv = (writing: Writing): readonly WrittenLayer[] =>
  padded(writing, (padding) =>
    withActivation(writing, (activation) => {
      ungrouped(writing);
      const { weights, ...bias } = biasOf(writing);
      const { filters } = writing.layer.options;
      const config = { filters, ...windowConfig(writing, padding), activation, ...bias };
      return { className: 'Conv2D', config, weights: [kernel('kernel'), ...weights] };
    }),
  );

export const depthwise = (writing: Writing): readonly WrittenLayer[] =>
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

export const separable = (writing: Writing): readonly WrittenLayer[] =>
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

export const transposed = (writing: Writing): readonly WrittenLayer[] =>
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

export const rowConv = (writing: Writing): readonly WrittenLayer[] =>
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

export const fullyConnected = (writing: Writing): readonly WrittenLayer[] =>
  withActivation(writing, (activation) => {
    const { weights, ...bias } = biasOf(writing);
    const { units } = writing.layer.options;
    const config = { units, activation, ...bias };
    return { className: 'Dense', config, weights: [kernel('kernel'), ...weights] };
  });
