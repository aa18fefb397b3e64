// Parts of tensors, and tensors made of others. Shapes in options are without the batch dimension.

import { ArgumentError, ShapeError } from '../../core/errors';
import { formatShape, MAX_RANK, resolveAxis, type Shape, sizeOf } from '../../core/shape';
import type { Value } from '../../ir/graph';
import { broadcastToOp } from '../../ops/broadcast';
import { castOp } from '../../ops/cast';
import { sliceOp } from '../../ops/concat';
import { gatherOp } from '../../ops/gather';
import { padOp } from '../../ops/pad';
import { reshapeOp } from '../../ops/reshape';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Expansion, Layer, LayerKind } from '../layer';
import { choice, count, index, integer, list, number, optional, required } from '../options';
import { checkNotBatch } from './common';

const numbers = list(integer, 0, MAX_RANK);
const indices = list(index, 0, MAX_RANK);
const counts = list(count, 0, MAX_RANK);

/** A number for each dimension: those of the options, and before them one for the batch. */
function withBatch(
  { inputs: [x], batched: [batched], where }: Expansion<unknown>,
  values: readonly number[],
  forBatch: number,
  name: string,
): readonly number[] {
  const all = batched ? [forBatch, ...values] : values;
  if (all.length === x.shape.length) return all;
  throw new ArgumentError({
    where,
    rule: `${name} has a number for each of ${x.shape.length - +batched} dimensions`,
    found: formatShape(values),
  });
}

const sliceSchema = {
  starts: required(indices),
  sizes: required(counts),
  steps: optional(numbers, undefined),
};

export const sliceKind: LayerKind<typeof sliceSchema> = {
  type: 'slice',
  options: sliceSchema,
  build(expansion) {
    const { g, config, inputs } = expansion;
    const { starts, sizes, steps = sizes.map(() => 1) } = config;
    return g.op(sliceOp, [inputs[0]], {
      starts: withBatch(expansion, starts, 0, 'starts'),
      sizes: withBatch(expansion, sizes, inputs[0].shape[0], 'sizes'),
      steps: withBatch(expansion, steps, 1, 'steps'),
    });
  },
};

export interface SliceOptions extends LayerOptions {
  /** Where it starts, by dimension. */
  readonly starts: readonly number[];
  /** How many elements it has, by dimension. */
  readonly sizes: Shape;
  /** Every how manyth; negative ones go backwards. Default 1. */
  readonly steps?: readonly number[];
}

/** A part of a tensor. */
export function slice(options: SliceOptions): Layer {
  return createLayer(sliceKind, options);
}

const gatherSchema = { axis: optional(integer, 1) };

export const gatherKind: LayerKind<typeof gatherSchema> = {
  type: 'gather',
  options: gatherSchema,
  inputs: [2, 2],
  build({ g, config, inputs: [x, places], batched, where }) {
    const axis = resolveAxis(config.axis, x.shape.length, where);
    checkNotBatch([axis], batched[0], where);
    if (batched[1] && (batched[0] || axis !== 0)) {
      throw new ShapeError({
        where,
        rule: 'places with a batch are those of axis 0 of a tensor without one',
        found: `axis ${axis} of a tensor ${batched[0] ? 'with' : 'without'} a batch`,
      });
    }
    return g.op(gatherOp, [x, places], { axis });
  },
};

/**
 * The elements of the first tensor along `axis` (default 1; counted with the batch dimension) at the
 * places that the second one, i32, names; its dimensions take the axis' place. Negative places count
 * from the end; one outside gives NaN. Examples of places pick from axis 0 of a table without a batch.
 */
export function gather(options: LayerOptions & { readonly axis?: number } = {}): Layer {
  return createLayer(gatherKind, options);
}

const shapeSchema = { shape: required(counts) };

export const expandKind: LayerKind<typeof shapeSchema> = {
  type: 'expand',
  options: shapeSchema,
  build({ g, config, inputs: [x], batched: [batched] }) {
    const shape = batched ? [x.shape[0], ...config.shape] : config.shape;
    return g.op(broadcastToOp, [x], { shape });
  },
};

/** A tensor repeated along dimensions of extent 1 until it has `shape`. */
export function expand(shape: Shape, options: LayerOptions = {}): Layer {
  return createLayer(expandKind, options, { shape });
}

const tileSchema = { repeats: required(counts) };

export const tileKind: LayerKind<typeof tileSchema> = {
  type: 'tile',
  options: tileSchema,
  build(expansion) {
    const { g, config, inputs } = expansion;
    const repeats = withBatch(expansion, config.repeats, 1, 'repeats');
    return repeats.reduce<Value>((x, times, axis) => {
      if (times === 1) return x;
      const { shape } = x;
      const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
      const rows = g.op(reshapeOp, [x], { shape: [outer, 1, inner] });
      const repeated = g.op(broadcastToOp, [rows], { shape: [outer, times, inner] });
      const tiled = shape.map((n, i) => (i === axis ? n * times : n));
      return g.op(reshapeOp, [repeated], { shape: tiled });
    }, inputs[0]);
  },
};

/** A tensor side by side with itself, `repeats` times along each dimension. */
export function tile(repeats: readonly number[], options: LayerOptions = {}): Layer {
  return createLayer(tileKind, options, { repeats });
}

const padSchema = {
  before: required(indices),
  after: required(indices),
  mode: optional(choice('constant', 'reflect', 'replicate', 'symmetric', 'wrap'), 'constant'),
  value: optional(number, 0),
};

export const padKind: LayerKind<typeof padSchema> = {
  type: 'pad',
  options: padSchema,
  build(expansion) {
    const { g, config, inputs } = expansion;
    return g.op(padOp, [inputs[0]], {
      before: withBatch(expansion, config.before, 0, 'before'),
      after: withBatch(expansion, config.after, 0, 'after'),
      mode: config.mode,
      value: config.value,
    });
  },
};

export interface PadOptions extends LayerOptions {
  /** Elements before each dimension. */
  readonly before: readonly number[];
  /** Elements after each dimension. */
  readonly after: readonly number[];
  /**
   * What is put there: `value` (`constant`, default), the tensor mirrored without its edge (`reflect`)
   * or with it (`symmetric`), its edge repeated, or its other end (`wrap`).
   */
  readonly mode?: 'constant' | 'reflect' | 'replicate' | 'symmetric' | 'wrap';
  /** Default 0. */
  readonly value?: number;
}

/** Elements around a tensor of any rank. */
export function pad(options: PadOptions): Layer {
  return createLayer(padKind, options);
}

const castSchema = { to: required(choice('f32', 'i32')) };

export const castKind: LayerKind<typeof castSchema> = {
  type: 'cast',
  options: castSchema,
  build({ g, config: { to }, inputs: [x] }) {
    const same = x.dtype === to || (to === 'f32' && x.dtype === 'f16');
    return same ? x : g.op(castOp, [x], { to });
  },
};

/** Integers as floating-point numbers, or these without what is behind the point. */
export function cast(to: 'f32' | 'i32', options: LayerOptions = {}): Layer {
  return createLayer(castKind, options, { to });
}
