import type { Value } from '../../ir/graph';
import { conv2dOp, conv2dTransposeOp } from '../../ops/conv';
import { resolvePadding } from '../../ops/window';
import { createLayer } from '../create-layer';
import { type Initializer, initializerOption } from '../initializers';
import type { Layer, LayerKind } from '../layer';
import { count, index, optional, pair, required } from '../options';
import {
  biasSchema,
  biasWeight,
  checkGroups,
  checkLayout,
  type KernelOptions,
  kernelSchema,
  type Padding,
  type Pair,
  paddingOption,
  present,
} from './common';

/** Options of two-dimensional convolutions; a single number means both dimensions. */
export interface ConvOptions extends KernelOptions {
  /** Default 1. */
  readonly strides?: number | Pair;
  /**
   * `'valid'` (default) none; `'same'` ⌈input/stride⌉ outputs, an odd row at the bottom and right; a
   * number or [height, width] for both sides; [top, left, bottom, right].
   */
  readonly padding?: Padding;
  /** Distance between the taps of the kernel; default 1. */
  readonly dilationRate?: number | Pair;
}

export interface GroupedConvOptions extends ConvOptions {
  /** Splits channels and filters into groups that do not mix; default 1. Divides both. */
  readonly groups?: number;
}

const one: Pair = [1, 1];
const windowSchema = {
  kernelSize: required(pair(count)),
  strides: optional(pair(count), one),
  padding: optional(paddingOption, 'valid' as Padding),
  dilationRate: optional(pair(count), one),
};

interface WindowConfig {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilationRate: Pair;
}

/** The attributes of a convolution of `x`. */
function convAttrs(config: WindowConfig, { shape }: Value, groups: number, where: string) {
  const { kernelSize, strides, padding, dilationRate } = config;
  const size: Pair = [shape[1], shape[2]];
  const pads = resolvePadding(padding, size, kernelSize, strides, dilationRate, where);
  return { strides, pads, dilations: dilationRate, groups };
}

const convSchema = {
  filters: required(count),
  ...windowSchema,
  groups: optional(count, 1),
  ...kernelSchema,
};

export const conv2dKind: LayerKind<typeof convSchema> = {
  type: 'conv2d',
  options: convSchema,
  bias: true,
  weights({ config, inputs: [shape], useBias, where }) {
    checkLayout(shape, 'height,width,channels', where);
    const { filters, kernelSize, groups, kernelInitializer, biasInitializer } = config;
    checkGroups(groups, shape[2], filters, where);
    const taps = kernelSize[0] * kernelSize[1];
    const channels = shape[2] / groups;
    return {
      kernel: {
        shape: [...kernelSize, channels, filters],
        initializer: kernelInitializer,
        fans: [taps * channels, (taps * filters) / groups],
        half: true,
      },
      ...biasWeight(useBias, filters, biasInitializer),
    };
  },
  build({ g, config, inputs: [x], weight, activate, where }) {
    const attrs = convAttrs(config, x, config.groups, where);
    const y = g.op(conv2dOp, present(x, weight('kernel'), weight('bias')), attrs);
    return activate(y, config.activation);
  },
};

/**
 * Two-dimensional convolution, [h, w, c] → [h′, w′, filters]. Weights: `kernel`
 * [kh, kw, c/groups, filters], `bias` [filters].
 */
export function conv2d(
  filters: number,
  kernelSize: number | Pair,
  options: GroupedConvOptions = {},
): Layer {
  return createLayer(conv2dKind, options, { filters, kernelSize });
}

const depthwiseSchema = {
  ...windowSchema,
  depthMultiplier: optional(count, 1),
  ...kernelSchema,
};

export const depthwiseConv2dKind: LayerKind<typeof depthwiseSchema> = {
  type: 'depthwiseConv2d',
  options: depthwiseSchema,
  bias: true,
  weights({ config, inputs: [shape], useBias, where }) {
    checkLayout(shape, 'height,width,channels', where);
    const { depthMultiplier, kernelSize, kernelInitializer, biasInitializer } = config;
    const filters = shape[2] * depthMultiplier;
    const taps = kernelSize[0] * kernelSize[1];
    return {
      kernel: {
        shape: [...kernelSize, 1, filters],
        initializer: kernelInitializer,
        fans: [taps, taps * depthMultiplier],
        half: true,
      },
      ...biasWeight(useBias, filters, biasInitializer),
    };
  },
  build({ g, config, inputs: [x], weight, activate, where }) {
    const attrs = convAttrs(config, x, x.shape[3], where);
    const y = g.op(conv2dOp, present(x, weight('kernel'), weight('bias')), attrs);
    return activate(y, config.activation);
  },
};

/**
 * A convolution of each channel by itself, [h, w, c] → [h′, w′, c·depthMultiplier]. Weights:
 * `kernel` [kh, kw, 1, c·depthMultiplier] (the numbers of Keras' [kh, kw, c, depthMultiplier] in
 * the same order), `bias`.
 */
export function depthwiseConv2d(
  kernelSize: number | Pair,
  options: ConvOptions & { readonly depthMultiplier?: number } = {},
): Layer {
  return createLayer(depthwiseConv2dKind, options, { kernelSize });
}

const separableSchema = {
  filters: required(count),
  ...windowSchema,
  depthMultiplier: optional(count, 1),
  ...biasSchema,
  depthwiseInitializer: optional(initializerOption, 'glorotUniform' as Initializer),
  pointwiseInitializer: optional(initializerOption, 'glorotUniform' as Initializer),
};

export const separableConv2dKind: LayerKind<typeof separableSchema> = {
  type: 'separableConv2d',
  options: separableSchema,
  bias: true,
  weights({ config, inputs: [shape], useBias, where }) {
    checkLayout(shape, 'height,width,channels', where);
    const { filters, depthMultiplier, kernelSize, biasInitializer } = config;
    const between = shape[2] * depthMultiplier;
    const taps = kernelSize[0] * kernelSize[1];
    return {
      depthwiseKernel: {
        shape: [...kernelSize, 1, between],
        initializer: config.depthwiseInitializer,
        fans: [taps, taps * depthMultiplier],
        half: true,
      },
      pointwiseKernel: {
        shape: [1, 1, between, filters],
        initializer: config.pointwiseInitializer,
        fans: [between, filters],
        half: true,
      },
      ...biasWeight(useBias, filters, biasInitializer),
    };
  },
  build({ g, config, inputs: [x], weight, activate, where }) {
    const attrs = convAttrs(config, x, x.shape[3], where);
    const middle = g.op(conv2dOp, present(x, weight('depthwiseKernel')), attrs, 'depthwise');
    const point = { strides: one, pads: [0, 0, 0, 0], dilations: one, groups: 1 };
    const y = g.op(conv2dOp, present(middle, weight('pointwiseKernel'), weight('bias')), point);
    return activate(y, config.activation);
  },
};

export interface SeparableConvOptions extends Omit<ConvOptions, 'kernelInitializer'> {
  /** Channels between the two convolutions, for each input channel; default 1. */
  readonly depthMultiplier?: number;
  /** Default `glorotUniform`. */
  readonly depthwiseInitializer?: Initializer;
  /** Default `glorotUniform`. */
  readonly pointwiseInitializer?: Initializer;
}

/**
 * A depthwise convolution and then a 1×1 convolution, [h, w, c] → [h′, w′, filters]. Weights:
 * `depthwiseKernel` [kh, kw, 1, c·depthMultiplier], `pointwiseKernel` [1, 1, c·depthMultiplier,
 * filters], `bias` [filters].
 */
export function separableConv2d(
  filters: number,
  kernelSize: number | Pair,
  options: SeparableConvOptions = {},
): Layer {
  return createLayer(separableConv2dKind, options, { filters, kernelSize });
}

const transposeSchema = { ...convSchema, outputPadding: optional(pair(index), undefined) };

export const conv2dTransposeKind: LayerKind<typeof transposeSchema> = {
  type: 'conv2dTranspose',
  options: transposeSchema,
  bias: true,
  weights({ config, inputs: [shape], useBias, where }) {
    checkLayout(shape, 'height,width,channels', where);
    const { filters, kernelSize, groups, kernelInitializer, biasInitializer } = config;
    checkGroups(groups, shape[2], filters, where);
    const taps = kernelSize[0] * kernelSize[1];
    return {
      kernel: {
        shape: [...kernelSize, filters / groups, shape[2]],
        initializer: kernelInitializer,
        fans: [(taps * shape[2]) / groups, (taps * filters) / groups],
        half: true,
      },
      ...biasWeight(useBias, filters, biasInitializer),
    };
  },
  build({ g, config, inputs: [x], weight, activate, where }) {
    const { kernelSize, strides, padding, dilationRate, groups } = config;
    // Where the kernel leaves gaps between strides, Keras' output covers them: stride·input.
    const gaps = [0, 1].map((i) => strides[i] - (kernelSize[i] - 1) * dilationRate[i] - 1);
    const named = padding === 'same' || padding === 'valid';
    const outputPadding =
      config.outputPadding ?? (named ? gaps.map((gap) => Math.max(gap, 0)) : [0, 0]);
    const size: Pair = [x.shape[1] * strides[0], x.shape[2] * strides[1]];
    const pads = resolvePadding(padding, size, kernelSize, strides, dilationRate, where);
    const attrs = { strides, pads, dilations: dilationRate, groups, outputPadding };
    const y = g.op(conv2dTransposeOp, present(x, weight('kernel'), weight('bias')), attrs);
    return activate(y, config.activation);
  },
};

export interface ConvTransposeOptions extends GroupedConvOptions {
  /** Rows and columns added at the bottom and right. Default as Keras: what `same` or `valid` needs. */
  readonly outputPadding?: number | Pair;
}

/**
 * Transposed convolution. With `padding: 'same'` [h, w, c] → [h·stride, w·stride, filters]; with
 * explicit padding the rows are (h − 1)·stride + dilation·(kernel − 1) + 1 − pads + outputPadding.
 * Weights: `kernel` [kh, kw, filters/groups, c], `bias` [filters].
 */
export function conv2dTranspose(
  filters: number,
  kernelSize: number | Pair,
  options: ConvTransposeOptions = {},
): Layer {
  return createLayer(conv2dTransposeKind, options, { filters, kernelSize });
}
