// A training step as it is compiled, on the GPU: it computes activations again, and sums up statistics where
// convolutions make their output. Against the reference, and against the step that does not.
import { expect, test } from 'vitest';
import { roundingError, worstError } from '../../src/core/compare';
import type { TypedArray } from '../../src/core/dtype';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import { GpuVariables } from '../../src/gpu/variables';
import { add, batchNorm, conv2d, dense, flatten, input, model, relu } from '../../src/index';
import type { Value } from '../../src/ir/graph';
import { type CompileOptions, compileGpu } from '../../src/runtime/compile';
import { STEP_OPTIONS } from '../../src/runtime/step-options';
import { trainingGraph } from '../../src/train/graph';
import { meanSquaredError } from '../../src/train/losses';
import { sgd } from '../../src/train/optimizers';
import { getDevice } from '../support/gpu';

const image = input([6, 6, 3]);
const conv = { padding: 'same', useBias: false } as const;
let x = relu()(batchNorm()(conv2d(8, 3, conv)(image)));
for (let i = 0; i < 2; i++) {
  const path = relu()(batchNorm()(conv2d(8, 3, conv)(x)));
  x = relu()(add()(batchNorm()(conv2d(8, 1, conv)(path)), x));
}
const graph = trainingGraph(model(image, dense(2)(flatten()(x))), {
  batch: 4,
  loss: meanSquaredError(),
  target: { dtype: 'f32', shape: [2] },
  optimizer: sgd({ momentum: 0.9 }),
  metrics: [],
  storage: 'f32',
});
const random = new Random(8);
const numbersOf = ({ name, dtype, shape }: Value): Float32Array => {
  const from = name.includes('Variance') || name.includes('gamma') ? 1 : 0;
  const draw = () => (dtype === 'i32' ? 0 : from + 0.3 * random.normal() ** (from ? 2 : 1));
  return Float32Array.from({ length: sizeOf(shape) }, draw);
};
const given = new Map([...graph.inputs, ...graph.states].map((value) => [value, numbersOf(value)]));

/** The states after a step, and the plan's kernels. */
async function step(options: CompileOptions) {
  const variables = new GpuVariables(await getDevice());
  for (const state of graph.states) {
    variables.create(state.name, state, given.get(state) as Float32Array);
  }
  const program = await compileGpu(graph, variables, options);
  await program.run(Object.fromEntries(graph.inputs.map((v) => [v.name, given.get(v)!])));
  const states = new Map<string, TypedArray>();
  for (const { name } of graph.updates.keys()) states.set(name, await variables.get(name));
  const kernels = program.plan.pipelines.map(({ kernel }) => kernel.name);
  const { peakBytes } = program.plan;
  program.dispose();
  variables.dispose();
  return { states, kernels, peakBytes };
}

const known = execute(
  graph,
  new Map([...given].map(([value, numbers]) => [value, Float64Array.from(numbers)])),
);

function expectKnown(
  { states }: Awaited<ReturnType<typeof step>>,
  other: Awaited<ReturnType<typeof step>>,
) {
  for (const [{ name, shape }, value] of graph.updates) {
    const want = known.get(value) as Float64Array;
    const got = states.get(name) as TypedArray;
    // Seven layers, each with sums of up to 144 numbers.
    const atol = roundingError(7 * 144, 1);
    const error = worstError(got, want, { name, shape, atol, rtol: atol });
    expect(error, error).toBeUndefined();
    const apart = worstError(got, other.states.get(name) as TypedArray, { name, shape, atol });
    expect(apart, apart).toBeUndefined();
  }
}

test('computes activations again: less memory, the same gradients', async () => {
  const [less, all] = [await step(STEP_OPTIONS), await step({ arrange: STEP_OPTIONS.arrange })];
  expect(less.kernels).toContain('batch_norm_again');
  expect(all.kernels).not.toContain('batch_norm_again');
  expect(less.peakBytes).toBeLessThan(all.peakBytes);
  expectKnown(less, all);
});

test('takes statistics from the tiles of convolutions: the same gradients', async () => {
  const tiles = 'conv2d_tiled_statistics';
  const choose: CompileOptions['choose'] = (_, lowerings) =>
    lowerings.find(({ name }) => name.startsWith(tiles)) ?? lowerings[0];
  const [together, apart] = [await step({ ...STEP_OPTIONS, choose }), await step({})];
  expect(together.kernels).toContain(tiles);
  expect(apart.kernels).not.toContain(tiles);
  expectKnown(together, apart);
});
