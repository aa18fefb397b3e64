import whereKernel from '../../shaders/where.wgsl';
import { broadcastShapes, sizeOf, stridesOf } from '../core/shape';
import { elemOf, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { broadcastStrides, mergeAxes } from './binary';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';
import { innermostFirst } from './strided-copy';

/** `where [condition, a, b]`: a where the condition is not 0, else b; all three broadcast. */
export const whereOp: OpDef = {
  name: 'where',
  infer(inputs, _attrs, where) {
    checkCount(inputs, 3, where);
    checkFloat(inputs, where);
    const shape = inputs
      .map((input) => input.shape)
      .reduce((all, one) => broadcastShapes(all, one, where));
    return [{ dtype: inputs[0].dtype, shape }];
  },
  reference(numbers, { inputs, outputs }) {
    const { shape } = outputs[0];
    const own = stridesOf(shape);
    const strides = inputs.map((input) => broadcastStrides(input.shape, shape));
    const out = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      const at = shape.map((extent, axis) => Math.floor(i / own[axis]) % extent);
      const [condition, a, b] = numbers.map(
        (values, k) => values[at.reduce((sum, index, axis) => sum + index * strides[k][axis], 0)],
      );
      return condition !== 0 ? a : b;
    });
    return [out];
  },
  lower({ inputs, outputs: [{ shape, dtype }], adapter }) {
    const count = sizeOf(shape);
    const strides = inputs.map((input) => broadcastStrides(input.shape, shape));
    const merged = mergeAxes(shape, strides);
    const dispatch = {
      kernel: whereKernel,
      elem: elemOf(dtype),
      params: [
        u32(count),
        u32(merged.shape.length),
        u32(0),
        u32(0),
        ...innermostFirst(merged.shape),
        ...merged.strides.flatMap(innermostFirst),
      ],
      bindings: [read(0), read(1), read(2), write(0)],
      workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
      flops: count,
    };
    return [{ name: 'broadcast', dispatches: [dispatch] }];
  },
};
