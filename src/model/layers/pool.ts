import type { Shape } from '../../core/shape';
import type { OpDef } from '../../ir/op';
import { avgPool2dOp } from '../../ops/avg-pool';
import { maxPool2dOp } from '../../ops/max-pool';
import { reduceMaxOp, reduceMeanOp } from '../../ops/reduce';
import { resolvePadding } from '../../ops/window';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Layer, LayerKind } from '../layer';
import { boolean, count, optional, pair } from '../options';
import { checkLayout, type Padding, type Pair, paddingOption, reshaped } from './common';
import { type Padding1d, padding1dOption, rowWindow } from './conv1d';

export interface PoolOptions extends LayerOptions {
  /** Default 2. */
  readonly poolSize?: number | Pair;
  /** Default: as `poolSize`. */
  readonly strides?: number | Pair;
  /** Default `'valid'`. */
  readonly padding?: Padding;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Distance between the numbers of a window; default 1. */
  readonly dilationRate?: number | Pair;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts as zeros in the average. Default false, as in Keras (PyTorch: true). */
  readonly countIncludePad?: boolean;
}

export interface Pool1dOptions extends LayerOptions {
  /** Default 2. */
  readonly poolSize?: number;
  /** Default: as `poolSize`. */
  readonly strides?: number;
  /** Default `'valid'`. */
  readonly padding?: Padding1d;
}

const poolSchema = {
  poolSize: optional(pair(count), [2, 2] as Pair),
  strides: optional(pair(count), undefined),
  padding: optional(paddingOption, 'valid' as Padding),
};
const maxSchema = { ...poolSchema, dilationRate: optional(pair(count), [1, 1] as Pair) };
const averageSchema = { ...poolSchema, countIncludePad: optional(boolean, false) };
const rowSchema = {
  poolSize: optional(count, 2),
  strides: optional(count, undefined),
  padding: optional(padding1dOption, 'valid' as Padding1d),
};
const averageRowSchema = { ...rowSchema, countIncludePad: optional(boolean, false) };

function poolKind<S extends typeof poolSchema>(
  type: string,
  options: S,
  op: OpDef,
): LayerKind<typeof averageSchema & typeof maxSchema> {
  return {
    type,
    options: options as unknown as typeof averageSchema & typeof maxSchema,
    build({ g, config, inputs: [x], where }) {
      checkLayout(x.shape.slice(1), 'height,width,channels', where);
      const { poolSize, strides = poolSize, padding, countIncludePad } = config;
      const { dilationRate: dilations = [1, 1] } = config;
      const size: Pair = [x.shape[1], x.shape[2]];
      const pads = resolvePadding(padding, size, poolSize, strides, dilations, where);
      const window = { size: poolSize, strides, pads };
      return op === maxPool2dOp
        ? g.op(op, [x], { ...window, dilations })
        : g.op(op, [x], { ...window, countIncludePad });
    },
  };
}

function rowPoolKind(
  type: string,
  options: typeof rowSchema,
  op: OpDef,
): LayerKind<typeof averageRowSchema> {
  return {
    type,
    options: options as typeof averageRowSchema,
    build({ g, config, inputs: [x], where }) {
      checkLayout(x.shape.slice(1), 'steps,channels', where);
      const { poolSize, strides = poolSize, padding, countIncludePad } = config;
      const [, steps, channels] = x.shape;
      const { dilations, ...window } = rowWindow(padding, steps, poolSize, strides, 1, where);
      const attrs = { size: [1, poolSize], ...window };
      const row = reshaped(g, x, [1, steps, channels]);
      const y = g.op(
        op,
        [row],
        op === maxPool2dOp ? { ...attrs, dilations } : { ...attrs, countIncludePad },
      );
      return reshaped(g, y, [y.shape[2], channels]);
    },
  };
}

export const maxPooling2dKind = /* @__PURE__ */ poolKind('maxPooling2d', maxSchema, maxPool2dOp);
export const averagePooling2dKind = /* @__PURE__ */ poolKind(
  'averagePooling2d',
  averageSchema,
  avgPool2dOp,
);
export const maxPooling1dKind = /* @__PURE__ */ rowPoolKind('maxPooling1d', rowSchema, maxPool2dOp);
export const averagePooling1dKind = /* @__PURE__ */ rowPoolKind(
  'averagePooling1d',
  averageRowSchema,
  avgPool2dOp,
);

/** Largest value of each window, [h, w, c] → [h′, w′, c]. Padding never wins. */
export function maxPooling2d(options: MaxPoolOptions = {}): Layer {
  return createLayer(maxPooling2dKind, options);
}

/** Mean of each window, [h, w, c] → [h′, w′, c]. */
export function averagePooling2d(options: AveragePoolOptions = {}): Layer {
  return createLayer(averagePooling2dKind, options);
}

/** Largest value of each window, [steps, c] → [steps′, c]. */
export function maxPooling1d(options: Pool1dOptions = {}): Layer {
  return createLayer(maxPooling1dKind, options);
}

/** Mean of each window, [steps, c] → [steps′, c]. */
export function averagePooling1d(
  options: Pool1dOptions & { readonly countIncludePad?: boolean } = {},
): Layer {
  return createLayer(averagePooling1dKind, options);
}

export interface GlobalPoolOptions extends LayerOptions {
  /** Whether the dimensions stay, with extent 1. Default false. */
  readonly keepDims?: boolean;
}

const globalSchema = { keepDims: optional(boolean, false) };

function globalKind(type: string, layout: string, op: OpDef): LayerKind<typeof globalSchema> {
  const axes: Shape = layout.split(',').flatMap((_, i) => (i ? [i] : []));
  return {
    type,
    options: globalSchema,
    build({ g, config, inputs: [x], where }) {
      checkLayout(x.shape.slice(1), layout, where);
      return g.op(op, [x], { axes, keepDims: config.keepDims });
    },
  };
}

const IMAGE = 'height,width,channels';
const ROW = 'steps,channels';
export const globalAveragePooling2dKind = /* @__PURE__ */ globalKind(
  'globalAveragePooling2d',
  IMAGE,
  reduceMeanOp,
);
export const globalMaxPooling2dKind = /* @__PURE__ */ globalKind(
  'globalMaxPooling2d',
  IMAGE,
  reduceMaxOp,
);
export const globalAveragePooling1dKind = /* @__PURE__ */ globalKind(
  'globalAveragePooling1d',
  ROW,
  reduceMeanOp,
);
export const globalMaxPooling1dKind = /* @__PURE__ */ globalKind(
  'globalMaxPooling1d',
  ROW,
  reduceMaxOp,
);

/** Mean of each channel, [h, w, c] → [c]. */
export function globalAveragePooling2d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalAveragePooling2dKind, options);
}

/** Largest value of each channel, [h, w, c] → [c]. */
export function globalMaxPooling2d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalMaxPooling2dKind, options);
}

/** Mean of each channel, [steps, c] → [c]. */
export function globalAveragePooling1d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalAveragePooling1dKind, options);
}

/** Largest value of each channel, [steps, c] → [c]. */
export function globalMaxPooling1d(options: GlobalPoolOptions = {}): Layer {
  return createLayer(globalMaxPooling1dKind, options);
}
