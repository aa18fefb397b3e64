import castKernel from '../../shaders/cast.wgsl';
import { oneOf } from '../core/check';
import { type DType, roundTrip } from '../core/dtype';
import { DTypeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { elemOf, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, ELEMENTS_PER_WORKGROUP } from './common';

type FloatType = 'f32' | 'f16';

/** `cast [x] {to: 'f32' | 'f16'}`: f32, f16 or i32 numbers as the nearest of another type. */
export const castOp: OpDef = {
  name: 'cast',
  summary: 'f32, f16 or i32 to f32 or f16',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    const [input] = inputs;
    const to = oneOf(attrs.to as FloatType, ['f32', 'f16'], where, 'to');
    if (input.dtype === 'u32') {
      throw new DTypeError({ where, rule: 'it casts f32, f16 and i32', found: formatType(input) });
    }
    return [{ dtype: to, shape: input.shape }];
  },
  // To f16 it rounds, as storing does.
  reference: ([x], { attrs }) => [
    attrs.to === 'f16' ? Float64Array.from(roundTrip('f16', x)) : x.slice(),
  ],
  lower({ inputs, outputs, adapter }) {
    const count = sizeOf(inputs[0].shape);
    const entry = entryOf(inputs[0].dtype, outputs[0].dtype);
    return [
      {
        name: entry,
        dispatches: [
          {
            kernel: castKernel,
            entry,
            elem: elemOf(entry === 'widen' ? inputs[0].dtype : outputs[0].dtype),
            params: [u32(count)],
            bindings: [read(0), write(0)],
            workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
            flops: 0,
          },
        ],
      },
    ];
  },
};

function entryOf(from: DType, to: DType): 'widen' | 'narrow' | 'integers' {
  if (from === 'i32') return 'integers';
  return to === 'f32' ? 'widen' : 'narrow';
}
