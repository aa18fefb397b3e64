import castKernel from '../../shaders/cast.wgsl';
import { oneOf } from '../core/check';
import { type DType, integerOf } from '../core/dtype';
import { DTypeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { elemOf, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, ELEMENTS_PER_WORKGROUP } from './common';

const TYPES = ['f32', 'f16', 'i32'] as const;

/**
 * `cast [x] {to: 'f32' | 'f16' | 'i32'}`: f32, f16 or i32 numbers as the nearest of another type, f32 also
 * as they are. To i32 they lose what is behind the point; those too large become the largest, NaN becomes 0.
 */
export const castOp: OpDef = {
  name: 'cast',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    const [input] = inputs;
    const to = oneOf(attrs.to as (typeof TYPES)[number], TYPES, where, 'to');
    if (input.dtype === 'u32' || (to === input.dtype && to !== 'f32')) {
      const rule = 'it casts f32, f16 and i32, to another type';
      throw new DTypeError({ where, rule, found: `${formatType(input)} to ${to}` });
    }
    return [{ dtype: to, shape: input.shape }];
  },
  // What halves lose is lost where they are stored, as with any op.
  reference: ([x], { attrs }) => [attrs.to === 'i32' ? x.map(integerOf) : x.slice()],
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
            elem: elemOf(
              entry === 'widen' || entry === 'truncate' ? inputs[0].dtype : outputs[0].dtype,
            ),
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

function entryOf(from: DType, to: DType): 'widen' | 'narrow' | 'integers' | 'truncate' {
  if (to === 'i32') return 'truncate';
  if (from === 'i32') return 'integers';
  return to === 'f32' ? 'widen' : 'narrow';
}
