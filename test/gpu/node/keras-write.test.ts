// tf.layers models that are written, read again.
import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../../src/core/errors';
import { sizeOf } from '../../../src/core/shape';
import { readLayersModel, writeLayersModel } from '../../../src/formats/keras';
import { gelu, hardSigmoid, leakyRelu } from '../../../src/model/layers/activation';
import { batchNorm } from '../../../src/model/layers/batch-norm';
import { conv2d } from '../../../src/model/layers/conv';
import { dense } from '../../../src/model/layers/dense';
import { add } from '../../../src/model/layers/merge';
import { globalAveragePooling2d, maxPooling2d } from '../../../src/model/layers/pool';
import { minMax } from '../../../src/model/layers/preprocessing';
import { flatten, resize, upSampling2d } from '../../../src/model/layers/shape';
import { input, type Model, model, sequential } from '../../../src/model/model';
import type { ModelState } from '../../../src/model/state';
import { compile } from '../../../src/runtime/network';
import { EXPORTS } from '../../support/torch/cases';
import { numbers, randomState } from '../../support/torch/numbers';

/** Not to be had in Keras: groups, explicit padding of transposed convolutions, statistics in data. */
const ELSEWHERE = new Set(['convolutions', 'norms and spatial layers']);

async function outputsOf(of: Model, state: ModelState): Promise<number[][]> {
  const net = await compile(of, { backend: 'cpu', state });
  const inputs = of.inputs.map(({ tensor }, i) => numbers(2 * sizeOf(tensor.shape), i + 1));
  const named = Object.fromEntries(of.inputs.map(({ name }, i) => [name, inputs[i]]));
  return Object.values(await net.predictAll(named)).map(({ data }) => [...data]);
}

async function again(of: Model, state = randomState(of)) {
  const { modelJson, shards } = writeLayersModel(of, state);
  return readLayersModel(modelJson, shards);
}

const CASES: Record<string, () => Model> = {
  ...Object.fromEntries(
    Object.entries(EXPORTS)
      .filter(([name]) => !ELSEWHERE.has(name))
      .map(([name, { model: make }]) => [name, make]),
  ),
  'explicit padding, activations with parameters, dimensions kept': () =>
    sequential(
      [7, 6, 2],
      [
        conv2d(3, 3, { padding: [1, 0, 2, 1], activation: { name: 'leakyRelu', alpha: 0.3 } }),
        leakyRelu({ alpha: 0.1 }),
        globalAveragePooling2d({ keepDims: true }),
        flatten(),
        dense(2, { activation: { name: 'softmax', axis: -1 } }),
      ],
    ),
  'the same layer twice in a row': () => {
    const twice = dense(4, { activation: 'relu' });
    return sequential([4], [twice, twice, hardSigmoid()]);
  },
  'resizing by whole factors': () =>
    sequential(
      [3, 4, 2],
      [
        upSampling2d([2, 3]),
        resize([12, 12], { interpolation: 'bilinear', coordinates: 'asymmetric' }),
      ],
    ),
  'a shared layer': () => {
    const [a, b] = [input([4], { name: 'a' }), input([4], { name: 'b' })];
    const shared = dense(3, { activation: 'relu' });
    return model([a, b], dense(2)(add()(shared(a), shared(b))));
  },
};

describe.each(Object.entries(CASES))('%s', (_name, make) => {
  test('the same outputs', async () => {
    const loaded = await again(make());
    expect(await outputsOf(loaded.model, loaded.state)).toEqual(
      await outputsOf(make(), randomState(make())),
    );
  });

  test('the same state', async () => {
    const state = randomState(make());
    const loaded = await again(make(), state);
    for (const [name, { type, values }] of state) {
      expect(loaded.state.type(name), name).toEqual(type);
      expect(loaded.state.get(name), name).toEqual(values);
    }
    expect(loaded.state.size).toBe(state.size);
    expect(
      loaded.model
        .stateInfo()
        .map(({ name, trainable }) => [name, trainable])
        .sort(),
    ).toEqual(
      make()
        .stateInfo()
        .map(({ name, trainable }) => [name, trainable])
        .sort(),
    );
  });
});

test('weights of more than 4 MiB are in several files', async () => {
  const big = () => sequential([1200], [dense(1000)]);
  const state = randomState(big());
  const { modelJson, shards } = writeLayersModel(big(), state);
  expect([...shards.keys()]).toEqual(['group1-shard1of2.bin', 'group1-shard2of2.bin']);
  const loaded = await readLayersModel(modelJson, shards);
  const [got, want] = [loaded.state, state].map((one) => one.get('dense/kernel'));
  expect(got.every((x, i) => x === want[i])).toBe(true);
});

test('the file is what TensorFlow.js writes', () => {
  const made = sequential([3], [dense(2, { activation: 'relu', name: 'head' })]);
  const { modelTopology, weightsManifest, format } = JSON.parse(
    writeLayersModel(made, made.initialState()).modelJson,
  );
  expect(format).toBe('layers-model');
  expect(modelTopology.class_name).toBe('Sequential');
  expect(modelTopology.config.layers).toEqual([
    {
      class_name: 'Dense',
      config: {
        name: 'head',
        trainable: true,
        batch_input_shape: [null, 3],
        units: 2,
        activation: 'relu',
        use_bias: true,
      },
    },
  ]);
  expect(weightsManifest).toEqual([
    {
      paths: ['group1-shard1of1.bin'],
      weights: [
        { name: 'head/kernel', shape: [3, 2], dtype: 'float32' },
        { name: 'head/bias', shape: [2], dtype: 'float32' },
      ],
    },
  ]);
});

describe('what Keras has no layer for is named', () => {
  const refused: [string, () => Model, RegExp][] = [
    ['groups', () => sequential([4, 4, 4], [conv2d(4, 3, { groups: 2 })]), /"conv2d".*2 groups/],
    [
      'cumulative',
      () => sequential([4], [batchNorm({ momentum: null })]),
      /"batchNorm".*cumulative/,
    ],
    [
      'switches',
      () => sequential([4], [batchNorm({ statistics: 'running' })]),
      /"batchNorm".*switches/,
    ],
    [
      'padded pooling',
      () => sequential([4, 4, 1], [maxPooling2d({ padding: 1 })]),
      /"maxPooling2d".*padding 1/,
    ],
    ['statistics of data', () => sequential([4], [minMax()]), /"minMax"/],
    [
      'activations',
      () => sequential([4], [dense(2, { activation: 'hardSwish' })]),
      /"dense".*hardSwish/,
    ],
    [
      'bilinear resizing by the centres of pixels',
      () => sequential([4, 4, 1], [upSampling2d(2, { interpolation: 'bilinear' })]),
      /"upSampling2d".*bilinear.*asymmetric/,
    ],
    ['the approximate gelu', () => sequential([4], [gelu({ approximate: true })]), /geluTanh/],
  ];
  for (const [name, make, message] of refused) {
    test(name, () => {
      const made = make();
      expect(() => writeLayersModel(made, made.initialState())).toThrow(ArgumentError);
      expect(() => writeLayersModel(made, made.initialState())).toThrow(message);
    });
  }

  test('inputs without a batch', () => {
    const x = input([2, 3], { batch: false, name: 'x' });
    const made = model(x, dense(2)(x));
    expect(() => writeLayersModel(made, made.initialState())).toThrow(/input "x".*batch/);
  });
});
