import type { Activation } from '../../../model/activations';
import { activation } from '../../../model/layers/activation';
import {
  ELEMENTARY_NAMES,
  type ElementaryName,
  elementary,
} from '../../../model/layers/elementary';
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
import { cast } from '../../../model/layers/tensor';
import { binaryKnown, castKnown, unaryKnown, whereKnown } from '../arithmetic';
import { arrange, padRank, reshapeTo } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { dtypeOf, isFloat } from '../tensor';
import {
  type Dims,
  formatDims,
  identity,
  type Known,
  known,
  type Live,
  live,
  transposeKnown,
  type Value,
  volume,
} from '../values';

/** A function of each number by itself, stored as its input is. */
export function elementwise(
  node: NodeScope,
  x: Live,
  how: Activation | ElementaryName,
  suffix?: string,
): Live {
  const tensor = node.layer(
    (options) => (isElementary(how) ? elementary(how, options) : activation(how, options)),
    [x.tensor],
    { suffix },
  );
  return live(tensor, x.dims, x.order, x.dtype);
}

function isElementary(how: Activation | ElementaryName): how is ElementaryName {
  return (ELEMENTARY_NAMES as readonly unknown[]).includes(how);
}

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

/** A constant. */
export const number = (value: number): Known => known('float', [], [value]);

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
