import preluKernel from '../../shaders/prelu.wgsl';
import { ShapeError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import {
  elemOf,
  gridOf,
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  u32,
  write,
} from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';

/** `prelu [x, alpha [C] or [1]]`: x > 0 ? x : alpha·x, a slope a channel or one for all. */
export const preluOp: OpDef = {
  name: 'prelu',
  infer(inputs, _attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    checkAlpha(inputs, where);
    return [inputs[0]];
  },
  reference: ([x, alpha]) => [x.map((v, i) => (v > 0 ? v : alpha[i % alpha.length] * v))],
  lower: (context) => lowerPrelu(context, 'main'),
};

export function checkAlpha([x, alpha]: readonly TensorType[], where: string): void {
  const channels = x.shape[x.shape.length - 1] ?? 1;
  const [count] = alpha.shape;
  if (alpha.shape.length === 1 && (count === 1 || count === channels)) return;
  throw new ShapeError({
    where,
    rule: `alpha has shape [${channels}] or [1]`,
    found: formatShape(alpha.shape),
  });
}

export function lowerPrelu(
  { inputs, outputs, adapter }: LowerContext,
  entry: 'main' | 'backward',
): Lowering[] {
  const count = sizeOf(inputs[0].shape);
  return [
    {
      name: 'scalar',
      dispatches: [
        {
          kernel: preluKernel,
          entry,
          elem: elemOf(inputs[0].dtype),
          params: [u32(count), u32(inputs[1].shape[0])],
          bindings: [...inputs.map((_, i) => read(i)), ...outputs.map((_, i) => write(i))],
          workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
          flops: count * outputs.length,
        },
      ],
    },
  ];
}
