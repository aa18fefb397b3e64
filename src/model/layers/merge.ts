import { ShapeError } from '../../core/errors';
import { formatShape } from '../../core/shape';
import type { Value } from '../../ir/graph';
import type { OpDef } from '../../ir/op';
import { affineOp } from '../../ops/activations';
import { addOp, mulOp, subOp } from '../../ops/binary';
import { concatOp } from '../../ops/concat';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Expansion, Layer, LayerKind } from '../layer';
import { integer, optional } from '../options';

const MANY = Number.MAX_SAFE_INTEGER;
const none = {};

/** Applies a binary op from left to right. The ranks agree, so that no batch meets a channel. */
function fold({ g, inputs, where }: Expansion<unknown>, op: OpDef): Value {
  const [first, ...rest] = inputs;
  return rest.reduce((left, right) => {
    if (left.shape.length !== right.shape.length) {
      throw new ShapeError({
        where,
        rule: 'its inputs have as many dimensions as each other',
        found: inputs.map(({ shape }) => formatShape(shape.slice(1))).join(', '),
        remedy: 'Put a reshape layer before one of them.',
      });
    }
    return g.op(op, [left, right]);
  }, first);
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

/** Sum of two or more tensors; extents of 1 are repeated. */
export function add(options: LayerOptions = {}): Layer {
  return createLayer(addKind, options);
}

/** The first tensor minus the second; extents of 1 are repeated. */
export function subtract(options: LayerOptions = {}): Layer {
  return createLayer(subtractKind, options);
}

/** Product of two or more tensors; extents of 1 are repeated. */
export function multiply(options: LayerOptions = {}): Layer {
  return createLayer(multiplyKind, options);
}

/** Mean of two or more tensors; extents of 1 are repeated. */
export function average(options: LayerOptions = {}): Layer {
  return createLayer(averageKind, options);
}

const concatSchema = { axis: optional(integer, -1) };

export const concatKind: LayerKind<typeof concatSchema> = {
  type: 'concat',
  options: concatSchema,
  inputs: [2, MANY],
  build({ g, config, inputs, where }) {
    const rank = inputs[0].shape.length;
    const axis = config.axis < 0 ? config.axis + rank : config.axis;
    if (axis < 1 || axis >= rank) {
      throw new ShapeError({
        where,
        rule: `axis is in [1, ${rank - 1}] (the batch is 0), or negative`,
        found: String(config.axis),
      });
    }
    return g.op(concatOp, inputs, { axis });
  },
};

/** Tensors one after the other along `axis` (default the last; counted with the batch dimension). */
export function concat(options: LayerOptions & { readonly axis?: number } = {}): Layer {
  return createLayer(concatKind, options);
}
