import gatherKernel from '../../shaders/gather.wgsl';
import { DTypeError } from '../core/errors';
import { resolveAxis, type Shape, sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import { type Dispatch, elemOf, gridOf, type OpDef, read, u32, widthOf, write } from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, ELEMENTS_PER_WORKGROUP } from './common';

/**
 * `gather [x, indices i32] {axis = 0}`: the elements of `x` along `axis` at those places, whose
 * dimensions take the axis' place. Negative indices count from the end. One outside gives NaN, or 0
 * where x is i32: nothing of another place is shown.
 */
export const gatherOp: OpDef = {
  name: 'gather',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    const [{ dtype, shape }, indices] = inputs;
    checkIndices(indices, where);
    if (dtype === 'u32') {
      throw new DTypeError({ where, rule: 'x is f32, f16 or i32', found: formatType(inputs[0]) });
    }
    const axis = axisOf(attrs, shape, where);
    return [
      { dtype, shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)] },
    ];
  },
  reference([x, indices], { inputs, attrs, outputs }) {
    const { shape, dtype } = inputs[0];
    const { size, inner } = walk(attrs, shape);
    const missing = dtype === 'i32' ? 0 : Number.NaN;
    const out = Float64Array.from({ length: sizeOf(outputs[0].shape) }, (_, i) => {
      const place = placeOf(indices[Math.floor(i / inner) % indices.length], size);
      const outer = Math.floor(i / (inner * indices.length));
      return place === undefined ? missing : x[(outer * size + place) * inner + (i % inner)];
    });
    return [out];
  },
  lower({ inputs: [x, indices], attrs, outputs, adapter }) {
    const { size, inner } = walk(attrs, x.shape);
    const width = widthOf(inner);
    const count = sizeOf(outputs[0].shape) / width;
    const dispatch: Dispatch = {
      kernel: gatherKernel,
      // Integers read as floats would be flushed to zero.
      entry: x.dtype === 'i32' ? 'integers' : 'main',
      elem: elemOf(x.dtype),
      width,
      params: [u32(count), u32(inner / width), u32(size), u32(sizeOf(indices.shape)), NAN_BITS],
      bindings: [read(0), read(1), write(0)],
      workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
      flops: 0,
    };
    return [{ name: `width ${width}`, dispatches: [dispatch] }];
  },
};

/** WGSL has no literal for NaN. */
export const NAN_BITS = u32(0x7fc00000);

export function checkIndices(indices: TensorType, where: string): void {
  if (indices.dtype === 'i32') return;
  throw new DTypeError({ where, rule: 'indices are i32', found: formatType(indices) });
}

export function axisOf(attrs: Attrs, shape: Shape, where: string): number {
  return resolveAxis((attrs.axis as number) ?? 0, shape.length, where);
}

/** Extent of the axis, and elements after it. */
export function walk(
  attrs: Attrs,
  shape: Shape,
): { readonly size: number; readonly inner: number } {
  const axis = axisOf(attrs, shape, 'gather');
  return { size: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}

/** Where an index points; undefined outside. */
export function placeOf(index: number, size: number): number | undefined {
  const place = index < 0 ? index + size : index;
  return place >= 0 && place < size ? place : undefined;
}
