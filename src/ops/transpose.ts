import { ArgumentError } from '../core/errors';
import { formatShape, type Shape, sizeOf, stridesOf } from '../core/shape';
import { type OpDef, read, write } from '../ir/op';
import { checkCount, checkFloat } from './common';
import { byRuns, stridedCopy } from './strided-copy';

/** `transpose [x] {perm}`: axis `a` of the output is axis `perm[a]` of the input. */
export const transposeOp: OpDef = {
  name: 'transpose',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const [{ dtype, shape }] = inputs;
    const perm = attrs.perm as Shape;
    if (perm.length !== shape.length || shape.some((_, axis) => !perm.includes(axis))) {
      throw new ArgumentError({
        where,
        rule: `perm names each of the ${shape.length} axes once`,
        found: formatShape(perm),
      });
    }
    return [{ dtype, shape: perm.map((axis) => shape[axis]) }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const perm = attrs.perm as Shape;
    const [from, to] = [stridesOf(inputs[0].shape), stridesOf(outputs[0].shape)];
    const out = new Float64Array(sizeOf(outputs[0].shape));
    for (let i = 0; i < out.length; i++) {
      const at = inputs[0].shape.map((extent, axis) => Math.floor(i / from[axis]) % extent);
      out[perm.reduce((sum, axis, a) => sum + at[axis] * to[a], 0)] = x[i];
    }
    return [out];
  },
  lower({ inputs, attrs, outputs, adapter }) {
    const strides = stridesOf(inputs[0].shape);
    const { shape } = outputs[0];
    const from = { offset: 0, strides: (attrs.perm as Shape).map((axis) => strides[axis]) };
    const to = { offset: 0, strides: stridesOf(shape) };
    return byRuns(adapter, (run) => [
      stridedCopy(inputs[0], shape, from, to, [read(0), write(0)], adapter, run),
    ]);
  },
};
