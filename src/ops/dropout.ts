import dropoutKernel from '../../shaders/dropout.wgsl';
import { nonNegativeInteger, within } from '../core/check';
import { ArgumentError, DTypeError } from '../core/errors';
import { randomUniform } from '../core/random';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import { elemOf, f32, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, checkFloat, checkShapeIs, ELEMENTS_PER_WORKGROUP } from './common';

const optionsOf = (attrs: Attrs) => attrs as { readonly rate: number; readonly seed: number };

/**
 * `dropout [x, step i32 [1]] {rate, seed}`: element `i` is kept, and divided by 1 − rate, where
 * randomUniform(seed, step, i) ≥ rate, else it is 0. The same step gives the same mask: the gradient
 * is dropout itself.
 */
export const dropoutOp: OpDef = {
  name: 'dropout',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    const [x, step] = inputs;
    const { rate, seed } = optionsOf(attrs);
    checkFloat([x], where);
    within(rate, 0, 1, where, 'rate');
    if (rate === 1) throw new ArgumentError({ where, rule: 'rate is below 1', found: '1' });
    nonNegativeInteger(seed, where, 'seed');
    checkShapeIs(step, [1], where, 'step');
    if (step.dtype !== 'i32') {
      throw new DTypeError({ where, rule: 'step is i32', found: formatType(step) });
    }
    return [x];
  },
  reference([x, [step]], { attrs }) {
    const { rate, seed } = optionsOf(attrs);
    return [x.map((v, i) => (randomUniform(seed, step, i) >= rate ? v / (1 - rate) : 0))];
  },
  lower({ inputs, attrs, adapter }) {
    const { rate, seed } = optionsOf(attrs);
    const count = sizeOf(inputs[0].shape);
    // Of 24 bits, as randomUniform has: an exact comparison whatever the rate.
    const threshold = Math.ceil(rate * 2 ** 24);
    return [
      {
        name: 'scalar',
        dispatches: [
          {
            kernel: dropoutKernel,
            elem: elemOf(inputs[0].dtype),
            params: [u32(count), u32(seed), u32(threshold), f32(1 / (1 - rate))],
            bindings: [read(0), read(1), write(0)],
            workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
            flops: count,
          },
        ],
      },
    ];
  },
};
