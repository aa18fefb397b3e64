import { ArgumentError } from '../core/errors';
import { resolveAxis, type Shape, sizeOf, stridesOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { checkCount, checkFloat } from './common';
import { lowerReduce } from './reduce-lower';

/** Attributes: `axes` (negative ones count from the last), `keepDims` (then they stay, with extent 1). */
export const reduceSumOp = /* @__PURE__ */ reduceOp('reduceSum', sum);
export const reduceMeanOp = /* @__PURE__ */ reduceOp('reduceMean', (v) => sum(v) / v.length);
export const reduceMaxOp = /* @__PURE__ */ reduceOp('reduceMax', max);
export const reduceMinOp = /* @__PURE__ */ reduceOp(
  'reduceMin',
  (values) => -max(values.map((value) => -value)),
);
export const reduceProdOp = /* @__PURE__ */ reduceOp('reduceProd', (values) =>
  values.reduce((product, value) => product * value, 1),
);

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function reduceOp(name: string, f: (values: readonly number[]) => number): OpDef {
  return {
    name,
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
  };
}

/** For each axis whether it is reduced. */
export function reducedAxes(shape: Shape, attrs: Attrs, where = 'reduce'): boolean[] {
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

export function ones(shape: Shape, reduced: readonly boolean[]): number[] {
  return shape.map((extent, axis) => (reduced[axis] ? 1 : extent));
}

/** For each element of the output, where the elements of the input behind it are, in row-major order. */
export function groupsOf({ shape }: TensorType, attrs: Attrs): number[][] {
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
