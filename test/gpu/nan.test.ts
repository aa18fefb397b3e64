// A NaN is seen, not turned into a number on its way: a loss that hides it would hide a divergence.
import { expect, test } from 'vitest';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import type { Attrs } from '../../src/ir/graph';
import type { OpDef } from '../../src/ir/op';
import { activationOps } from '../../src/ops/activations';
import { avgPool2dOp } from '../../src/ops/avg-pool';
import { maxPool2dOp } from '../../src/ops/max-pool';
import { reduceMeanOp, reduceSumOp } from '../../src/ops/reduce';
import { logSoftmaxOp, softmaxOp } from '../../src/ops/softmax';
import { compileGpu } from '../../src/runtime/compile';
import { getDevice } from '../support/gpu';

type Case = { op: OpDef; shape: number[]; attrs: Attrs };
const unary = activationOps.map((op): Case => ({ op, shape: [7], attrs: {} }));
const others: Case[] = [
  { op: softmaxOp, shape: [2, 4], attrs: { axis: 1 } },
  { op: logSoftmaxOp, shape: [2, 4], attrs: { axis: 1 } },
  { op: reduceSumOp, shape: [2, 4], attrs: { axes: [1], keepDims: false } },
  { op: reduceMeanOp, shape: [2, 4], attrs: { axes: [1], keepDims: false } },
  { op: maxPool2dOp, shape: [1, 2, 2, 1], attrs: { size: [2, 2] } },
  { op: avgPool2dOp, shape: [1, 2, 2, 1], attrs: { size: [2, 2] } },
];

for (const { op, shape, attrs } of [...unary, ...others]) {
  test(`${op.name} of NaN is NaN`, async () => {
    const variables = new GpuVariables(await getDevice());
    const g = new GraphBuilder();
    g.output('y', g.op(op, [g.input('x', { dtype: 'f32', shape })], attrs));
    const program = await compileGpu(g.build(), variables);
    const x = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    x[0] = Number.NaN;
    const { y } = await program.run({ x });
    expect(y[0]).toBeNaN();
    if (y.length > 1) expect(Number.isFinite(y[y.length - 1])).toBe(true);
    program.dispose();
  });
}
