import { ShapeError } from '../../core/errors';
import { formatShape, resolveAxis, sizeOf } from '../../core/shape';
import type { GraphBuilder } from '../../ir/builder';
import type { Value } from '../../ir/graph';
import type { OpDef } from '../../ir/op';
import { affineOp } from '../../ops/activations';
import { addOp, mulOp, subOp } from '../../ops/binary';
import { broadcastToOp } from '../../ops/broadcast';
import { concatOp } from '../../ops/concat';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Expansion, Layer, LayerKind } from '../layer';
import { integer, optional } from '../options';
import { checkBroadcast, checkNotBatch } from './common';

const MANY = Number.MAX_SAFE_INTEGER;
const none = {};

/** Applies a binary op from left to right. */
function fold(expansion: Expansion<unknown>, op: OpDef): Value {
  checkBroadcast(expansion);
  const { g, inputs } = expansion;
  return inputs.reduce((left, right) => g.op(op, [left, right]));
}

function mergeKind(type: string, op: OpDef, most = MANY): LayerKind<typeof none> {
  return { type, options: none, inputs: [2, most], build: (expansion) => fold(expansion, op) };
}

export const addKind = /* @__PURE__ */ mergeKind('add', addOp);
export const subtractKind = /* @__PURE__ */ mergeKind('subtract', subOp, 2);
export const multiplyKind = /* @__PURE__ */ mergeKind('multiply', mulOp);
export const averageKind: LayerKind<typeof none> = {
  ...mergeKind('average', addOp),
  build(expansion) {
    const scale = 1 / expansion.inputs.length;
    return expansion.g.op(affineOp, [fold(expansion, addOp)], { scale, shift: 0 }, 'mean');
  },
};

/** Sum of two or more tensors, broadcasting. */
export function add(options: LayerOptions = {}): Layer {
  return createLayer(addKind, options);
}

/** The first tensor minus the second, broadcasting. */
export function subtract(options: LayerOptions = {}): Layer {
  return createLayer(subtractKind, options);
}

/** Product of two or more tensors, broadcasting. */
export function multiply(options: LayerOptions = {}): Layer {
  return createLayer(multiplyKind, options);
}

/** Mean of two or more tensors, broadcasting. */
export function average(options: LayerOptions = {}): Layer {
  return createLayer(averageKind, options);
}

const concatSchema = { axis: optional(integer, -1) };

export const concatKind: LayerKind<typeof concatSchema> = {
  type: 'concat',
  options: concatSchema,
  inputs: [2, MANY],
  build({ g, config, inputs, batched, where }) {
    const leader = inputs[Math.max(batched.indexOf(true), 0)];
    const axis = resolveAxis(config.axis, leader.shape.length, where);
    checkNotBatch([axis], batched.includes(true), where);
    const alike = inputs.map((x, i) =>
      batched[i] || !batched.includes(true) ? x : repeated(g, x, leader, where),
    );
    return g.op(concatOp, alike, { axis });
  },
};

/** `x`, whose first dimension is 1 or left out, for each example of the batch of `leader`. */
function repeated(g: GraphBuilder, x: Value, { shape }: Value, where: string): Value {
  const own = x.shape.length === shape.length ? x.shape.slice(1) : x.shape;
  if (own.length === shape.length - 1 && sizeOf(own) === sizeOf(x.shape)) {
    return g.op(broadcastToOp, [x], { shape: [shape[0], ...own] }, 'repeat');
  }
  throw new ShapeError({
    where,
    rule: 'a tensor without a batch has the shape of an example',
    found: `${formatShape(x.shape)} beside ${formatShape(shape.slice(1))}`,
  });
}

/**
 * Tensors one after the other along `axis` (default the last; counted with the batch dimension). One
 * without a batch is repeated for every example.
 */
export function concat(options: LayerOptions & { readonly axis?: number } = {}): Layer {
  return createLayer(concatKind, options);
}
