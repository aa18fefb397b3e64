import sigmoidCrossEntropyKernel from '../../shaders/sigmoid_cross_entropy.wgsl';
import { sizeOf } from '../core/shape';
import { elemOf, gridOf, type OpDef, read, u32, widthOf, write } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs, ELEMENTS_PER_WORKGROUP } from './common';

/**
 * `sigmoidCrossEntropy [logits, targets]` → −t·log σ(x) − (1 − t)·log(1 − σ(x)), element by element,
 * written so that it neither overflows nor cancels: max(x, 0) − x·t + log(1 + e^−|x|).
 */
export const sigmoidCrossEntropyOp: OpDef = {
  name: 'sigmoidCrossEntropy',
  infer(inputs, _attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    checkShapeIs(inputs[1], inputs[0].shape, where, 'targets');
    return [inputs[0]];
  },
  reference([x, t]) {
    // −log σ(x), and −log(1 − σ(x)) is the same at −x.
    const cost = (v: number) => (v < 0 ? -v : 0) + Math.log1p(Math.exp(-Math.abs(v)));
    return [x.map((v, i) => t[i] * cost(v) + (1 - t[i]) * cost(-v))];
  },
  lower({ inputs, adapter }) {
    const size = sizeOf(inputs[0].shape);
    const width = widthOf(size);
    const count = size / width;
    return [
      {
        name: `width ${width}`,
        dispatches: [
          {
            kernel: sigmoidCrossEntropyKernel,
            elem: elemOf(inputs[0].dtype),
            width,
            params: [u32(count)],
            bindings: [read(0), read(1), write(0)],
            workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
            flops: 6 * size,
          },
        ],
      },
    ];
  },
};
