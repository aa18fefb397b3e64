// Networks whose activations are halves. Each op by itself is in the case tables: ops.test.ts.
import { expect, test } from 'vitest';
import {
  HALF_ROUND_OFF,
  largestMagnitude,
  overflowed,
  roundingError,
  storedAsHalf,
  worstError,
} from '../../src/core/compare';
import { DeviceError } from '../../src/core/errors';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import { GpuVariables } from '../../src/gpu/variables';
import * as m from '../../src/index';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import { fuse } from '../../src/passes/fuse';
import { compileGpu } from '../../src/runtime/compile';
import { asStored, cutAtHalves } from '../../src/self-test/halves';
import { createSlots, evaluationGraph, slotsOf, trainingGraph } from '../../src/train/graph';
import { crossEntropy } from '../../src/train/losses';
import { freshDevice, getAdapter, getDevice } from '../support/gpu';

const halves = (await getAdapter()).features.has('shader-f16');
const BATCH = 6;
const CLASSES = 4;

/** Convolutions of several kinds, a residual, odd channels, pooling. */
function network(): m.Model {
  const image = m.input([9, 10, 3]);
  const stem = m.relu()(m.batchNorm()(m.conv2d(8, 3, { padding: 'same' })(image)));
  const branch = m.batchNorm()(m.depthwiseConv2d(3, { padding: 'same' })(stem));
  const sum = m.relu()(m.add()(stem, branch));
  const odd = m.gelu()(m.batchNorm()(m.conv2d(5, 1)(sum)));
  const pooled = m.globalAveragePooling2d()(m.maxPooling2d()(m.groupNorm({ groups: 5 })(odd)));
  return m.model(image, m.dense(CLASSES, { activation: 'softmax' })(pooled));
}

const model = network();
const optimizer = m.sgd({ momentum: 0.9 });
const loss = crossEntropy();
const common = {
  batch: BATCH,
  loss,
  target: { dtype: 'i32', shape: [] },
  metrics: ['accuracy'],
  storage: 'f16',
} as const;
const graphs = {
  inference: evaluationGraph(model, common),
  'a training step': withUpdatesOut(trainingGraph(model, { ...common, optimizer })),
};

/** The new values of states are outputs too. */
function withUpdatesOut(graph: Graph): Graph {
  const g = GraphBuilder.extend(graph);
  for (const [{ name }, value] of graph.updates) g.output(`new ${name}`, value);
  return g.build();
}

/** Variables with the model's first numbers, and the numbers of all inputs and states of `graph`. */
async function prepare(graph: Graph) {
  const variables = new GpuVariables(await getDevice());
  const state = model.initialState(1);
  for (const [name, { type, values }] of state) variables.create(name, type, values);
  createSlots(variables, slotsOf(model, optimizer));
  const random = new Random(2);
  const inputs: Record<string, number[]> = {};
  for (const { name, dtype, shape } of graph.inputs) {
    const draw = dtype === 'i32' ? () => random.integer(CLASSES) : () => random.normal();
    inputs[name] = shape.length ? Array.from({ length: sizeOf(shape) }, draw) : [0.1];
  }
  const numbers = new Map<Value, Float64Array>();
  for (const value of graph.inputs) {
    numbers.set(value, Float64Array.from(inputs[value.name], Math.fround));
  }
  for (const value of graph.states) {
    numbers.set(value, Float64Array.from(await variables.get(value.name)));
  }
  return { variables, numbers };
}

const inputsOf = (graph: Graph, numbers: ReadonlyMap<Value, Float64Array>) =>
  Object.fromEntries(graph.inputs.map((value) => [value.name, numbers.get(value)!]));

for (const [what, graph] of Object.entries(graphs)) {
  test.skipIf(!halves)(`${what}: every node, given what the reference stored`, async () => {
    const { variables, numbers: given } = await prepare(graph);
    const { graph: cut, numbers } = cutAtHalves(fuse(graph), given);
    const program = await compileGpu(cut, variables);
    const got = await program.run(inputsOf(cut, numbers));
    const known = execute(cut, numbers);
    // The longest sum is a filter gradient's, over all pixels.
    const terms = BATCH * 9 * 10;
    expect([...cut.outputs].filter(([, { dtype }]) => dtype === 'f16').length).toBeGreaterThan(8);
    for (const [name, value] of cut.outputs) {
      const half = value.dtype === 'f16';
      const computed = known.get(value)!;
      const values = half ? computed.map(overflowed) : computed;
      const atol = roundingError(terms, largestMagnitude(values));
      const tolerance = half ? storedAsHalf(atol) : { atol };
      const error = worstError(got[name], values, { name, shape: value.shape, ...tolerance });
      expect(error, error).toBeUndefined();
    }
    program.dispose();
    variables.dispose();
  });

  test.skipIf(!halves)(`${what}: as the reference that rounds as it stores`, async () => {
    const { variables, numbers } = await prepare(graph);
    const program = await compileGpu(graph, variables);
    const got = await program.run(inputsOf(graph, numbers));
    const fused = fuse(graph);
    const known = execute(fused, numbers, asStored);
    const stored = fused.nodes.flatMap(({ outputs }) => outputs.filter((v) => v.dtype === 'f16'));
    // Both round the same numbers, but for those that an error of f32 takes past the middle between two
    // halves: less than a rounding more for each tensor that is stored.
    const allowed = HALF_ROUND_OFF * Math.sqrt(stored.length);
    for (const [name, value] of fused.outputs) {
      const want = known.get(value)!;
      const distance = Math.hypot(...want.map((x, i) => x - got[name][i]));
      expect(distance, name).toBeLessThan(allowed * Math.hypot(...want) + 1e-6);
    }
    program.dispose();
    variables.dispose();
  });
}

test.skipIf(!halves)('training with halves learns, and the same bits each time', async () => {
  const random = new Random(5);
  const label = Int32Array.from({ length: 64 }, () => random.integer(2));
  const x = Float32Array.from({ length: 64 * 36 }, (_, i) => {
    const striped = Math.floor(i / 6) % 2 === label[Math.floor(i / 36)];
    return (striped ? 1 : 0) + 0.3 * random.normal();
  });
  const striped = m.sequential(
    [6, 6, 1],
    [
      m.conv2d(4, 3),
      m.batchNorm({ momentum: 0.9 }),
      m.relu(),
      m.flatten(),
      m.dense(2, { activation: 'softmax' }),
    ],
  );
  const options = {
    loss: 'crossEntropy',
    optimizer: m.adam({ learningRate: 0.02 }),
    batch: 16,
    epochs: 6,
    seed: 7,
  } as const;
  const device = await getDevice();
  const states: number[][] = [];
  for (let run = 0; run < 2; run++) {
    const net = await m.compile(striped, { device, storage: 'f16', seed: 3 });
    const before = await m.evaluate(net, { x, y: label }, { loss: 'crossEntropy' });
    await m.fit(net, { x, y: label }, options).run();
    const after = await m.evaluate(net, { x, y: label }, { loss: 'crossEntropy' });
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.metrics.accuracy).toBeGreaterThan(0.9);
    const state = await net.getState();
    states.push(state.names().flatMap((name) => [...state.get(name)]));
    net.dispose();
  }
  expect(states[1]).toEqual(states[0]);
});

test('where the device has no shader-f16 it is told', async () => {
  const device = await freshDevice({ requiredFeatures: [] });
  const asked = m.compile(model, { device, storage: 'f16' });
  await expect(asked).rejects.toThrow(DeviceError);
  await expect(asked).rejects.toThrow(/storage f16 needs .* shader-f16/);
  device.destroy();
});
