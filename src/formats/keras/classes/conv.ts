import type { Shape } from '../../../core/shape';
import type { Layer, SymbolicTensor } from '../../../model/layer';
import type { Padding, Pair } from '../../../model/layers/common';
import {
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  separableConv2d,
} from '../../../model/layers/conv';
import { conv1d, type Padding1d } from '../../../model/layers/conv1d';
import { dense } from '../../../model/layers/dense';
import { type Applied, activationOf } from '../activation';
import {
  dataFormat,
  type KerasClass,
  layerOptions,
  type Read,
  type Reading,
  shapeSeen,
  type WeightRule,
} from './common';

/** A kernel's rule; the names that Keras has had for it, ours last. */
function kernel(
  { name }: Reading,
  keys: readonly string[],
  ours: string,
  shape?: WeightRule['shape'],
) {
  return { keys, state: `${name}/${ours}`, ...(shape && { shape }) };
}

/** A layer with kernels, a bias where it has one, and an activation behind it where it cannot be inside. */
function withKernels(
  reading: Reading,
  layer: Layer,
  kernels: WeightRule[],
  applied: Applied,
): Read {
  const bias = { keys: ['bias'], state: `${reading.name}/bias` };
  const { after } = applied;
  return {
    apply: ([x]: readonly SymbolicTensor[]) => (after ? after(layer(x)) : layer(x)),
    weights: reading.config.flag('use_bias', true) ? [...kernels, bias] : kernels,
  };
}

/** Options of layers with a kernel. */
function kernelOptions(reading: Reading, applied: Applied) {
  const useBias = reading.config.flag('use_bias', true);
  return { ...layerOptions(reading), useBias, activation: applied.inside };
}

/** Options of a window over images. */
function window({ config }: Reading) {
  return {
    strides: config.pair('strides', 1),
    padding: config.choice('padding', ['valid', 'same'], 'valid'),
    dilationRate: config.pair('dilation_rate', 1),
  } as const;
}

/** [kh, kw, 1, c·m] of the model as Keras' [kh, kw, c, m]. */
const depthwiseShape =
  (multiplier: number) =>
  ([height, width, , channels]: Shape): Shape => [height, width, channels / multiplier, multiplier];

const conv1dClass: KerasClass = {
  becomes: '`conv1d`',
  read(reading) {
    const { config } = reading;
    const applied = activationOf(config, reading.dialect);
    const layer = conv1d(config.count('filters'), config.count('kernel_size'), {
      ...kernelOptions(reading, applied),
      strides: config.count('strides', 1),
      padding: config.choice<Padding1d & string>('padding', ['valid', 'same', 'causal'], 'valid'),
      dilationRate: config.count('dilation_rate', 1),
      groups: config.count('groups', 1),
    });
    const shape = ([, ...rest]: Shape) => rest;
    const kernels = [kernel(reading, ['kernel'], 'kernel', shape)];
    return { ...withKernels(reading, layer, kernels, applied), layout: dataFormat(reading) };
  },
};

const conv2dClass: KerasClass = {
  becomes: '`conv2d`',
  read(reading) {
    const { config } = reading;
    const applied = activationOf(config, reading.dialect);
    const layer = conv2d(config.count('filters'), config.pair('kernel_size'), {
      ...kernelOptions(reading, applied),
      ...window(reading),
      groups: config.count('groups', 1),
    });
    const kernels = [kernel(reading, ['kernel'], 'kernel')];
    return { ...withKernels(reading, layer, kernels, applied), layout: dataFormat(reading) };
  },
};

const depthwiseConv2dClass: KerasClass = {
  becomes: '`depthwiseConv2d`',
  read(reading) {
    const { config } = reading;
    const applied = activationOf(config, reading.dialect);
    const depthMultiplier = config.count('depth_multiplier', 1);
    const layer = depthwiseConv2d(config.pair('kernel_size'), {
      ...kernelOptions(reading, applied),
      ...window(reading),
      depthMultiplier,
    });
    const shape = depthwiseShape(depthMultiplier);
    const kernels = [kernel(reading, ['depthwise_kernel', 'kernel'], 'kernel', shape)];
    return { ...withKernels(reading, layer, kernels, applied), layout: dataFormat(reading) };
  },
};

const separableConv2dClass: KerasClass = {
  becomes: '`separableConv2d`',
  read(reading) {
    const { config } = reading;
    const applied = activationOf(config, reading.dialect);
    const depthMultiplier = config.count('depth_multiplier', 1);
    const layer = separableConv2d(config.count('filters'), config.pair('kernel_size'), {
      ...kernelOptions(reading, applied),
      ...window(reading),
      depthMultiplier,
    });
    const kernels = [
      kernel(reading, ['depthwise_kernel'], 'depthwiseKernel', depthwiseShape(depthMultiplier)),
      kernel(reading, ['pointwise_kernel'], 'pointwiseKernel'),
    ];
    return { ...withKernels(reading, layer, kernels, applied), layout: dataFormat(reading) };
  },
};

const conv2dTransposeClass: KerasClass = {
  becomes: '`conv2dTranspose`',
  read(reading) {
    const { config } = reading;
    const applied = activationOf(config, reading.dialect);
    const layout = dataFormat(reading);
    const size = config.pair('kernel_size');
    const options = window(reading);
    const layer = conv2dTranspose(config.count('filters'), size, {
      ...kernelOptions(reading, applied),
      ...options,
      ...(config.has('output_padding') && exactPadding(reading, size, options, layout)),
    });
    const kernels = [kernel(reading, ['kernel'], 'kernel')];
    return { ...withKernels(reading, layer, kernels, applied), layout };
  },
};

/**
 * With an output padding Keras' `same` has (in − 1)·stride + kernel − 2·⌊kernel/2⌋ + padding outputs, and
 * what is cut off is split as evenly as it can be, more at the end.
 */
function exactPadding(
  reading: Reading,
  kernelSize: Pair,
  { strides, padding, dilationRate }: ReturnType<typeof window>,
  layout?: 'first',
): { readonly padding: Padding; readonly outputPadding: Pair } {
  const given = reading.config.integers('output_padding');
  const asked = given.length === 1 ? [given[0], given[0]] : given;
  if (asked.length !== 2 || asked.some((n, i) => n < 0 || n >= strides[i])) {
    throw reading.config.wrong(
      'output_padding',
      'one or two integers from 0 on, below the strides',
    );
  }
  const shape = shapeSeen(reading, layout);
  const axes = [0, 1].map((i) => {
    const kernel = (kernelSize[i] - 1) * dilationRate[i] + 1;
    const whole = (shape[i] - 1) * strides[i] + kernel;
    const out = whole + asked[i] - (padding === 'same' ? 2 * Math.floor(kernel / 2) : 0);
    const cut = Math.max(whole - out, 0);
    return {
      before: Math.floor(cut / 2),
      after: Math.ceil(cut / 2),
      more: Math.max(out - whole, 0),
    };
  });
  const [height, width] = axes;
  return {
    padding: [height.before, width.before, height.after, width.after],
    outputPadding: [height.more, width.more],
  };
}

const denseClass: KerasClass = {
  becomes: '`dense`',
  read(reading) {
    const applied = activationOf(reading.config, reading.dialect);
    const layer = dense(reading.config.count('units'), kernelOptions(reading, applied));
    return withKernels(reading, layer, [kernel(reading, ['kernel'], 'kernel')], applied);
  },
};

export const kernelClasses: Readonly<Record<string, KerasClass>> = {
  Conv1D: conv1dClass,
  Conv2D: conv2dClass,
  Conv2DTranspose: conv2dTransposeClass,
  Dense: denseClass,
  DepthwiseConv2D: depthwiseConv2dClass,
  SeparableConv2D: separableConv2dClass,
};
