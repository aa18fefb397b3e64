// A NaN is seen, not turned into a number on its way: a loss that hides it would hide a divergence.
import { expect, test } from 'vitest';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import { ops } from '../../src/ops';
import { ACTIVATIONS } from '../../src/ops/activations';
import { compileGpu } from '../../src/runtime/compile';
import { getDevice } from '../support/gpu';

const unary = Object.keys(ACTIVATIONS).map((op) => ({ op, shape: [7], attrs: {} }));
const others = [
  { op: 'softmax', shape: [2, 4], attrs: { axis: 1 } },
  { op: 'logSoftmax', shape: [2, 4], attrs: { axis: 1 } },
  { op: 'reduceSum', shape: [2, 4], attrs: { axes: [1], keepDims: false } },
  { op: 'reduceMean', shape: [2, 4], attrs: { axes: [1], keepDims: false } },
  { op: 'maxPool2d', shape: [1, 2, 2, 1], attrs: { size: [2, 2] } },
  { op: 'avgPool2d', shape: [1, 2, 2, 1], attrs: { size: [2, 2] } },
];

for (const op of ['add', 'sub', 'mul', 'div', 'pow', 'max', 'min']) {
  test(`${op} of NaN and a number is NaN, either way round`, async () => {
    const variables = new GpuVariables(await getDevice());
    const g = new GraphBuilder(ops);
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
  const g = new GraphBuilder(ops);
  const [a, b] = ['a', 'b'].map((name) => g.input(name, { dtype: 'f32', shape: [4] }));
  for (const op of ['equal', 'greater', 'greaterOrEqual']) g.output(op, g.op(op, [a, b]));
  const program = await compileGpu(g.build(), variables);
  const nan = Number.NaN;
  const got = await program.run({ a: [nan, 1, nan, 1], b: [nan, nan, 1, 1] });
  expect([...got.equal]).toEqual([0, 0, 0, 1]);
  expect([...got.greater]).toEqual([0, 0, 0, 0]);
  expect([...got.greaterOrEqual]).toEqual([0, 0, 0, 1]);
  program.dispose();
});

for (const { op, shape, attrs } of [...unary, ...others]) {
  test(`${op} of NaN is NaN`, async () => {
    const variables = new GpuVariables(await getDevice());
    const g = new GraphBuilder(ops);
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
