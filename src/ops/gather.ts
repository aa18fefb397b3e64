import gatherRowsKernel from '../../shaders/gather_rows.wgsl';
import { DTypeError, ShapeError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import type { OpDef } from '../ir/op';
import { elemOf, gridOf, read, u32, widthOf, write } from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, ELEMENTS_PER_WORKGROUP } from './common';

/**
 * `gatherRows [table [n, …], indices i32 [b]]` → [b, …]: the rows of those numbers, zeros for a number
 * outside [0, n). It has no gradient.
 */
export const gatherRowsOp: OpDef = {
  name: 'gatherRows',
  summary: 'rows of a table by number',
  infer(inputs, _attrs, where) {
    checkCount(inputs, 2, where);
    const [table, indices] = inputs;
    if (indices.dtype !== 'i32') {
      throw new DTypeError({ where, rule: 'indices are i32', found: formatType(indices) });
    }
    if (table.dtype === 'u32') {
      throw new DTypeError({ where, rule: 'the table is not u32', found: formatType(table) });
    }
    if (table.shape.length === 0 || indices.shape.length !== 1) {
      throw new ShapeError({
        where,
        rule: 'the table has rows, and the indices are a vector',
        found: `${formatShape(table.shape)} and ${formatShape(indices.shape)}`,
      });
    }
    return [{ dtype: table.dtype, shape: [indices.shape[0], ...table.shape.slice(1)] }];
  },
  reference([table, indices], { inputs }) {
    const rows = inputs[0].shape[0];
    const size = table.length / rows;
    const out = new Float64Array(indices.length * size);
    indices.forEach((row, i) => {
      if (row >= 0 && row < rows) out.set(table.subarray(row * size, (row + 1) * size), i * size);
    });
    return [out];
  },
  lower({ inputs, outputs, adapter }) {
    const [table] = inputs;
    const size = sizeOf(table.shape.slice(1));
    const width = widthOf(size);
    const count = sizeOf(outputs[0].shape) / width;
    return [
      {
        name: `width ${width}`,
        dispatches: [
          {
            kernel: gatherRowsKernel,
            // Integers read as floats would be flushed to zero.
            entry: table.dtype === 'i32' ? 'integers' : 'main',
            elem: elemOf(table.dtype),
            width,
            params: [u32(count), u32(size / width), u32(table.shape[0])],
            bindings: [read(0), read(1), write(0)],
            workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
            flops: 0,
          },
        ],
      },
    ];
  },
};
