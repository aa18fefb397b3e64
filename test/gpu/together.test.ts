// Variables that share memory: one dispatch updates them all, and nothing else is different.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NameError, ShapeError } from '../../src/core/errors';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { GpuVariables } from '../../src/gpu/variables';
import type { TensorType } from '../../src/ir/graph';
import { relu } from '../../src/model/layers/activation';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { dense } from '../../src/model/layers/dense';
import { type Model, sequential } from '../../src/model/model';
import { compileGpu } from '../../src/runtime/compile';
import { GpuProgram } from '../../src/runtime/gpu-program';
import { compile } from '../../src/runtime/network';
import { STEP_OPTIONS } from '../../src/runtime/step-options';
import { createSlots, RATE, slotsOf, TARGETS, trainingGraph } from '../../src/train/graph';
import { crossEntropy } from '../../src/train/losses';
import { adagrad, adam, adamW, type Optimizer, rmsprop, sgd } from '../../src/train/optimizers';
import { trainingProgram } from '../../src/train/program';
import { getDevice } from '../support/gpu';

const BATCH = 6;

let device: GPUDevice;
beforeAll(async () => {
  device = await getDevice();
});

const opened: { dispose(): void }[] = [];
afterAll(() => {
  for (const one of opened.splice(0)) one.dispose();
});

const owned = <T extends { dispose(): void }>(one: T): T => {
  opened.push(one);
  return one;
};

/** Sizes that fill no slot: 35, 7, 7, 63, 9, 9 and 27, 3 numbers. */
const mlp = (frozen = false) =>
  sequential(
    [5],
    [
      dense(7, { useBias: false }),
      batchNorm(),
      relu(),
      dense(9, { useBias: false, trainable: !frozen }),
      batchNorm(),
      relu(),
      dense(3, { activation: 'softmax' }),
    ],
  );

const numbers = (count: number, seed: number) => {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal());
};

/** The states after three steps, the last of them with a loss that is not finite where `bad`. */
async function trained(model: Model, optimizer: Optimizer, together: boolean, bad = false) {
  const variables = owned(new GpuVariables(device));
  const state = [...model.initialState(1)];
  const slots = slotsOf(model, optimizer);
  if (together) {
    variables.createTogether(state.filter(([name]) => !/moving|batches/.test(name)));
    createSlots(variables, slots);
  }
  for (const [name, { type, values }] of state) variables.create(name, type, values);
  for (const [name, type] of slots) {
    variables.create(name, type, new Float32Array(sizeOf(type.shape)));
  }
  const graph = trainingGraph(model, {
    batch: BATCH,
    loss: crossEntropy(),
    target: { dtype: 'i32', shape: [] },
    optimizer,
    clip: { norm: 1 },
    metrics: [],
    storage: 'f32',
  });
  const program = owned(await compileGpu(graph, variables, STEP_OPTIONS));
  const [input] = model.inputs;
  for (let step = 0; step < 3; step++) {
    const x = numbers(BATCH * 5, step);
    if (bad && step === 2) x[0] = Number.NaN;
    await program.run({
      [input.name]: x,
      [TARGETS]: Int32Array.of(0, 1, 2, 0, 1, 2),
      [RATE]: Float32Array.of(0.05),
    });
  }
  const names = [...state.map(([name]) => name), ...slots.keys()];
  const entries = names.map(async (name) => [name, await variables.get(name)] as const);
  const updates = program.plan.steps.filter(({ op }) => /Update$/.test(op)).length;
  return { updates, states: Object.fromEntries(await Promise.all(entries)) };
}

describe('the same bits as apart, in one dispatch', () => {
  test.each([
    ['sgd', sgd()],
    ['sgd with momentum and decay', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 })],
    ['adam', adam({ amsgrad: true })],
    ['adamW', adamW({ weightDecay: 0.1 })],
    ['rmsprop', rmsprop({ centered: true, momentum: 0.5 })],
    ['adagrad', adagrad()],
  ])('%s', async (_name, optimizer) => {
    const apart = await trained(mlp(), optimizer, false);
    const together = await trained(mlp(), optimizer, true);
    expect(apart.updates).toBe(8);
    expect(together.updates).toBe(1);
    expect(together.states).toEqual(apart.states);
  });

  test('around a layer that does not learn', async () => {
    const apart = await trained(mlp(true), adam(), false);
    const together = await trained(mlp(true), adam(), true);
    expect([apart.updates, together.updates]).toEqual([7, 2]);
    expect(together.states).toEqual(apart.states);
  });

  test('a loss that is not finite changes no parameter', async () => {
    const apart = await trained(mlp(), adam(), false, true);
    const together = await trained(mlp(), adam(), true, true);
    expect(together.states).toEqual(apart.states);
    for (const [name, values] of Object.entries(together.states)) {
      if (!/moving/.test(name)) expect([...values].every(Number.isFinite), name).toBe(true);
    }
  });
});

test('a network’s own training step updates in one dispatch', async () => {
  const net = owned(await compile(mlp(), { device }));
  const program = await trainingProgram(net, { batch: BATCH, loss: 'crossEntropy' });
  if (!(program instanceof GpuProgram)) throw new Error('no GPU program');
  owned(program);
  expect(program.plan.steps.filter(({ op }) => op === 'adamUpdate')).toHaveLength(1);
  expect(program.plan.steps.filter(({ kind }) => kind === 'copy')).toHaveLength(0);
});

describe('variables', () => {
  const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
  const entry = (name: string, values: number[]) =>
    [name, { type: f32(values.length), values }] as const;

  test('neighbours keep to themselves: set, get, delete', async () => {
    const variables = owned(new GpuVariables(device));
    variables.createTogether([entry('a', [1, 2, 3]), entry('b', [4]), entry('c', [5, 6])]);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => variables.binding(name));
    expect([a.offset, b.offset, c.offset]).toEqual([0, 256, 512]);
    expect(b.buffer).toBe(a.buffer);
    variables.set('b', [7]);
    expect([...(await variables.get('a'))]).toEqual([1, 2, 3]);
    expect([...(await variables.get('b'))]).toEqual([7]);
    variables.delete('a');
    expect([...(await variables.get('c'))]).toEqual([5, 6]);
    await expect(variables.get('a')).rejects.toThrow(NameError);
    variables.create('a', f32(2), [8, 9]);
    expect(variables.binding('a').buffer).not.toBe(b.buffer);
    expect(variables.homeOf('a')).toBeUndefined();
    expect(variables.homeOf('b')).toMatchObject({ bytes: 768, offset: 256, slot: 256 });
  });

  test('what is there already is set; another type is refused before anything is made', async () => {
    const variables = owned(new GpuVariables(device));
    variables.create('a', f32(2), [1, 2]);
    const { buffer } = variables.binding('a');
    variables.createTogether([entry('a', [3, 4]), entry('b', [5])]);
    expect(variables.binding('a').buffer).toBe(buffer);
    expect([...(await variables.get('a'))]).toEqual([3, 4]);
    const wrong = [entry('c', [1]), entry('a', [1, 2, 3])];
    expect(() => variables.createTogether(wrong)).toThrow(ShapeError);
    expect(variables.has('c')).toBe(false);
  });

  test('more than a binding takes: several buffers', () => {
    const small = new Proxy(device, {
      get(target, name) {
        if (name === 'limits') return { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 512 };
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const variables = owned(new GpuVariables(small));
    variables.createTogether(['a', 'b', 'c'].map((name) => entry(name, [1])));
    const buffers = ['a', 'b', 'c'].map((name) => variables.binding(name).buffer);
    expect(buffers[1]).toBe(buffers[0]);
    expect(buffers[2]).not.toBe(buffers[0]);
  });
});
