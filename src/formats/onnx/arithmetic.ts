// Arithmetic on tensors that are known at import, in float64; integers are exact to 2^53.
import { FormatError } from '../../core/errors';
import { broadcastShapes, stridesOf } from '../../core/shape';
import { isFloat, makeData, type OnnxDType } from './tensor';
import { along, type Dims, forEachPlace, type Known, known, pick, volume } from './values';

type Binary = (a: number, b: number) => number;

const truth = (value: boolean): number => (value ? 1 : 0);

/** Functions of two numbers. Integers divide towards zero. */
const BINARY: Readonly<Record<string, Binary>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Max: (a, b) => Math.max(a, b),
  Min: (a, b) => Math.min(a, b),
  Mod: (a, b) => a - Math.floor(a / b) * b,
  Equal: (a, b) => truth(a === b),
  Less: (a, b) => truth(a < b),
  LessOrEqual: (a, b) => truth(a <= b),
  Greater: (a, b) => truth(a > b),
  GreaterOrEqual: (a, b) => truth(a >= b),
  And: (a, b) => truth(a !== 0 && b !== 0),
  Or: (a, b) => truth(a !== 0 || b !== 0),
  Xor: (a, b) => truth((a !== 0) !== (b !== 0)),
};
const COMPARISONS = /^(Equal|Less|Greater|And|Or|Xor)/;

/** Functions of one number. */
const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Round: roundHalfEven,
  Sign: Math.sign,
  Reciprocal: (x) => 1 / x,
  Not: (x) => truth(x === 0),
};

/** Functions of many numbers. */
const REDUCE: Readonly<Record<string, (values: readonly number[]) => number>> = {
  ReduceSum: sum,
  ReduceMean: (values) => sum(values) / values.length,
  ReduceProd: (values) => values.reduce((product, value) => product * value, 1),
  ReduceMax: (values) => values.reduce((most, value) => Math.max(most, value), -Infinity),
  ReduceMin: (values) => values.reduce((least, value) => Math.min(least, value), Infinity),
};

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `op` on each element, or undefined for an op that is not one of these. */
export function unaryKnown(op: string, x: Known): Known | undefined {
  const f = UNARY[op];
  if (!f || (x.perBatch && op !== 'Floor' && op !== 'Ceil')) return undefined;
  return {
    ...known(x.dtype, x.dims, Array.from(x.data, f)),
    ...(x.perBatch && { perBatch: x.perBatch }),
  };
}

/** `op` on two tensors that broadcast, or undefined for an op that is not one of these. */
export function binaryKnown(op: string, a: Known, b: Known, where: string): Known | undefined {
  const f = BINARY[op];
  if (!f) return undefined;
  const dims = broadcastShapes(a.dims, b.dims, where);
  const [left, right] = [expandKnown(a, dims), expandKnown(b, dims)];
  const { perBatch } = linear(op, left, right, where);
  const whole = !isFloat(a.dtype) && op === 'Div';
  const dtype: OnnxDType = COMPARISONS.test(op) ? 'bool' : a.dtype;
  const data = makeData(dtype, volume(dims));
  for (let i = 0; i < data.length; i++) {
    const value = f(left.data[i], right.data[i]);
    data[i] = whole ? Math.trunc(value) : value;
  }
  return { kind: 'known', dtype, dims, data, ...(perBatch && { perBatch }) };
}

/** a where the condition is not 0, else b. */
export function whereKnown([condition, a, b]: readonly Known[], dims: Dims): Known {
  const [c, x, y] = [condition, a, b].map((value) => expandKnown(value, dims));
  return known(
    x.dtype,
    dims,
    Array.from(c.data, (yes, i) => (yes !== 0 ? x : y).data[i]),
  );
}

/** The batch's share of a result: only sums, and products with numbers, have one. */
function linear(op: string, a: Known, b: Known, where: string): { perBatch?: Float64Array } {
  if (!a.perBatch && !b.perBatch) return {};
  const size = a.data.length;
  const of = (value: Known, i: number) => value.perBatch?.[i] ?? 0;
  const perBatch = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const [m, n] = [of(a, i), of(b, i)];
    const [x, y] = [a.data[i], b.data[i]];
    const share =
      m === 0 && n === 0
        ? 0
        : op === 'Add'
          ? m + n
          : op === 'Sub'
            ? m - n
            : op === 'Mul' && (m === 0 || n === 0)
              ? m * y + n * x
              : op === 'Div' && n === 0 && m % y === 0 && x % y === 0
                ? m / y
                : Number.NaN;
    if (Number.isNaN(share)) {
      throw new FormatError({
        where,
        rule: 'the batch is only added, and multiplied by numbers, in shapes',
        found: op,
        remedy: 'Import with a fixed batch: batch: "fixed" and a size for it.',
      });
    }
    perBatch[i] = share;
  }
  return { perBatch };
}

/** Repeats along axes of extent 1. */
export function expandKnown(value: Known, dims: Dims): Known {
  if (value.dims.length === dims.length && value.dims.every((extent, i) => extent === dims[i])) {
    return value;
  }
  const own = stridesOf(value.dims);
  const missing = dims.length - value.dims.length;
  const repeats = (axis: number) => axis < missing || value.dims[axis - missing] === 1;
  return pick(
    value,
    dims.map((extent, axis) => along(extent, repeats(axis) ? 0 : own[axis - missing])),
  );
}

/** `op` over `axes`, or undefined for an op that is not one of these. */
export function reduceKnown(
  op: string,
  value: Known,
  axes: readonly number[],
  keepDims: boolean,
): Known | undefined {
  const f = REDUCE[op];
  if (!f || value.perBatch) return undefined;
  const own = stridesOf(value.dims);
  const kept = value.dims.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const steps: number[] = [];
  const reduced = axes.map((axis) => along(value.dims[axis], own[axis]));
  forEachPlace(reduced, (_, place) => steps.push(place));
  const numbers: number[] = [];
  const starts = kept.map((extent, axis) => along(extent, own[axis]));
  forEachPlace(starts, (_, start) => numbers.push(f(steps.map((at) => value.data[start + at]))));
  const dims = keepDims ? kept : value.dims.filter((_, axis) => !axes.includes(axis));
  return known(value.dtype, dims, numbers);
}

/** Numbers as another type has them. */
export function castKnown(value: Known, dtype: OnnxDType): Known {
  const { data, perBatch, dims } = value;
  if (dtype === 'bool')
    return known(
      dtype,
      dims,
      Array.from(data, (x) => truth(x !== 0)),
    );
  const numbers = isFloat(dtype) || !isFloat(value.dtype) ? data : Array.from(data, Math.trunc);
  return { ...known(dtype, dims, numbers), ...(perBatch && { perBatch }) };
}
