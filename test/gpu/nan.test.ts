// A NaN is seen, not turned into a number on its way: a loss that hides it would hide a divergence.
import { expect, test } from 'vitest';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import type { Attrs } from '../../src/ir/graph';
import type { OpDef } from '../../src/ir/op';
import { activationOps } from '../../src/ops/activations';
import { avgPool2dOp } from '../../src/ops/avg-pool';
import {
  addOp,
  divOp,
  equalOp,
  greaterOp,
  greaterOrEqualOp,
  maxOp,
  minOp,
  mulOp,
  powOp,
  subOp,
} from '../../src/ops/binary';
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

for (const op of [addOp, subOp, mulOp, divOp, powOp, maxOp, minOp]) {
  test(`${op.name} of NaN and a number is NaN, either way round`, async () => {
    const variables = new GpuVariables(await getDevice());
    const g = new GraphBuilder();
    const [a, b] = ['a', 'b'].map((name) => g.input(name, { dtype: 'f32', shape: [5] }));
    g.output('y', g.op(op, [a, b]));
    const program = await compileGpu(g.build(), variables);
    const nan = Number.NaN;
    const { y } = await program.run({ a: [nan, 2, nan, 2, 2], b: [2, nan, nan, 2, 2] });
    expect([...y.subarray(0, 3)]).toEqual([nan, nan, nan]);
    expect(Number.isFinite(y[4])).toBe(true);
    program.dispose();
  });
}

test('nothing compares with NaN', async () => {
  const variables = new GpuVariables(await getDevice());
  const g = new GraphBuilder();
  const [a, b] = ['a', 'b'].map((name) => g.input(name, { dtype: 'f32', shape: [4] }));
  for (const op of [equalOp, greaterOp, greaterOrEqualOp]) g.output(op.name, g.op(op, [a, b]));
  const program = await compileGpu(g.build(), variables);
  const nan = Number.NaN;
  const got = await program.run({ a: [nan, 1, nan, 1], b: [nan, nan, 1, 1] });
  expect([...got.equal]).toEqual([0, 0, 0, 1]);
  expect([...got.greater]).toEqual([0, 0, 0, 0]);
  expect([...got.greaterOrEqual]).toEqual([0, 0, 0, 1]);
  program.dispose();
});

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
