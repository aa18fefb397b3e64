import type { Activation } from '../../../model/activations';
import { activation, prelu } from '../../../model/layers/activation';
import {
  add,
  divide,
  equal,
  greater,
  greaterOrEqual,
  logicalAnd,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  multiply,
  power,
  subtract,
  where,
} from '../../../model/layers/merge';
import { rescaling } from '../../../model/layers/preprocessing';
import { dropout } from '../../../model/layers/regularisation';
import { cast } from '../../../model/layers/tensor';
import { binaryKnown, castKnown, unaryKnown, whereKnown } from '../arithmetic';
import { arrange, channelsLast, padRank, reshapeTo } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { dtypeOf, isFloat, makeData } from '../tensor';
import {
  BATCH,
  type Dims,
  formatDims,
  identity,
  type Known,
  known,
  type Live,
  lastOrder,
  live,
  transposeKnown,
  type Value,
  volume,
} from '../values';

/** A function of each number by itself, stored as its input is. */
export function elementwise(node: NodeScope, x: Live, how: Activation, suffix?: string): Live {
  const tensor = node.layer((options) => activation(how, options), [x.tensor], { suffix });
  return live(tensor, x.dims, x.order, x.dtype);
}

/** A converter to an activation function whose parameters are attributes, with their defaults. */
export const unary =
  (
    name: string,
    params: Readonly<Record<string, readonly [attribute: string, fallback: number]>> = {},
  ): Convert =>
  (node) => {
    const x = node.input(0);
    const numbers = Object.entries(params).map(([param, [attribute, fallback]]) => [
      param,
      node.attributes.float(attribute, fallback),
    ]);
    if (node.opset < 6) node.attributes.ignore('consumed_inputs');
    const folded = x.kind === 'known' && unaryKnown(node.op, x);
    if (folded) return folded;
    const how = { name, ...Object.fromEntries(numbers) } as Activation;
    return elementwise(node, node.live(x), how);
  };

const MERGE = {
  Add: add,
  Sub: subtract,
  Mul: multiply,
  Div: divide,
  Pow: power,
  Max: maximum,
  Min: minimum,
  Equal: equal,
  Greater: greater,
  GreaterOrEqual: greaterOrEqual,
  And: logicalAnd,
  Or: logicalOr,
  Xor: logicalXor,
} as const;
/** Those that answer yes or no. */
const LOGICAL: ReadonlySet<string> = new Set([
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'And',
  'Or',
  'Xor',
]);
type MergeOp = keyof typeof MERGE;

/** NumPy's broadcasting, where the batch is an extent like others. */
export function broadcastDims(node: NodeScope, a: Dims, b: Dims): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw node.fail(
      'extents are equal or 1, counted from the last',
      `${formatDims(a)} and ${formatDims(b)}`,
    );
  });
}

/** Values stored alike, with as many dimensions as each other: ready for a layer that merges them. */
export function alike(node: NodeScope, values: readonly Value[], dims: Dims): Live[] {
  const rank = dims.length;
  const leader = values
    .filter((value) => value.kind === 'live' && value.dims.length === rank)
    .sort((a, b) => volume(b.dims) - volume(a.dims))[0] as Live | undefined;
  const order = leader?.order ?? identity(rank);
  return values.map((value, i) => {
    const padded = padRank(node, value, rank);
    if (padded.kind === 'live') return arrange(node, padded, order);
    const stored = transposeKnown(padded, order);
    const named = { ...stored, initializer: padded.initializer };
    const { tensor } = node.live(named, ['left', 'right'][i] ?? `operand${i}`);
    return live(tensor, dims, order, value.dtype);
  });
}

/** `op` on two tensors that broadcast. */
export function binary(node: NodeScope, op: MergeOp, a: Value, b: Value): Value {
  if (a.kind === 'known' && b.kind === 'known') {
    node.builder.claim(broadcastDims(node, a.dims, b.dims), node.where);
    return binaryKnown(op, a, b, node.where) as Known;
  }
  const dims = broadcastDims(node, a.dims, b.dims);
  const affine = scalarAffine(op, a, b);
  if (affine) {
    const { x, ...how } = affine;
    if (x.dims.length === dims.length) {
      const tensor = node.layer((options) => rescaling({ ...options, ...how }), [x.tensor]);
      return live(tensor, x.dims, x.order, x.dtype);
    }
  }
  const [left, right] = alike(node, [a, b], dims);
  const whole = [left, right].every(({ tensor }) => tensor.dtype === 'i32');
  const operands = whole ? [left, right] : [left, right].map((x) => asFloat(node, x));
  const tensor = node.layer(
    (options) => MERGE[op](options),
    operands.map((x) => x.tensor),
  );
  return live(tensor, dims, left.order, LOGICAL.has(op) ? 'bool' : a.dtype);
}

/** Integers as floating-point numbers; what is such already stays. */
export function asFloat(node: NodeScope, x: Live): Live {
  if (x.tensor.dtype === 'f32') return x;
  const tensor = node.layer((options) => cast('f32', options), [x.tensor], { suffix: 'cast' });
  return live(tensor, x.dims, x.order, 'float');
}

/** Sums and products with one number, as scale·x + offset. */
function scalarAffine(op: MergeOp, a: Value, b: Value) {
  const [x, by] = a.kind === 'live' ? [a, b] : [b as Live, a];
  if (by.kind !== 'known' || by.data.length !== 1 || !isFloat(x.dtype)) return undefined;
  const [number] = by.data;
  if (!Number.isFinite(number)) return undefined;
  const first = x === a;
  switch (op) {
    case 'Add':
      return { x, offset: number };
    case 'Sub':
      return first ? { x, offset: -number } : { x, scale: -1, offset: number };
    case 'Mul':
      return { x, scale: number };
    case 'Div':
      return first && number !== 0 ? { x, scale: 1 / number } : undefined;
    default:
      return undefined;
  }
}

/** Two inputs; before opset 7 the second one's axes were placed by attributes. */
export const merge =
  (op: MergeOp): Convert =>
  (node) => {
    const [a, b] = [node.input(0), node.input(1)];
    if (node.opset >= 7) return binary(node, op, a, b);
    node.attributes.ignore('consumed_inputs');
    const axis = node.attributes.int('axis', undefined);
    if (!node.attributes.flag('broadcast', false) || axis === undefined)
      return binary(node, op, a, b);
    const missing = a.dims.length - node.axis(axis, a.dims.length) - b.dims.length;
    if (missing < 0) throw node.fail('the second input fits at the axis', `axis ${axis}`);
    return binary(node, op, a, reshapeTo(node, b, [...b.dims, ...Array(missing).fill(1)]));
  };

/** One input or more. */
export const mergeAll =
  (op: MergeOp): Convert =>
  (node) => {
    const values = node.inputs.map((_, i) => node.input(i));
    if (!values.length) throw node.fail('it has an input', 'none');
    return values.reduce((a, b) => binary(node, op, a, b));
  };

export const convertMean: Convert = (node) => {
  const values = node.inputs.map((_, i) => node.input(i));
  if (!values.length) throw node.fail('it has an input', 'none');
  const share: Known = {
    kind: 'known',
    dtype: 'float',
    dims: [],
    data: Float32Array.of(1 / values.length),
  };
  return binary(
    node,
    'Mul',
    values.reduce((a, b) => binary(node, 'Add', a, b)),
    share,
  );
};

/** Its input itself. */
export const convertIdentity: Convert = (node) => node.input(0);

export const convertDropout: Convert = (node) => {
  const x = node.input(0);
  const { attributes, opset } = node;
  if (opset < 7) attributes.ignore('is_test', 'consumed_inputs');
  attributes.ignore('seed');
  const given =
    opset < 12 ? attributes.float('ratio', 0.5) : (node.knownInput(1, 'ratio')?.data[0] ?? 0.5);
  const training = opset >= 12 && node.knownInput(2, 'training_mode')?.data[0];
  if (training && given > 0) {
    throw node.fail(
      'dropout is in inference mode: training drops by itself',
      'training_mode true',
      'Export the model in inference mode.',
    );
  }
  if (!(given >= 0 && given < 1)) throw node.fail('ratio is in [0, 1)', String(given));
  const mask = node.outputs[1] ? dropoutMask(node, x) : undefined;
  if (x.kind === 'known' || given === 0) return [x, mask];
  const rate = given;
  const tensor = node.layer((options) => dropout(rate, options), [x.tensor]);
  return [live(tensor, x.dims, x.order, x.dtype), mask];
};

/** Which numbers were kept: all of them. */
function dropoutMask(node: NodeScope, { dims }: Value): Known {
  if (dims.includes(BATCH)) {
    throw node.fail('its mask is an output only with a fixed batch', formatDims(dims));
  }
  node.builder.claim(dims, node.where);
  return { kind: 'known', dtype: 'bool', dims, data: makeData('bool', volume(dims)).fill(1) };
}

export const convertClip: Convert = (node) => {
  const x = node.input(0);
  const limit = (name: 'min' | 'max', index: number) => {
    if (node.opset < 11)
      return node.attributes.has(name) ? node.attributes.float(name, 0) : undefined;
    const value = node.knownInput(index, name);
    if (value && value.data.length !== 1)
      throw node.fail(`${name} is one number`, formatDims(value.dims));
    return value?.data[0];
  };
  const [low, high] = [limit('min', 1), limit('max', 2)];
  if (x.kind === 'known') {
    const at = (number: number): Known => ({
      kind: 'known',
      dtype: x.dtype,
      dims: [],
      data: makeData(x.dtype, 1).fill(number),
    });
    const least = low === undefined ? x : binary(node, 'Max', x, at(low));
    return high === undefined ? least : binary(node, 'Min', least, at(high));
  }
  if (!isFloat(x.dtype)) throw node.fail('only floating-point tensors are clipped', x.dtype);
  const finite = (value: number | undefined, most: number) =>
    Math.min(Math.max(value ?? most, -MOST), MOST);
  const [least, most] = [finite(low, -MOST), finite(high, MOST)];
  if (least === -MOST && most === MOST) return x;
  if (least === 0 && most === MOST) return elementwise(node, x, 'relu');
  return elementwise(node, x, { name: 'clip', low: Math.min(least, most), high: most });
};

/** The largest f32. */
const MOST = 3.4028234663852886e38;

export const convertCast: Convert = (node) => {
  const x = node.input(0);
  const to =
    node.op === 'CastLike'
      ? node.input(1).dtype
      : dtypeOf(node.attributes.int('to', 0), `${node.where}, to`);
  node.attributes.ignore('saturate', 'round_mode');
  if (x.kind === 'known') return castKnown(x, to);
  if (to === 'bool') return notEqual(node, x);
  const tensor = isFloat(to)
    ? asFloat(node, x).tensor
    : x.tensor.dtype === 'i32'
      ? x.tensor
      : node.layer((options) => cast('i32', options), [x.tensor]);
  return live(tensor, x.dims, x.order, to);
};

const number = (value: number): Known => known('float', [], [value]);

function notEqual(node: NodeScope, x: Live): Value {
  if (x.dtype === 'bool') return x;
  return negated(node, binary(node, 'Equal', x, known(x.dtype, [], [0])));
}

/** 1 where it is 0, else 0. */
function negated(node: NodeScope, x: Value): Value {
  return binary(node, 'Equal', x, number(0));
}

export const convertNot: Convert = (node) => {
  const x = node.input(0);
  return x.kind === 'known' ? (unaryKnown('Not', x) as Known) : negated(node, x);
};

/** Less is Greater with the operands exchanged. */
export const exchanged =
  (op: 'Greater' | 'GreaterOrEqual'): Convert =>
  (node) => {
    return binary(node, op, node.input(1), node.input(0));
  };

export const convertNeg: Convert = (node) => {
  const x = node.input(0);
  return x.kind === 'known' ? (unaryKnown('Neg', x) as Known) : binary(node, 'Mul', x, number(-1));
};

export const convertWhere: Convert = (node) => {
  const [condition, a, b] = [node.input(0), node.input(1), node.input(2)];
  const dims = broadcastDims(node, broadcastDims(node, condition.dims, a.dims), b.dims);
  const inputs = [condition, a, b];
  if (inputs.every((value) => value.kind === 'known')) {
    node.builder.claim(dims, node.where);
    return whereKnown(inputs as Known[], dims);
  }
  const operands = alike(node, inputs, dims).map((x) => asFloat(node, x));
  const tensor = node.layer(
    (options) => where(options),
    operands.map((x) => x.tensor),
  );
  return live(tensor, dims, operands[0].order, a.dtype);
};

/** x·tanh(softplus(x)). */
export const convertMish: Convert = (node) => {
  const x = node.liveInput(0);
  const soft = elementwise(node, x, 'softplus', 'softplus');
  return binary(node, 'Mul', x, elementwise(node, soft, 'tanh', 'tanh'));
};

/** max(x, 0) + min(0, α·(e^(x/α) − 1)), an elu of x/α. */
export const convertCelu: Convert = (node) => {
  const alpha = node.attributes.float('alpha', 1);
  if (alpha === 0) throw node.fail('alpha is not 0', '0');
  const scaled = binary(node, 'Mul', node.liveInput(0), number(1 / alpha)) as Live;
  return binary(node, 'Mul', elementwise(node, scaled, 'elu', 'elu'), number(alpha));
};

/** x where it is above α, else 0. */
export const convertThresholdedRelu: Convert = (node) => {
  const x = node.liveInput(0);
  const alpha = number(node.attributes.float('alpha', 1));
  return binary(node, 'Mul', x, binary(node, 'Greater', x, alpha));
};

export const convertGelu: Convert = (node) => {
  const how = node.attributes.string('approximate', 'none', ['none', 'tanh']);
  return elementwise(node, node.liveInput(0), how === 'tanh' ? 'geluTanh' : 'gelu');
};

/** x·σ(α·x). */
export const convertSwish: Convert = (node) => {
  const alpha = node.attributes.float('alpha', 1);
  const x = node.liveInput(0);
  if (alpha === 1) return elementwise(node, x, 'silu');
  const scaled = binary(node, 'Mul', x, number(alpha)) as Live;
  return binary(node, 'Mul', x, elementwise(node, scaled, 'sigmoid', 'sigmoid'));
};

export const convertPrelu: Convert = (node) => {
  const x = node.liveInput(0);
  const slope = node.input(1);
  const channels = x.dims[1];
  const rank = x.dims.length;
  if (slope.kind === 'known') {
    const shared = volume(slope.dims) === 1;
    // [C,1,1…] counted from the last; PyTorch's first exporter wrote [C] and meant channels.
    const perChannel =
      volume(slope.dims) === channels &&
      (slope.dims.length === rank - 1 || (slope.dims.length === 1 && node.opset < 7)) &&
      slope.dims[0] === channels;
    if (rank >= 2 && (shared || perChannel)) {
      const stored = channelsLast(node, x);
      const tensor = node.layer((options) => prelu({ ...options, shared }), [stored.tensor], {
        weights: { alpha: node.weight(slope) },
      });
      return live(tensor, x.dims, lastOrder(rank), x.dtype);
    }
  }
  // x = max(x, 0) + min(x, 0), both exact.
  const positive = elementwise(node, x, 'relu', 'positive');
  const negative = binary(node, 'Sub', x, positive);
  return binary(node, 'Add', positive, binary(node, 'Mul', negative, slope));
};
