import { resolveAxis } from '../../core/shape';
import type { GraphBuilder } from '../../ir/builder';
import type { Attrs, Value } from '../../ir/graph';
import type { OpDef } from '../../ir/op';
import { absOp, affineOp, expOp, logOp, sqrtOp, squareOp } from '../../ops/activations';
import { addOp, subOp } from '../../ops/binary';
import { castOp } from '../../ops/cast';
import { sliceOp } from '../../ops/concat';
import { cumSumOp } from '../../ops/cum-sum';
import { argMaxOp } from '../../ops/indices';
import {
  reduceMaxOp,
  reduceMeanOp,
  reduceMinOp,
  reduceProdOp,
  reduceSumOp,
} from '../../ops/reduce';
import { reshapeOp } from '../../ops/reshape';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Layer, LayerKind } from '../layer';
import { boolean, choice, integer, list, optional, required } from '../options';
import { checkNotBatch } from './common';

type Reduce = (g: GraphBuilder, x: Value, attrs: Attrs) => Value;
const one =
  (op: OpDef): Reduce =>
  (g, x, attrs) =>
    g.op(op, [x], attrs);

const TABLE = {
  sum: one(reduceSumOp),
  mean: one(reduceMeanOp),
  max: one(reduceMaxOp),
  min: one(reduceMinOp),
  prod: one(reduceProdOp),
  l1: (g, x, attrs) => g.op(reduceSumOp, [g.op(absOp, [x])], attrs),
  l2: (g, x, attrs) => g.op(sqrtOp, [g.op(reduceSumOp, [g.op(squareOp, [x])], attrs)]),
  sumSquare: (g, x, attrs) => g.op(reduceSumOp, [g.op(squareOp, [x])], attrs),
  logSum: (g, x, attrs) => g.op(logOp, [g.op(reduceSumOp, [x], attrs)]),
  // The largest is taken out, so that nothing overflows.
  logSumExp(g, x, attrs) {
    const most = g.op(reduceMaxOp, [x], { ...attrs, keepDims: true });
    const sum = g.op(reduceSumOp, [g.op(expOp, [g.op(subOp, [x, most])])], attrs);
    const log = g.op(logOp, [sum]);
    return g.op(addOp, [log, g.op(reshapeOp, [most], { shape: log.shape })]);
  },
} as const satisfies Record<string, Reduce>;

/** What is made of the numbers along the axes. */
export type Reduction = keyof typeof TABLE;

const REDUCTIONS = Object.keys(TABLE) as readonly Reduction[];
const schema = {
  reduction: required(choice<Reduction>(...REDUCTIONS)),
  axes: required(list(integer, 1, 8)),
  keepDims: optional(boolean, false),
};

export const reduceKind: LayerKind<typeof schema> = {
  type: 'reduce',
  options: schema,
  label: ({ reduction }) => `reduce_${reduction}`,
  build({ g, config: { reduction, axes, keepDims }, inputs: [x], batched: [batched], where }) {
    const resolved = axes.map((axis) => resolveAxis(axis, x.shape.length, where));
    checkNotBatch(resolved, batched, where);
    return TABLE[reduction](g, x, { axes: resolved, keepDims });
  },
};

export interface ReduceOptions extends LayerOptions {
  /** Counted with the batch dimension, which is 0 and stays; or negative. */
  readonly axes: readonly number[];
  /** Whether the axes stay, with extent 1. Default false. */
  readonly keepDims?: boolean;
}

/** Sum, mean, largest, … of the numbers along axes: `reduce('mean', { axes: [1, 2] })`. */
export function reduce(reduction: Reduction, options: ReduceOptions): Layer {
  return createLayer(reduceKind, options, { reduction });
}

const argSchema = {
  extreme: required(choice('max', 'min')),
  axis: optional(integer, -1),
  keepDims: optional(boolean, false),
  last: optional(boolean, false),
};

export const argExtremeKind: LayerKind<typeof argSchema> = {
  type: 'argExtreme',
  options: argSchema,
  label: ({ extreme }) => (extreme === 'max' ? 'arg_max' : 'arg_min'),
  build({ g, config, inputs: [x], batched: [batched], where }) {
    const axis = resolveAxis(config.axis, x.shape.length, where);
    checkNotBatch([axis], batched, where);
    const upright = config.extreme === 'max' ? x : g.op(affineOp, [x], { scale: -1 });
    const extent = x.shape[axis];
    const found = config.last
      ? fromTheEnd(g, g.op(argMaxOp, [reversed(g, upright, axis)], { axis }), extent)
      : g.op(argMaxOp, [upright], { axis });
    if (!config.keepDims) return found;
    const shape = x.shape.map((n, i) => (i === axis ? 1 : n));
    return g.op(reshapeOp, [found], { shape });
  },
};

function reversed(g: GraphBuilder, x: Value, axis: number): Value {
  const starts = x.shape.map((n, i) => (i === axis ? n - 1 : 0));
  const steps = x.shape.map((_, i) => (i === axis ? -1 : 1));
  return g.op(sliceOp, [x], { starts, sizes: x.shape, steps });
}

function fromTheEnd(g: GraphBuilder, index: Value, extent: number): Value {
  const float = g.op(castOp, [index], { to: 'f32' });
  const counted = g.op(affineOp, [float], { scale: -1, shift: extent - 1 });
  return g.op(castOp, [counted], { to: 'i32' });
}

export interface ArgOptions extends LayerOptions {
  /** Counted with the batch dimension, which is 0; default the last. */
  readonly axis?: number;
  /** Whether the axis stays, with extent 1. Default false. */
  readonly keepDims?: boolean;
  /** Which of several that are equal: the last instead of the first. */
  readonly last?: boolean;
}

/** Where along an axis the largest number is, i32. */
export function argMax(options: ArgOptions = {}): Layer {
  return createLayer(argExtremeKind, options, { extreme: 'max' });
}

/** Where along an axis the smallest number is, i32. */
export function argMin(options: ArgOptions = {}): Layer {
  return createLayer(argExtremeKind, options, { extreme: 'min' });
}

const cumSumSchema = {
  axis: required(integer),
  exclusive: optional(boolean, false),
  reverse: optional(boolean, false),
};

export const cumSumKind: LayerKind<typeof cumSumSchema> = {
  type: 'cumSum',
  options: cumSumSchema,
  build({ g, config, inputs: [x], batched, where }) {
    const axis = resolveAxis(config.axis, x.shape.length, where);
    checkNotBatch([axis], batched[0], where);
    return g.op(cumSumOp, [x], { ...config, axis });
  },
};

export interface CumSumOptions extends LayerOptions {
  /** Whether each sum leaves its own element out. Default false. */
  readonly exclusive?: boolean;
  /** Whether sums start at the end. Default false. */
  readonly reverse?: boolean;
}

/** The sum of all elements along `axis` (counted with the batch dimension) up to each. */
export function cumSum(axis: number, options: CumSumOptions = {}): Layer {
  return createLayer(cumSumKind, options, { axis });
}
