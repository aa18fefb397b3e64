import cumSumKernel from '../../shaders/cum_sum.wgsl';
import { resolveAxis, type Shape, sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import { elemOf, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { checkCount, checkFloat } from './common';

/**
 * `cumSum [x] {axis, exclusive = false, reverse = false}`: the sum of all elements along the axis up
 * to each, itself left out where `exclusive`, from the end where `reverse`.
 */
export const cumSumOp: OpDef = {
  name: 'cumSum',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    resolveAxis(attrs.axis as number, inputs[0].shape.length, where);
    return [inputs[0]];
  },
  reference([x], { inputs, attrs }) {
    const { size, inner } = walk(attrs, inputs[0].shape);
    const y = new Float64Array(x.length);
    for (let line = 0; line < x.length / size; line++) {
      const start = Math.floor(line / inner) * size * inner + (line % inner);
      let sum = 0;
      for (let i = 0; i < size; i++) {
        const at = start + (attrs.reverse ? size - 1 - i : i) * inner;
        y[at] = attrs.exclusive ? sum : sum + x[at];
        sum += x[at];
      }
    }
    return [y];
  },
  lower({ inputs: [x], attrs, adapter }) {
    const { size, inner } = walk(attrs, x.shape);
    const lines = sizeOf(x.shape) / size;
    const dispatch = {
      kernel: cumSumKernel,
      elem: elemOf(x.dtype),
      constants: { exclusive: attrs.exclusive ? 1 : 0, reverse: attrs.reverse ? 1 : 0 },
      params: [u32(lines), u32(size), u32(inner)],
      bindings: [read(0), write(0)],
      workgroups: gridOf(Math.ceil(lines / 64), adapter),
      flops: sizeOf(x.shape),
    };
    return [{ name: 'lines', dispatches: [dispatch] }];
  },
};

/** Extent of the axis, and elements after it. */
function walk(attrs: Attrs, shape: Shape): { readonly size: number; readonly inner: number } {
  const axis = resolveAxis(attrs.axis as number, shape.length, 'cumSum');
  return { size: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}
