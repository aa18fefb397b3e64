import argMaxKernel from '../../shaders/arg_max.wgsl';
import incrementKernel from '../../shaders/increment.wgsl';
import { DTypeError } from '../core/errors';
import { resolveAxis, sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import { elemOf, inout, type OpDef, read, u32, write } from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { byRows } from './rows';

function checkIntegers(inputs: readonly TensorType[], where: string): void {
  if (inputs.every(({ dtype }) => dtype === 'i32')) return;
  const found = inputs.map(formatType).join(', ');
  throw new DTypeError({ where, rule: 'its tensors are i32', found });
}

/** `argMax [x] {axis}` → i32 without that axis: where the first of the largest is; NaN never is. */
export const argMaxOp: OpDef = {
  name: 'argMax',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const { shape } = inputs[0];
    const axis = resolveAxis(attrs.axis as number, shape.length, where);
    return [{ dtype: 'i32', shape: shape.filter((_, i) => i !== axis) }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const { shape } = inputs[0];
    const axis = resolveAxis(attrs.axis as number, shape.length, 'argMax');
    const inner = sizeOf(shape.slice(axis + 1));
    const out = Float64Array.from({ length: sizeOf(outputs[0].shape) }, (_, row) => {
      const start = Math.floor(row / inner) * shape[axis] * inner + (row % inner);
      let best = 0;
      for (let i = 1; i < shape[axis]; i++) {
        const [value, before] = [x[start + i * inner], x[start + best * inner]];
        if (value > before || (Number.isNaN(before) && !Number.isNaN(value))) best = i;
      }
      return best;
    });
    return [out];
  },
  lower({ inputs, attrs, outputs, adapter }) {
    const { shape, dtype } = inputs[0];
    const axis = resolveAxis(attrs.axis as number, shape.length, 'argMax');
    const inner = sizeOf(shape.slice(axis + 1));
    const rows = { count: sizeOf(outputs[0].shape), size: shape[axis], inner };
    return byRows(rows, adapter, {
      kernel: argMaxKernel,
      elem: elemOf(dtype),
      params: [u32(rows.count), u32(rows.size), u32(inner)],
      bindings: [read(0), write(0)],
      flops: sizeOf(shape),
    });
  },
};

/** `increment [counter i32 [1]]` → the counter one higher, in place. */
export const incrementOp: OpDef = {
  name: 'increment',
  infer(inputs, _attrs, where) {
    checkCount(inputs, 1, where);
    checkIntegers(inputs, where);
    checkShapeIs(inputs[0], [1], where, 'the counter');
    return [inputs[0]];
  },
  reference: ([counter]) => [counter.map((value) => value + 1)],
  lower: () => [
    {
      name: 'in place',
      dispatches: [
        { kernel: incrementKernel, bindings: [inout(0, 0)], workgroups: [1, 1, 1], flops: 1 },
      ],
    },
  ],
};
