import { ArgumentError } from '../core/errors';
import { resolveAxis, type Shape, sizeOf, stridesOf } from '../core/shape';
import type { Attrs, TensorType, Value } from '../ir/graph';
import type { GradientContext, NodeBuilder, OpDef } from '../ir/op';
import { checkCount, checkFloat } from './common';
import { lowerReduce, lowerReduceMaxGrad } from './reduce-lower';

/** Attributes: `axes` (negative ones count from the last), `keepDims` (then they stay, with extent 1). */
export const reduceOps: OpDef[] = [
  reduceOp('reduceSum', 'sum over axes', sum, ({ g, node }, dy) =>
    g.op('broadcastTo', [dy], { shape: node.inputs[0].shape }),
  ),
  reduceOp(
    'reduceMean',
    'mean over axes',
    (v) => sum(v) / v.length,
    ({ g, node }, dy) => {
      const { shape } = node.inputs[0];
      const share = g.op('affine', [dy], { scale: sizeOf(dy.shape) / sizeOf(shape) });
      return g.op('broadcastTo', [share], { shape });
    },
  ),
  reduceOp('reduceMax', 'largest element over axes', max, toTheFirst),
  reduceOp(
    'reduceMin',
    'smallest element over axes',
    (values) => -max(values.map((value) => -value)),
    toTheFirst,
  ),
  reduceOp(
    'reduceProd',
    'product over axes',
    (values) => values.reduce((product, value) => product * value, 1),
    ({ g, node }, dy) => {
      // The product of all others: of zeros only one may be left out, and then only by itself.
      const [x] = node.inputs;
      const axes = { axes: node.attrs.axes, keepDims: true };
      const isZero = g.op('equal', [x, g.fill(0, { dtype: x.dtype, shape: [] })]);
      const others = g.op('add', [x, isZero]);
      const rest = g.op('div', [g.op('reduceProd', [others], axes), others]);
      const zerosElsewhere = g.op('sub', [g.op('reduceSum', [isZero], axes), isZero]);
      const alone = g.op('equal', [zerosElsewhere, g.fill(0, { dtype: x.dtype, shape: [] })]);
      return g.op('mul', [g.op('mul', [rest, alone]), dy]);
    },
  ),
  {
    name: 'reduceMaxGrad',
    summary: 'gradient of reduceMax and reduceMin: to the first extreme in row-major order',
    infer(inputs, _attrs, where) {
      checkCount(inputs, 3, where);
      checkFloat(inputs, where);
      return [inputs[0]];
    },
    reference([x, y, dy], { inputs, attrs }) {
      const dx = new Float64Array(x.length);
      groupsOf(inputs[0], attrs).forEach((group, i) => {
        const first = group.find((at) => x[at] === y[i]);
        if (first !== undefined) dx[first] = dy[i];
      });
      return [dx];
    },
    lower: (context) =>
      lowerReduceMaxGrad(reducedAxes(context.inputs[0].shape, context.attrs), context),
  },
];

/** The gradient of an extreme goes to the first element that has it. */
function toTheFirst({ g, node }: GradientContext, dy: Value): Value {
  return g.op('reduceMaxGrad', [node.inputs[0], node.outputs[0], dy], node.attrs);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function reduceOp(
  name: string,
  summary: string,
  f: (values: readonly number[]) => number,
  gradient: (context: GradientContext, dyWithAllAxes: Value) => Value,
): OpDef {
  return {
    name,
    summary,
    infer(inputs, attrs, where) {
      checkCount(inputs, 1, where);
      checkFloat(inputs, where);
      const [{ dtype, shape }] = inputs;
      const reduced = reducedAxes(shape, attrs, where);
      const kept = attrs.keepDims
        ? ones(shape, reduced)
        : shape.filter((_, axis) => !reduced[axis]);
      return [{ dtype, shape: kept }];
    },
    reference: ([x], { inputs, attrs }) => [
      Float64Array.from(groupsOf(inputs[0], attrs), (group) => f(group.map((at) => x[at]))),
    ],
    lower: (context) =>
      lowerReduce(name, reducedAxes(context.inputs[0].shape, context.attrs), context),
    gradient(context) {
      const { g, node, dOutputs } = context;
      const { shape } = node.inputs[0];
      const dy = withShape(g, dOutputs[0]!, ones(shape, reducedAxes(shape, node.attrs)));
      return [gradient(context, dy)];
    },
  };
}

/** For each axis whether it is reduced. */
function reducedAxes(shape: Shape, attrs: Attrs, where = 'reduce'): boolean[] {
  const axes = attrs.axes as readonly number[];
  const reduced = shape.map(() => false);
  for (const given of axes) {
    const axis = resolveAxis(given, shape.length, where);
    if (reduced[axis]) {
      throw new ArgumentError({
        where,
        rule: 'an axis is reduced once',
        found: `axes ${JSON.stringify(axes)}`,
      });
    }
    reduced[axis] = true;
  }
  return reduced;
}

function ones(shape: Shape, reduced: readonly boolean[]): number[] {
  return shape.map((extent, axis) => (reduced[axis] ? 1 : extent));
}

function withShape(g: NodeBuilder, value: Value, shape: Shape): Value {
  return value.shape.length === shape.length ? value : g.op('reshape', [value], { shape });
}

/** For each element of the output, where the elements of the input behind it are, in row-major order. */
function groupsOf({ shape }: TensorType, attrs: Attrs): number[][] {
  const reduced = reducedAxes(shape, attrs);
  const strides = stridesOf(shape);
  const keptStrides = stridesOf(ones(shape, reduced));
  const groups: number[][] = Array.from({ length: sizeOf(ones(shape, reduced)) }, () => []);
  for (let i = 0; i < sizeOf(shape); i++) {
    let group = 0;
    shape.forEach((extent, axis) => {
      if (!reduced[axis]) group += (Math.floor(i / strides[axis]) % extent) * keptStrides[axis];
    });
    groups[group].push(i);
  }
  return groups;
}
