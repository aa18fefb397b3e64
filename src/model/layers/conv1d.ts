import { conv2dOp } from '../../ops/conv';
import { resolvePadding } from '../../ops/window';
import { createLayer } from '../create-layer';
import type { Layer, LayerKind } from '../layer';
import { type Check, choice, count, index, list, optional, required } from '../options';
import {
  biasWeight,
  checkGroups,
  checkLayout,
  type KernelOptions,
  kernelSchema,
  type Pair,
  present,
  reshaped,
} from './common';

/** Padding along one dimension; `causal` puts all of it before, so that no output sees the future. */
export type Padding1d =
  | 'valid'
  | 'same'
  | 'causal'
  | number
  | readonly [before: number, after: number];

export interface Conv1dOptions extends KernelOptions {
  /** Default 1. */
  readonly strides?: number;
  /** Default `'valid'`. */
  readonly padding?: Padding1d;
  /** Distance between the taps of the kernel; default 1. */
  readonly dilationRate?: number;
  /** Splits channels and filters into groups that do not mix; default 1. */
  readonly groups?: number;
}

export const padding1dOption: Check<Padding1d> = (value, where, name) => {
  if (typeof value === 'number') return index(value, where, name);
  if (!Array.isArray(value)) return choice('valid', 'same', 'causal')(value as 'same', where, name);
  return list(index, 2, 2)(value, where, name) as unknown as Padding1d;
};

/** Attributes `strides`, `pads` and `dilations` of a window over rows [1, width]. */
export function rowWindow(
  padding: Padding1d,
  width: number,
  kernel: number,
  stride: number,
  dilation: number,
  where: string,
) {
  const [strides, dilations]: Pair[] = [
    [1, stride],
    [1, dilation],
  ];
  const symmetric = typeof padding === 'number' ? [padding, padding] : padding;
  const sides = symmetric === 'causal' ? [(kernel - 1) * dilation, 0] : symmetric;
  const pads =
    typeof sides === 'string'
      ? resolvePadding(sides, [1, width], [1, kernel], strides, dilations, where)
      : [0, sides[0], 0, sides[1]];
  return { strides, pads, dilations };
}

const schema = {
  filters: required(count),
  kernelSize: required(count),
  strides: optional(count, 1),
  padding: optional(padding1dOption, 'valid' as Padding1d),
  dilationRate: optional(count, 1),
  groups: optional(count, 1),
  ...kernelSchema,
};

export const conv1dKind: LayerKind<typeof schema> = {
  type: 'conv1d',
  options: schema,
  bias: true,
  weights({ config, inputs: [shape], useBias, where }) {
    checkLayout(shape, 'steps,channels', where);
    const { filters, kernelSize, groups, kernelInitializer, biasInitializer } = config;
    checkGroups(groups, shape[1], filters, where);
    const channels = shape[1] / groups;
    return {
      kernel: {
        shape: [1, kernelSize, channels, filters],
        initializer: kernelInitializer,
        fans: [kernelSize * channels, (kernelSize * filters) / groups],
        half: true,
      },
      ...biasWeight(useBias, filters, biasInitializer),
    };
  },
  build({ g, config, inputs: [x], weight, activate, where }) {
    const { kernelSize, strides, padding, dilationRate, groups } = config;
    const [, steps, channels] = x.shape;
    const window = rowWindow(padding, steps, kernelSize, strides, dilationRate, where);
    const row = reshaped(g, x, [1, steps, channels]);
    const inputs = present(row, weight('kernel'), weight('bias'));
    const y = g.op(conv2dOp, inputs, { ...window, groups });
    return activate(reshaped(g, y, [y.shape[2], y.shape[3]]), config.activation);
  },
};

/**
 * One-dimensional convolution, [steps, c] → [steps′, filters]. Weights: `kernel`
 * [1, k, c/groups, filters] (the numbers of Keras' [k, c/groups, filters]), `bias` [filters].
 */
export function conv1d(filters: number, kernelSize: number, options: Conv1dOptions = {}): Layer {
  return createLayer(conv1dKind, options, { filters, kernelSize });
}
