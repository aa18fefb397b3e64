import padGradKernel from '../../shaders/pad_grad.wgsl';
import { nonNegativeInteger, oneOf, positiveInteger } from '../core/check';
import { sizeOf } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import type { Value } from '../ir/graph';
import { elemOf, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';
import { sliceOp } from './concat';
import { checkReflection, MODES, type Mode, paddingOf, padOp, source } from './pad';
/**
 * `padGrad [dy] {axis, before, size, mode}`: for each of the `size` elements along `axis` the sum of
 * its copies in the padded tensor.
 */
export const padGradOp: OpDef = {
  name: 'padGrad',
  gradientOf: padOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const { axis, before, size, mode } = attrs as { [name: string]: number } & { mode: Mode };
    oneOf(mode, ['reflect', 'replicate', 'symmetric', 'wrap'], where, 'mode');
    const [{ dtype, shape }] = inputs;
    const after = shape[axis] - before - positiveInteger(size, where, 'size');
    nonNegativeInteger(after, where, 'padding after');
    checkReflection(mode, size, before, after, where);
    return [{ dtype, shape: shape.map((n, i) => (i === axis ? size : n)) }];
  },
  reference([dy], { inputs, attrs, outputs }) {
    const { axis, before, size, mode } = attrs as { [name: string]: number } & { mode: Mode };
    const padded = inputs[0].shape[axis];
    const inner = sizeOf(inputs[0].shape.slice(axis + 1));
    const dx = new Float64Array(sizeOf(outputs[0].shape));
    dy.forEach((value, i) => {
      const index = Math.floor(i / inner) % padded;
      const outer = Math.floor(i / (inner * padded));
      const at = source(mode, index - before, size) as number;
      dx[(outer * size + at) * inner + (i % inner)] += value;
    });
    return [dx];
  },
  lower({ inputs, attrs, outputs, adapter }) {
    const { axis, before, size, mode } = attrs as { [name: string]: number } & { mode: Mode };
    const count = sizeOf(outputs[0].shape);
    const padded = inputs[0].shape[axis];
    return [
      {
        name: 'gather',
        dispatches: [
          {
            kernel: padGradKernel,
            elem: elemOf(inputs[0].dtype),
            constants: { mode: MODES[mode] },
            params: [
              u32(count),
              u32(sizeOf(inputs[0].shape.slice(axis + 1))),
              u32(size),
              u32(before),
              u32(padded - before - size),
            ],
            bindings: [read(0), write(0)],
            workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
            flops: sizeOf(inputs[0].shape),
          },
        ],
      },
    ];
  },
};

const padGradient: Gradient = ({ g, node, dOutputs: [dy] }) => {
  const { before, after, mode } = paddingOf(node.attrs);
  const { shape } = node.inputs[0];
  if (mode === 'constant') return [g.op(sliceOp, [dy!], { starts: before, sizes: shape })];
  // Padding is separable: so is its transpose, an axis at a time.
  let gradient: Value = dy!;
  shape.forEach((size, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return;
    gradient = g.op(padGradOp, [gradient], { axis, before: before[axis], size, mode });
  });
  return [gradient];
};

export const padGradients: Gradients = [[padOp, padGradient]];
