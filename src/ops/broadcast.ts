import broadcastKernel from '../../shaders/broadcast.wgsl';
import { ArgumentError } from '../core/errors';
import {
  broadcastShapes,
  formatShape,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from '../core/shape';
import { elemOf, gridOf, type OpDef, read, u32, widthOf, write } from '../ir/op';
import { broadcastStrides, mergeAxes } from './binary';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';

/** `broadcastTo [x] {shape}`: NumPy's broadcasting, written out. */
export const broadcastToOp: OpDef = {
  name: 'broadcastTo',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const [{ dtype, shape: from }] = inputs;
    const shape = attrs.shape as Shape;
    if (!sameShape(broadcastShapes(from, shape, where), shape)) {
      throw new ArgumentError({
        where,
        rule: `shape ${formatShape(shape)} has every extent of the input's but ones`,
        found: formatShape(from),
      });
    }
    return [{ dtype, shape }];
  },
  reference([x], { inputs, outputs }) {
    const { shape } = outputs[0];
    const strides = stridesOf(shape);
    const from = broadcastStrides(inputs[0].shape, shape);
    return [
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
        const at = shape.map(
          (extent, axis) => (Math.floor(i / strides[axis]) % extent) * from[axis],
        );
        return x[at.reduce((sum, offset) => sum + offset, 0)];
      }),
    ];
  },
  lower({ inputs, outputs, adapter }) {
    const { shape, dtype } = outputs[0];
    const merged = mergeAxes(shape, [broadcastStrides(inputs[0].shape, shape)]);
    const extents = merged.shape.reverse();
    const strides = merged.strides[0].reverse();
    const width = extents.length > 0 && strides[0] === 1 ? widthOf(extents[0]) : 1;
    if (width > 1) {
      extents[0] /= width;
      for (let axis = 1; axis < strides.length; axis++) strides[axis] /= width;
    }
    const count = sizeOf(extents);
    const words = (values: readonly number[]) =>
      Array.from({ length: 8 }, (_, i) => u32(values[i] ?? 0));
    return [
      {
        name: `width ${width}`,
        dispatches: [
          {
            kernel: broadcastKernel,
            elem: elemOf(dtype),
            width,
            // Two words of padding: arrays of vec4 are aligned to 16 bytes.
            params: [
              u32(count),
              u32(extents.length),
              u32(0),
              u32(0),
              ...words(extents),
              ...words(strides),
            ],
            bindings: [read(0), write(0)],
            workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
            flops: 0,
          },
        ],
      },
    ];
  },
};
