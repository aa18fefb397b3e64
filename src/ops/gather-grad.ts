import gatherKernel from '../../shaders/gather.wgsl';
import { sizeOf } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import { type Dispatch, elemOf, gridOf, type OpDef, read, u32, widthOf, write } from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';
import { axisOf, checkIndices, gatherOp, NAN_BITS, placeOf, walk } from './gather';
/**
 * `gatherGrad [dy, indices i32] {axis, size}`: for each of the `size` places along `axis` the sum of
 * what was taken from it, in the order of the indices.
 */
export const gatherGradOp: OpDef = {
  name: 'gatherGrad',
  gradientOf: gatherOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    const [dy, indices] = inputs;
    checkFloat([dy], where);
    checkIndices(indices, where);
    const { axis, size } = attrs as Record<string, number>;
    const after = dy.shape.slice(axis + indices.shape.length);
    return [{ dtype: dy.dtype, shape: [...dy.shape.slice(0, axis), size, ...after] }];
  },
  reference([dy, indices], { attrs, outputs }) {
    const { size, inner } = walk(attrs, outputs[0].shape);
    const dx = new Float64Array(sizeOf(outputs[0].shape));
    dy.forEach((value, i) => {
      const place = placeOf(indices[Math.floor(i / inner) % indices.length], size);
      const outer = Math.floor(i / (inner * indices.length));
      if (place !== undefined) dx[(outer * size + place) * inner + (i % inner)] += value;
    });
    return [dx];
  },
  lower({ inputs: [dy, indices], attrs, outputs, adapter }) {
    const { size, inner } = walk(attrs, outputs[0].shape);
    const width = widthOf(inner);
    const count = sizeOf(outputs[0].shape) / width;
    const dispatch: Dispatch = {
      kernel: gatherKernel,
      entry: 'backward',
      elem: elemOf(dy.dtype),
      width,
      params: [u32(count), u32(inner / width), u32(size), u32(sizeOf(indices.shape)), NAN_BITS],
      bindings: [read(0), read(1), write(0)],
      workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
      flops: sizeOf(dy.shape),
    };
    return [{ name: `width ${width}`, dispatches: [dispatch] }];
  },
};

const gatherGradient: Gradient = ({ g, node, dOutputs: [dy] }) => {
  const [x, indices] = node.inputs;
  const axis = axisOf(node.attrs, x.shape, 'gather');
  return [g.op(gatherGradOp, [dy!, indices], { axis, size: x.shape[axis] }), undefined];
};

export const gatherGradients: Gradients = [[gatherOp, gatherGradient]];
