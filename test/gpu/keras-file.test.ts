// `.keras` archives and whole models in HDF5 files, with and without a worker.
import type { File } from 'h5wasm';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { sizeOf } from '../../src/core/shape';
import { type LoadedModel, readKeras } from '../../src/formats/keras';
import { activation, relu } from '../../src/model/layers/activation';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { add, concat } from '../../src/model/layers/merge';
import { dropout } from '../../src/model/layers/regularisation';
import { flatten, permute } from '../../src/model/layers/shape';
import { input, type Model, model, sequential } from '../../src/model/model';
import type { ModelState } from '../../src/model/state';
import { compile } from '../../src/runtime/network';
import {
  archive,
  called3,
  fromState,
  functional3,
  groupAt,
  h5Tensors,
  input3,
  layer3,
  putData,
  sequential3,
} from '../support/keras-archives';
import { layer, sequentialTopology } from '../support/keras-files';
import { numbers, randomState } from '../support/torch/numbers';

async function outputsOf({ model, state }: LoadedModel): Promise<number[][]> {
  const net = await compile(model, { backend: 'cpu', state });
  const named = model.inputs.map(({ name, tensor }, i) => {
    return [name, numbers(3 * sizeOf(tensor.shape), i + 1)] as const;
  });
  const outputs = await net.predictAll(Object.fromEntries(named));
  return Object.values(outputs).map(({ data }) => [...data]);
}

/** What a file gives is what `made` is: the same state, the same outputs. */
async function same(bytes: Uint8Array, made: Model, state: ModelState): Promise<LoadedModel> {
  const here = await readKeras(bytes, { worker: false });
  const there = await readKeras(bytes);
  for (const loaded of [here, there]) {
    const names = [...loaded.state].map(([name]) => name).sort();
    expect(names).toEqual([...state].map(([name]) => name).sort());
    for (const [name, { values }] of state) expect(loaded.state.get(name), name).toEqual(values);
  }
  expect(await outputsOf(here)).toEqual(await outputsOf({ model: made, state }));
  return here;
}

/** What is in a file besides weights. */
function leftovers(file: File): void {
  groupAt(file, 'layers/activation/vars');
  putData(file, 'layers/dropout/seed_generator/vars/0', { shape: [2], data: [0, 7] });
  groupAt(file, 'layers/flatten/vars');
  putData(file, 'optimizer/vars/0', { shape: [1], data: [12] });
  putData(file, 'optimizer/vars/1', { shape: [5, 2], data: new Array(10).fill(1) });
}

const CNN_LAYERS = [
  input3('images', [5, 4, 2]),
  layer3('Conv2D', { name: 'stem', filters: 3, kernel_size: [3, 3], padding: 'same' }),
  layer3('BatchNormalization', { name: 'norm', axis: -1, momentum: 0.9, epsilon: 0.01 }),
  layer3('Activation', { name: 'act', activation: 'hard_sigmoid' }),
  layer3('Dropout', { name: 'drop', rate: 0.5, seed: null }),
  layer3('Flatten', { name: 'flat' }),
  layer3('Dense', { name: 'hidden', units: 4, activation: 'relu' }),
  layer3('Dense', { name: 'head', units: 2, activation: 'softmax' }),
];

const cnn = () =>
  sequential(
    [5, 4, 2],
    [
      conv2d(3, 3, { padding: 'same', name: 'stem', useBias: true }),
      batchNorm({ momentum: 0.9, epsilon: 0.01, name: 'norm' }),
      activation('hardSigmoid'),
      dropout(0.5),
      flatten(),
      dense(4, { activation: 'relu', name: 'hidden' }),
      dense(2, { activation: 'softmax', name: 'head' }),
    ],
  );

const CNN_WEIGHTS = {
  'conv2d/vars/0': 'stem/kernel',
  'conv2d/vars/1': 'stem/bias',
  'batch_normalization/vars/0': 'norm/gamma',
  'batch_normalization/vars/1': 'norm/beta',
  'batch_normalization/vars/2': 'norm/movingMean',
  'batch_normalization/vars/3': 'norm/movingVariance',
  'dense/vars/0': 'hidden/kernel',
  'dense/vars/1': 'hidden/bias',
  'dense_1/vars/0': 'head/kernel',
  'dense_1/vars/1': 'head/bias',
};

const below = (group: string, paths: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(paths).map(([path, name]) => [`${group}/${path}`, name]));

for (const [list, version] of [
  ['layers', '3.8.0'],
  ['_layer_checkpoint_dependencies', '3.0.0'],
]) {
  test(`a Sequential, its weights below ${list}`, async () => {
    const state = randomState(cnn());
    const weights = await h5Tensors(fromState(state, below(list, CNN_WEIGHTS)), leftovers);
    const bytes = archive(sequential3(CNN_LAYERS), weights, version);
    await same(bytes, cnn(), state);
  });
}

test('a graph: shared layers, two inputs, two outputs', async () => {
  const make = () => {
    const [a, b] = [input([4], { name: 'a' }), input([4], { name: 'b' })];
    const shared = dense(3, { activation: 'relu', name: 'shared' });
    const sum = add({ name: 'sum' })(shared(a), shared(b));
    const both = concat({ name: 'both' })(sum, a);
    const outputs = [dense(2, { name: 'p' })(both), dense(1, { name: 'q' })(sum)];
    return model([a, b], outputs, { outputNames: ['p', 'q'] });
  };
  const dense3 = (name: string, units: number, activation = 'linear') =>
    layer3('Dense', { name, units, activation });
  const layers = [
    input3('a', [4]),
    input3('b', [4]),
    called3(dense3('shared', 3, 'relu'), ['a'], ['b']),
    called3(layer3('Add', { name: 'sum' }), ['shared:0', 'shared:1']),
    called3(layer3('Concatenate', { name: 'both', axis: -1 }), ['sum', 'a']),
    called3(dense3('p', 2), ['both']),
    called3(dense3('q', 1), ['sum']),
  ];
  const state = randomState(make());
  const paths = below('layers', {
    'dense/vars/0': 'shared/kernel',
    'dense/vars/1': 'shared/bias',
    'dense_1/vars/0': 'p/kernel',
    'dense_1/vars/1': 'p/bias',
    'dense_2/vars/0': 'q/kernel',
    'dense_2/vars/1': 'q/bias',
  });
  const weights = await h5Tensors(fromState(state, paths));
  const bytes = archive(functional3(layers, ['a', 'b'], ['p', 'q']), weights);
  const loaded = await same(bytes, make(), state);
  expect(loaded.model.outputs.map(({ name }) => name)).toEqual(['p', 'q']);
});

test('models within a model, one of them applied twice', async () => {
  const make = () => {
    const x = input([3], { name: 'x' });
    const inner = dense(3, { activation: 'tanh', name: 'body/first' });
    const norm = batchNorm({ name: 'body/tail/norm' });
    const once = norm(inner(x));
    return model(x, dense(2, { name: 'head' })(norm(inner(once))));
  };
  const tail = sequential3(
    [input3('tail_in', [3]), layer3('BatchNormalization', { name: 'norm', axis: -1 })],
    'tail',
  );
  const body = functional3(
    [
      input3('inner', [3]),
      called3(layer3('Dense', { name: 'first', units: 3, activation: 'tanh' }), ['inner']),
      called3(tail, ['first']),
    ],
    ['inner'],
    ['tail'],
    'body',
  );
  const layers = [
    input3('x', [3]),
    called3(body, ['x'], ['body:1']),
    called3(layer3('Dense', { name: 'head', units: 2 }), ['body:2']),
  ];
  const state = randomState(make());
  const norm = 'layers/functional/layers/sequential/layers/batch_normalization/vars';
  const paths = {
    'layers/functional/layers/dense/vars/0': 'body/first/kernel',
    'layers/functional/layers/dense/vars/1': 'body/first/bias',
    [`${norm}/0`]: 'body/tail/norm/gamma',
    [`${norm}/1`]: 'body/tail/norm/beta',
    [`${norm}/2`]: 'body/tail/norm/movingMean',
    [`${norm}/3`]: 'body/tail/norm/movingVariance',
    'layers/dense/vars/0': 'head/kernel',
    'layers/dense/vars/1': 'head/bias',
  };
  const weights = await h5Tensors(fromState(state, paths));
  await same(archive(functional3(layers, ['x'], ['head']), weights), make(), state);
});

test.each([
  { scale: true, center: true },
  { scale: false, center: true },
  { scale: true, center: false },
  { scale: false, center: false, momentum: 0.6, epsilon: 1e-5, trainable: false },
  { scale: true, center: true, axis: 1 },
  { scale: true, center: true, axis: [2], momentum: 0 },
])('batch norm %j', async ({ axis = -1, ...options }) => {
  // Channels are the last axis here; before and behind, they are where Keras had them.
  const to = [axis].flat()[0] === 1 ? [2, 3, 1] : [1, 3, 2];
  const back = [axis].flat()[0] === 1 ? [3, 1, 2] : [1, 3, 2];
  const norm = () => batchNorm({ name: 'n', ...options });
  const make = () =>
    sequential([4, 3, 2], axis === -1 ? [norm()] : [permute(to), norm(), permute(back)]);
  const own = { name: 'n', axis, momentum: 0.99, epsilon: 0.001, ...options };
  const state = randomState(make());
  const names = [...(options.scale ? ['gamma'] : []), ...(options.center ? ['beta'] : [])];
  const all = [...names, 'movingMean', 'movingVariance'];
  const paths = all.map((name, i) => [`layers/batch_normalization/vars/${i}`, `n/${name}`]);
  const weights = await h5Tensors(fromState(state, Object.fromEntries(paths)));
  const layers = [input3('x', [4, 3, 2]), layer3('BatchNormalization', own)];
  const loaded = await same(archive(sequential3(layers), weights), make(), state);
  const found = loaded.model.layers.find(({ type }) => type === 'batchNorm');
  const { momentum = 0.99, epsilon = 1e-3, trainable = true, ...switches } = options;
  expect(found?.options).toMatchObject({ momentum, epsilon, ...switches });
  expect(found?.trainable).toBe(trainable);
});

test('a whole model of Keras 2', async () => {
  const layers = [
    layer('Conv2D', {
      name: 'stem',
      batch_input_shape: [null, 5, 4, 2],
      filters: 3,
      kernel_size: [3, 3],
      padding: 'same',
    }),
    layer('BatchNormalization', { name: 'norm', axis: [3], momentum: 0.9, epsilon: 0.01 }),
    layer('Activation', { name: 'act', activation: 'relu' }),
    layer('Flatten', { name: 'flat' }),
    layer('Dense', { name: 'head', units: 2, activation: 'softmax' }),
  ];
  const make = () =>
    sequential(
      [5, 4, 2],
      [
        conv2d(3, 3, { padding: 'same', name: 'stem', useBias: true }),
        batchNorm({ momentum: 0.9, epsilon: 0.01, unbiased: true, name: 'norm' }),
        relu(),
        flatten(),
        dense(2, { activation: 'softmax', name: 'head' }),
      ],
    );
  const state = randomState(make());
  const weights = {
    stem: { kernel: 'kernel', bias: 'bias' },
    norm: {
      gamma: 'gamma',
      beta: 'beta',
      moving_mean: 'movingMean',
      moving_variance: 'movingVariance',
    },
    head: { kernel: 'kernel', bias: 'bias' },
  };
  const paths = Object.entries(weights).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, ours]) => [
      `model_weights/${name}/${name}/${key}:0`,
      `${name}/${ours}`,
    ]),
  );
  const bytes = await h5Tensors(fromState(state, Object.fromEntries(paths)), (file) => {
    const config = sequentialTopology(layers);
    file.create_attribute('model_config', JSON.stringify(config));
    file.create_attribute('keras_version', '2.11.0');
    file.create_attribute('backend', 'tensorflow');
    groupAt(file, 'model_weights').create_attribute('layer_names', ['stem', 'norm', 'head']);
    putData(file, 'optimizer_weights/Adam/iter:0', { shape: [1], data: [3] });
  });
  const loaded = await same(bytes, make(), state);
  const norm = loaded.model.layers.find(({ name }) => name === 'norm');
  // The fused kernel of TensorFlow divides by n − 1 on images.
  expect(norm?.options).toMatchObject({ unbiased: true });
});

test('a worker without time, and a file that is none, end with an error of their own', async () => {
  const state = randomState(cnn());
  const weights = await h5Tensors(fromState(state, below('layers', CNN_WEIGHTS)));
  const bytes = archive(sequential3(CNN_LAYERS), weights);
  await expect(readKeras(bytes, { timeout: 0.001 })).rejects.toThrow(/within 0.001 ms.*timeout/s);
  const broken = archive(sequential3(CNN_LAYERS), weights.slice(0, 900));
  for (const worker of [true, false]) {
    const error = await readKeras(broken, { worker, name: 'cut.keras' }).catch((caught) => caught);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.where).toMatch(/^cut\.keras, model\.weights\.h5/);
    expect(error.rule).toBe('it is a whole HDF5 file');
  }
});
