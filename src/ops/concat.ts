import { nonNegativeInteger, positiveInteger } from '../core/check';
import { ArgumentError, ShapeError } from '../core/errors';
import { formatShape, resolveAxis, type Shape, sizeOf, stridesOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import { type OpDef, read, write } from '../ir/op';
import { checkCount, checkFloat } from './common';
import { byRuns, stridedCopy } from './strided-copy';

/** `concat [a, b, …] {axis}`: tensors of one shape but for `axis`, one after the other along it. */
export const concatOp: OpDef = {
  name: 'concat',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where, Number.POSITIVE_INFINITY);
    checkFloat(inputs, where);
    const [{ dtype, shape: first }] = inputs;
    const axis = resolveAxis(attrs.axis as number, first.length, where);
    for (const { shape } of inputs) {
      if (shape.length === first.length && shape.every((n, i) => i === axis || n === first[i]))
        continue;
      throw new ShapeError({
        where,
        rule: `its tensors differ only along axis ${axis}`,
        found: inputs.map((input) => formatShape(input.shape)).join(', '),
      });
    }
    const total = inputs.reduce((sum, { shape }) => sum + shape[axis], 0);
    return [{ dtype, shape: first.map((n, i) => (i === axis ? total : n)) }];
  },
  reference(numbers, { inputs, attrs, outputs }) {
    const { shape } = outputs[0];
    const axis = resolveAxis(attrs.axis as number, shape.length, 'concat');
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const out: number[] = [];
    for (let o = 0; o < outer; o++) {
      for (const [k, values] of numbers.entries()) {
        const run = inputs[k].shape[axis] * inner;
        out.push(...values.subarray(o * run, (o + 1) * run));
      }
    }
    return [Float64Array.from(out)];
  },
  lower({ inputs, attrs, outputs, adapter }) {
    const strides = stridesOf(outputs[0].shape);
    const axis = resolveAxis(attrs.axis as number, strides.length, 'concat');
    return byRuns(adapter, (run) => {
      let start = 0;
      return inputs.map((input, i) => {
        const to = { offset: start * strides[axis], strides };
        start += input.shape[axis];
        const from = { offset: 0, strides: stridesOf(input.shape) };
        return stridedCopy(input, input.shape, from, to, [read(i), write(0)], adapter, run);
      });
    });
  },
};

/**
 * `slice [x] {starts, sizes, steps = 1…}`: `sizes` elements from `starts` on, every `steps`-th of
 * them (backwards where that is negative), one number an axis.
 */
export const sliceOp: OpDef = {
  name: 'slice',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const [{ dtype, shape }] = inputs;
    const { starts, sizes } = attrs as Record<string, Shape>;
    const steps = stepsOf(attrs, shape);
    if ([starts, sizes, steps].some(({ length }) => length !== shape.length)) {
      throw new ArgumentError({
        where,
        rule: `starts, sizes and steps have a number for each of the ${shape.length} axes`,
        found: `${formatShape(starts)}, ${formatShape(sizes)} and ${formatShape(steps)}`,
      });
    }
    shape.forEach((extent, axis) => {
      nonNegativeInteger(starts[axis], where, `starts[${axis}]`);
      positiveInteger(sizes[axis], where, `sizes[${axis}]`);
      if (!Number.isInteger(steps[axis]) || steps[axis] === 0) {
        throw new ArgumentError({
          where,
          rule: `steps[${axis}] is an integer other than 0`,
          found: String(steps[axis]),
        });
      }
      const last = starts[axis] + (sizes[axis] - 1) * steps[axis];
      if (Math.max(starts[axis], last) < extent && last >= 0) return;
      throw new ShapeError({
        where,
        rule: `the block is inside axis ${axis} of extent ${extent}`,
        found: `${sizes[axis]} from ${starts[axis]} by ${steps[axis]}`,
      });
    });
    return [{ dtype, shape: sizes }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const strides = stridesOf(inputs[0].shape);
    const { shape } = outputs[0];
    const own = stridesOf(shape);
    const starts = attrs.starts as Shape;
    const steps = stepsOf(attrs, shape);
    const out = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      const at = shape.map((extent, a) => starts[a] + steps[a] * (Math.floor(i / own[a]) % extent));
      return x[at.reduce((sum, index, a) => sum + index * strides[a], 0)];
    });
    return [out];
  },
  lower({ inputs, attrs, outputs, adapter }) {
    const strides = stridesOf(inputs[0].shape);
    const { shape } = outputs[0];
    const offset = (attrs.starts as Shape).reduce((sum, start, a) => sum + start * strides[a], 0);
    const to = { offset: 0, strides: stridesOf(shape) };
    const ends = [read(0), write(0)] as const;
    const steps = stepsOf(attrs, shape);
    const from = { offset, strides: strides.map((stride, a) => stride * steps[a]) };
    return byRuns(adapter, (run) => [stridedCopy(inputs[0], shape, from, to, ends, adapter, run)]);
  },
};

export const stepsOf = (attrs: Attrs, shape: Shape) => (attrs.steps as Shape) ?? shape.map(() => 1);
