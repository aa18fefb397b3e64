import { ArgumentError, ShapeError } from '../../core/errors';
import { formatShape, MAX_RANK, type Shape, sizeOf } from '../../core/shape';
import { sliceOp } from '../../ops/concat';
import { padOp } from '../../ops/pad';
import { reshapeOp } from '../../ops/reshape';
import { resizeOp } from '../../ops/resize';
import { transposeOp } from '../../ops/transpose';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Layer, LayerKind } from '../layer';
import {
  type Check,
  choice,
  count,
  index,
  list,
  number,
  optional,
  pair,
  required,
} from '../options';
import { checkLayout, type Pair } from './common';

const IMAGE = 'height,width,channels';
const none = {};

export const flattenKind: LayerKind<typeof none> = {
  type: 'flatten',
  options: none,
  build: ({ g, inputs: [x], batched: [batched] }) =>
    g.op(reshapeOp, [x], {
      shape: [...x.shape.slice(0, +batched), sizeOf(x.shape.slice(+batched))],
    }),
};

/** All dimensions but the batch in one. */
export function flatten(options: LayerOptions = {}): Layer {
  return createLayer(flattenKind, options);
}

const extent: Check<number> = (value, where, name) =>
  value === -1 ? -1 : count(value, where, name);
const reshapeSchema = { targetShape: required(list(extent, 0, MAX_RANK)) };

export const reshapeKind: LayerKind<typeof reshapeSchema> = {
  type: 'reshape',
  options: reshapeSchema,
  check({ targetShape }, where) {
    if (targetShape.filter((n) => n === -1).length <= 1) return;
    throw new ArgumentError({
      where,
      rule: 'at most one extent is -1',
      found: formatShape(targetShape),
    });
  },
  build({ g, config, inputs: [x], batched: [batched], where }) {
    const from = x.shape.slice(+batched);
    const known = sizeOf(config.targetShape.filter((n) => n !== -1));
    const shape = config.targetShape.map((n) => (n === -1 ? sizeOf(from) / known : n));
    if (sizeOf(shape) !== sizeOf(from) || !shape.every(Number.isInteger)) {
      throw new ShapeError({
        where,
        rule: `the target shape has the input's ${sizeOf(from)} elements`,
        found: `${formatShape(from)} to ${formatShape(config.targetShape)}`,
      });
    }
    return g.op(reshapeOp, [x], { shape: [...x.shape.slice(0, +batched), ...shape] });
  },
};

/** The same numbers under another shape, without the batch; one extent may be -1, what is left. */
export function reshape(targetShape: Shape, options: LayerOptions = {}): Layer {
  return createLayer(reshapeKind, options, { targetShape });
}

const permuteSchema = { dims: required(list(count, 1, 7)) };

export const permuteKind: LayerKind<typeof permuteSchema> = {
  type: 'permute',
  options: permuteSchema,
  build({ g, config: { dims }, inputs: [x], batched: [batched], where }) {
    const rank = x.shape.length - +batched;
    if (dims.length !== rank || new Set(dims).size !== rank || Math.max(...dims) !== rank) {
      throw new ShapeError({
        where,
        rule: `dims is a permutation of 1 to ${rank}`,
        found: formatShape(dims),
      });
    }
    return g.op(transposeOp, [x], { perm: batched ? [0, ...dims] : dims.map((dim) => dim - 1) });
  },
};

/** Another order of the dimensions: `dims` counts from 1, the batch stays first, as in Keras. */
export function permute(dims: readonly number[], options: LayerOptions = {}): Layer {
  return createLayer(permuteKind, options, { dims });
}

/** A number for all sides, [height, width] for both sides of each, or [top, left, bottom, right]. */
export type Sides = number | Pair | readonly [number, number, number, number];

const sides: Check<readonly number[]> = (value, where, name) => {
  if (!Array.isArray(value) || value.length === 2) {
    const [h, w] = pair(index)(value, where, name);
    return [h, w, h, w];
  }
  return list(index, 4, 4)(value, where, name);
};

const paddingSchema = {
  padding: optional(sides, [1, 1, 1, 1] as readonly number[]),
  mode: optional(choice('constant', 'reflect', 'replicate'), 'constant' as const),
  value: optional(number, 0),
};

export const zeroPadding2dKind: LayerKind<typeof paddingSchema> = {
  type: 'zeroPadding2d',
  options: paddingSchema,
  build({ g, config, inputs: [x], where }) {
    checkLayout(x.shape.slice(1), IMAGE, where);
    const [top, left, bottom, right] = config.padding;
    const attrs = { before: [0, top, left, 0], after: [0, bottom, right, 0] };
    return g.op(padOp, [x], { ...attrs, mode: config.mode, value: config.value });
  },
};

export interface PaddingOptions extends LayerOptions {
  /** What is put there: `value` (`constant`, default), the image mirrored, or its edge repeated. */
  readonly mode?: 'constant' | 'reflect' | 'replicate';
  /** Default 0. */
  readonly value?: number;
}

/** Rows and columns around an image, zeros by default; `padding` defaults to 1. */
export function zeroPadding2d(padding: Sides = 1, options: PaddingOptions = {}): Layer {
  return createLayer(zeroPadding2dKind, options, { padding });
}

const croppingSchema = { cropping: required(sides) };

export const cropping2dKind: LayerKind<typeof croppingSchema> = {
  type: 'cropping2d',
  options: croppingSchema,
  build({ g, config, inputs: [x], where }) {
    checkLayout(x.shape.slice(1), IMAGE, where);
    const [top, left, bottom, right] = config.cropping;
    const [batch, height, width, channels] = x.shape;
    const sizes = [batch, height - top - bottom, width - left - right, channels];
    if (sizes[1] < 1 || sizes[2] < 1) {
      throw new ShapeError({
        where,
        rule: 'something is left after cropping',
        found: `${formatShape(config.cropping)} off ${formatShape(x.shape.slice(1))}`,
      });
    }
    return g.op(sliceOp, [x], { starts: [0, top, left, 0], sizes });
  },
};

/** An image without its outer rows and columns. */
export function cropping2d(cropping: Sides, options: LayerOptions = {}): Layer {
  return createLayer(cropping2dKind, options, { cropping });
}

const interpolation = optional(choice('nearest', 'bilinear'), 'nearest' as const);
const upSamplingSchema = { size: optional(pair(count), [2, 2] as Pair), interpolation };

export const upSampling2dKind: LayerKind<typeof upSamplingSchema> = {
  type: 'upSampling2d',
  options: upSamplingSchema,
  build({ g, config, inputs: [x], where }) {
    checkLayout(x.shape.slice(1), IMAGE, where);
    const size = [x.shape[1] * config.size[0], x.shape[2] * config.size[1]];
    const mode = config.interpolation;
    return g.op(resizeOp, [x], { size, mode, coordinates: 'halfPixel' });
  },
};

export interface ResizeOptions extends LayerOptions {
  /** Default `nearest`. */
  readonly interpolation?: 'nearest' | 'bilinear';
  /** Where samples are taken; default `halfPixel`, as Keras, PyTorch and browsers do. */
  readonly coordinates?: 'halfPixel' | 'alignCorners' | 'asymmetric';
}

/** An image `size` times as high and wide (default 2): [h, w, c] → [h·size, w·size, c]. */
export function upSampling2d(
  size: number | Pair = 2,
  options: Omit<ResizeOptions, 'coordinates'> = {},
): Layer {
  return createLayer(upSampling2dKind, options, { size });
}

const resizeSchema = {
  size: required(pair(count)),
  interpolation,
  coordinates: optional(choice('halfPixel', 'alignCorners', 'asymmetric'), 'halfPixel' as const),
};

export const resizeKind: LayerKind<typeof resizeSchema> = {
  type: 'resize',
  options: resizeSchema,
  build({ g, config: { size, interpolation, coordinates }, inputs: [x], where }) {
    checkLayout(x.shape.slice(1), IMAGE, where);
    return g.op(resizeOp, [x], { size, mode: interpolation, coordinates });
  },
};

/** An image of another size: [h, w, c] → [...size, c]. */
export function resize(size: number | Pair, options: ResizeOptions = {}): Layer {
  return createLayer(resizeKind, options, { size });
}
