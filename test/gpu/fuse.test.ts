// Networks whose layers are fused on the GPU, over training steps and in inference, against the CPU
// reference, which runs the graph as it was written.
import { describe, expect, test } from 'vitest';
import { roundingError, worstError } from '../../src/core/compare';
import { Random } from '../../src/core/random';
import {
  add,
  batchNorm,
  compile,
  conv2d,
  dense,
  fit,
  flatten,
  input,
  type Model,
  model,
  setBatchNormMode,
  sgd,
} from '../../src/index';
import type { ActivationName } from '../../src/model/activations';
import { activation as activationLayer } from '../../src/model/layers/activation';
import type { GpuProgram } from '../../src/runtime/gpu-program';
import { getDevice } from '../support/gpu';

const random = new Random(4);
const x = Float32Array.from({ length: 6 * 75 }, () => random.normal());
const y = Float32Array.from({ length: 6 * 2 }, () => random.normal());

/** conv → BN → f, conv → BN → + → f, conv with a bias → f, dense → BN → f: of odd and of even widths. */
function network(name: ActivationName, width: number): Model {
  const f = () => activationLayer(name);
  const image = input([5, 5, 3]);
  const first = f()(batchNorm()(conv2d(width, 3, { padding: 'same' })(image)));
  const path = batchNorm()(conv2d(width, 1)(first));
  const sum = f()(add()(path, first));
  const last = f()(conv2d(width, 2, { strides: 2, useBias: true })(sum));
  return model(image, dense(2)(f()(batchNorm()(dense(4)(flatten()(last))))));
}

async function trained(net: Model, backend: 'gpu' | 'cpu') {
  const device = backend === 'gpu' ? await getDevice() : undefined;
  const made = await compile(net, { backend, device, seed: 3 });
  const options = { loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0.01 }) } as const;
  const { step } = await fit(
    made,
    { x, y },
    { ...options, batch: 6, steps: 2, shuffle: false },
  ).run();
  expect(step).toBe(2);
  const state = await made.getState();
  const { data } = await made.predict(x);
  made.dispose();
  return { numbers: state.names().flatMap((name) => [...state.get(name)]), prediction: [...data] };
}

const names: ActivationName[] = [
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'geluTanh',
  'silu',
  'hardSwish',
  'hardSigmoid',
  'sigmoid',
  'tanh',
  'softplus',
  'softsign',
  'abs',
];

describe('fused', () => {
  test.each(names)('%s: as the reference, and the same bits twice', async (name) => {
    const net = network(name, name.length % 2 ? 5 : 8);
    const got = await trained(net, 'gpu');
    const want = await trained(net, 'cpu');
    for (const what of ['numbers', 'prediction'] as const) {
      // Two steps, each through sums of a few hundred numbers of magnitude 1.
      const atol = roundingError(2 * 500, 1);
      const expectation = { name: what, shape: [want[what].length], atol, rtol: atol };
      const error = worstError(got[what], want[what], expectation);
      expect(error, error).toBeUndefined();
    }
    expect(await trained(net, 'gpu')).toEqual(got);
  });

  test('with frozen batch norm', async () => {
    const net = network('relu', 8);
    setBatchNormMode(net, 'frozen');
    const [got, want] = [await trained(net, 'gpu'), await trained(net, 'cpu')];
    const atol = roundingError(2 * 500, 1);
    const expectation = { name: 'numbers', shape: [want.numbers.length], atol, rtol: atol };
    const error = worstError(got.numbers, want.numbers, expectation);
    expect(error, error).toBeUndefined();
  });

  test('a block is one dispatch a convolution', async () => {
    const net = await compile(network('relu', 8), { device: await getDevice() });
    const program = (await net.program({ batch: 2 })) as GpuProgram;
    expect(program.plan.steps.map(({ op }) => op)).toEqual([
      'conv2d',
      'conv2d',
      'conv2d',
      'dense',
      'dense',
    ]);
    net.dispose();
  });
});
