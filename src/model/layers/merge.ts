import { ShapeError } from '../../core/errors';
import { formatShape, resolveAxis, sizeOf } from '../../core/shape';
import type { GraphBuilder } from '../../ir/builder';
import type { Value } from '../../ir/graph';
import type { OpDef } from '../../ir/op';
import { affineOp } from '../../ops/activations';
import { batchMatmulOp } from '../../ops/batch-matmul';
import {
  addOp,
  andOp,
  divOp,
  equalOp,
  greaterOp,
  greaterOrEqualOp,
  maxOp,
  minOp,
  mulOp,
  orOp,
  powOp,
  subOp,
  xorOp,
} from '../../ops/binary';
import { broadcastToOp } from '../../ops/broadcast';
import { concatOp } from '../../ops/concat';
import { whereOp } from '../../ops/where';
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
export const divideKind = /* @__PURE__ */ mergeKind('divide', divOp, 2);
export const powerKind = /* @__PURE__ */ mergeKind('power', powOp, 2);
export const maximumKind = /* @__PURE__ */ mergeKind('maximum', maxOp);
export const minimumKind = /* @__PURE__ */ mergeKind('minimum', minOp);
export const equalKind = /* @__PURE__ */ mergeKind('equal', equalOp, 2);
export const greaterKind = /* @__PURE__ */ mergeKind('greater', greaterOp, 2);
export const greaterOrEqualKind = /* @__PURE__ */ mergeKind('greaterOrEqual', greaterOrEqualOp, 2);
export const logicalAndKind = /* @__PURE__ */ mergeKind('logicalAnd', andOp, 2);
export const logicalOrKind = /* @__PURE__ */ mergeKind('logicalOr', orOp, 2);
export const logicalXorKind = /* @__PURE__ */ mergeKind('logicalXor', xorOp, 2);
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

/** The first tensor divided by the second, broadcasting. */
export function divide(options: LayerOptions = {}): Layer {
  return createLayer(divideKind, options);
}

/** The first tensor to the power of the second, broadcasting. */
export function power(options: LayerOptions = {}): Layer {
  return createLayer(powerKind, options);
}

/** The largest of two or more tensors, broadcasting. */
export function maximum(options: LayerOptions = {}): Layer {
  return createLayer(maximumKind, options);
}

/** The smallest of two or more tensors, broadcasting. */
export function minimum(options: LayerOptions = {}): Layer {
  return createLayer(minimumKind, options);
}

/** 1 where two tensors are equal, else 0, broadcasting. */
export function equal(options: LayerOptions = {}): Layer {
  return createLayer(equalKind, options);
}

/** 1 where the first tensor is the larger one, else 0, broadcasting. */
export function greater(options: LayerOptions = {}): Layer {
  return createLayer(greaterKind, options);
}

/** 1 where the first tensor is as large as the second or larger, else 0, broadcasting. */
export function greaterOrEqual(options: LayerOptions = {}): Layer {
  return createLayer(greaterOrEqualKind, options);
}

/** 1 where neither of two tensors is 0, broadcasting. */
export function logicalAnd(options: LayerOptions = {}): Layer {
  return createLayer(logicalAndKind, options);
}

/** 1 where not both of two tensors are 0, broadcasting. */
export function logicalOr(options: LayerOptions = {}): Layer {
  return createLayer(logicalOrKind, options);
}

/** 1 where one alone of two tensors is 0, broadcasting. */
export function logicalXor(options: LayerOptions = {}): Layer {
  return createLayer(logicalXorKind, options);
}

export const whereKind: LayerKind<typeof none> = {
  type: 'where',
  options: none,
  inputs: [3, 3],
  build(expansion) {
    checkBroadcast(expansion);
    return expansion.g.op(whereOp, expansion.inputs);
  },
};

/** The second tensor where the first is not 0, else the third, broadcasting. */
export function where(options: LayerOptions = {}): Layer {
  return createLayer(whereKind, options);
}

export const matmulKind: LayerKind<typeof none> = {
  type: 'matmul',
  options: none,
  inputs: [2, 2],
  build(expansion) {
    const { g, inputs, batched, where } = expansion;
    const rows = inputs[0].shape.length === 2 && inputs[1].shape.length === 2 && !batched[1];
    if (!rows && inputs.some(({ shape }, i) => batched[i] && shape.length < 3)) {
      throw new ShapeError({
        where,
        rule: 'the batch is no dimension of the matrices, but the rows of the left one',
        found: inputs.map(({ shape }, i) => formatShape(shape.slice(+batched[i]))).join(' and '),
      });
    }
    if (!rows) checkBroadcast(expansion);
    return g.op(batchMatmulOp, inputs);
  },
};

/**
 * The product of the last two dimensions of two tensors; those before broadcast. Examples that are
 * vectors may be multiplied by one matrix from the right.
 */
export function matmul(options: LayerOptions = {}): Layer {
  return createLayer(matmulKind, options);
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
