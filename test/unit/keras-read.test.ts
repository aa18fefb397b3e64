// tf.layers models as their several writers write them, held against models made here.
import { describe, expect, test } from 'vitest';
import { floatToHalf } from '../../src/core/half';
import { sizeOf } from '../../src/core/shape';
import { type LoadedModel, readLayersModel } from '../../src/formats/keras';
import { elu, leakyRelu, prelu, softmax } from '../../src/model/layers/activation';
import { batchNorm, isBatchNorm } from '../../src/model/layers/batch-norm';
import { conv2d, conv2dTranspose } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { groupNorm } from '../../src/model/layers/norm';
import { zScore } from '../../src/model/layers/preprocessing';
import { cropping2d, flatten, permute, reshape, zeroPadding2d } from '../../src/model/layers/shape';
import { type Model, sequential } from '../../src/model/model';
import type { ModelState } from '../../src/model/state';
import {
  applied,
  functionalTopology,
  inputLayer,
  layer,
  layersModel,
  sequentialTopology,
  type TestWeight,
} from '../support/keras-files';
import { runModel } from '../support/run-model';
import { numbers, randomState } from '../support/torch/numbers';

/** What a model makes of two examples. */
function outputOf(model: Model, state: ModelState): number[] {
  const inputs = model.inputs.map(({ name, tensor }, i) => {
    return [name, [...numbers(2 * sizeOf(tensor.shape), i + 1)]] as const;
  });
  const { outputs } = runModel(model, state, Object.fromEntries(inputs), { batch: 2 });
  return Object.values(outputs)[0];
}

/** A tensor of a state under another name, and another shape where Keras has one. */
const weight = (
  state: ModelState,
  ours: string,
  name: string,
  shape = state.type(ours).shape,
): TestWeight => ({ name, shape, data: state.get(ours) });

/** A chain of Keras' layers, the first of which has this input. */
const chainOf = (shape: readonly (number | null)[], ...layers: (readonly [string, object])[]) =>
  sequentialTopology(
    layers.map(([name, config], i) =>
      layer(name, {
        name: `l${i}`,
        ...(i === 0 && { batch_input_shape: [null, ...shape] }),
        ...config,
      }),
    ),
  );

async function load(topology: object, weights: readonly TestWeight[] = [], version?: string) {
  const { json, shards } = layersModel(topology, weights, version);
  return readLayersModel(json, shards);
}

const DENSE = chainOf([3], ['Dense', { units: 2 }]);
const madeDense = () => sequential([3], [dense(2, { name: 'l0' })]);
const BASE = [0.5, -1.5, 0.25, 2, -0.125, 1, 3, -2];

describe('files of weights', () => {
  const expected = (kernel: ArrayLike<number>, { state }: LoadedModel, atol = 0) => {
    for (let i = 0; i < 6; i++) {
      expect(Math.abs(state.get('l0/kernel')[i] - kernel[i])).toBeLessThanOrEqual(atol);
    }
  };
  const bytes = new Uint8Array(Float32Array.from(BASE).buffer);
  const file = (
    paths: readonly string[],
    weights: readonly object[],
    topology: object = DENSE,
  ) => ({
    modelTopology: topology,
    weightsManifest: [{ paths, weights }],
  });
  const PLAIN = [
    { name: 'l0/kernel', shape: [3, 2], dtype: 'float32' },
    { name: 'l0/bias', shape: [2], dtype: 'float32' },
  ];

  test.each([1, 3, 5, 7, 31])('cut every %i bytes', async (step) => {
    const count = Math.ceil(bytes.length / step);
    const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
    const shards = new Map(paths.map((path, i) => [path, bytes.slice(i * step, (i + 1) * step)]));
    expected(BASE, await readLayersModel(file(paths, PLAIN), shards));
    const text = JSON.stringify(file(paths, PLAIN));
    const asked: string[] = [];
    const loaded = await readLayersModel(new TextEncoder().encode(text), async (path) => {
      asked.push(path);
      return shards.get(path) as Uint8Array;
    });
    expected(BASE, loaded);
    expect(asked).toEqual(paths);
  });

  test('bytes that start anywhere in their buffer', async () => {
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expected(
      BASE,
      await readLayersModel(file(['w'], PLAIN), new Map([['w', shifted.subarray(1)]])),
    );
  });

  test('several groups', async () => {
    const json = {
      modelTopology: DENSE,
      weightsManifest: [
        { paths: ['b'], weights: [PLAIN[1]] },
        { paths: ['a'], weights: [PLAIN[0]] },
      ],
    };
    const shards = new Map([
      ['a', bytes.slice(0, 24)],
      ['b', bytes.slice(24)],
    ]);
    const loaded = await readLayersModel(json, shards);
    expected(BASE, loaded);
    expect([...loaded.state.get('l0/bias')]).toEqual([3, -2]);
  });

  test.each(['uint8', 'uint16'] as const)('quantised to %s', async (dtype) => {
    const most = dtype === 'uint8' ? 255 : 65535;
    const [min, scale] = [-1.5, 3.5 / most];
    const codes = BASE.slice(0, 6).map((x) => Math.round((x - min) / scale));
    const packed = dtype === 'uint8' ? Uint8Array.from(codes) : Uint16Array.from(codes);
    const kernel = { ...PLAIN[0], quantization: { dtype, min, scale, original_dtype: 'float32' } };
    const shard = Uint8Array.of(...new Uint8Array(packed.buffer), ...bytes.slice(24));
    const loaded = await readLayersModel(file(['w'], [kernel, PLAIN[1]]), new Map([['w', shard]]));
    expected(
      codes.map((code) => Math.fround(code * scale + min)),
      loaded,
    );
    expected(BASE, loaded, scale / 2 + 2 ** -20);
  });

  test('quantised to float16', async () => {
    const weights = PLAIN.map((entry) => ({ ...entry, quantization: { dtype: 'float16' } }));
    const halves = Uint16Array.from(BASE, floatToHalf);
    const shards = new Map([['w', new Uint8Array(halves.buffer)]]);
    expected(BASE, await readLayersModel(file(['w'], weights), shards));
  });

  test.each([
    ['int32', Int32Array],
    ['bool', Uint8Array],
    ['uint8', Uint8Array],
  ] as const)('of %s', async (dtype, Type) => {
    const values = [1, 0, 1, 1, 0, 0, 1, 1];
    const weights = PLAIN.map((entry) => ({ ...entry, dtype }));
    const shards = new Map([['w', new Uint8Array(Type.from(values).buffer)]]);
    expected(values, await readLayersModel(file(['w'], weights), shards));
  });

  test("the converter's topology, and names with scopes", async () => {
    const json = {
      format: 'layers-model',
      generatedBy: 'keras v2.11.0',
      convertedBy: 'TensorFlow.js Converter v4.0.0',
      modelTopology: { keras_version: '2.11.0', backend: 'tensorflow', model_config: DENSE },
      weightsManifest: [
        {
          paths: ['w'],
          weights: [
            { ...PLAIN[0], name: 'l0/l0/kernel' },
            { ...PLAIN[1], name: 'l0_2/l0/bias:0' },
          ],
        },
      ],
    };
    expected(BASE, await readLayersModel(json, new Map([['w', bytes]])));
  });

  test('a list of layers alone, as before Keras 2.2.3', async () => {
    const alone = { class_name: 'Sequential', config: DENSE.config.layers };
    expected(BASE, await readLayersModel(file(['w'], PLAIN, alone), new Map([['w', bytes]])));
  });
});

describe('layers', () => {
  const state = (model: Model) => randomState(model);
  /** A file's layers give what a model made here gives. */
  const CASES: Record<
    string,
    () => {
      made: Model;
      topology: object;
      weights: (s: ModelState) => TestWeight[];
      initial?: true;
    }
  > = {
    'LeakyReLU and ELU as activations': () => ({
      made: sequential(
        [3],
        [
          dense(2, { name: 'l0' }),
          leakyRelu({ alpha: 0.1 }),
          dense(2, { name: 'l1' }),
          elu({ alpha: 0.5 }),
        ],
      ),
      topology: chainOf(
        [3],
        [
          'Dense',
          {
            units: 2,
            activation: { class_name: 'LeakyReLU', config: { name: 'x', negative_slope: 0.1 } },
          },
        ],
        ['Dense', { units: 2, activation: { class_name: 'ELU', config: { alpha: 0.5 } } }],
      ),
      weights: (s) =>
        ['l0/kernel', 'l0/bias', 'l1/kernel', 'l1/bias'].map((name) => weight(s, name, name)),
    }),
    'PReLU, a slope for each element': () => ({
      made: sequential([4, 3, 2], [reshape([24]), prelu({ name: 'l0' }), reshape([4, 3, 2])]),
      topology: chainOf([4, 3, 2], ['PReLU', { shared_axes: null }]),
      weights: (s) => [weight(s, 'l0/alpha', 'l0/alpha', [4, 3, 2])],
    }),
    'PReLU, a slope for each first channel': () => ({
      made: sequential([4, 3, 2], [permute([2, 3, 1]), prelu({ name: 'l0' }), permute([3, 1, 2])]),
      topology: chainOf([4, 3, 2], ['PReLU', { shared_axes: [2, 3] }]),
      weights: (s) => [weight(s, 'l0/alpha', 'l0/alpha', [4, 1, 1])],
    }),
    'PReLU, one slope': () => ({
      made: sequential([4, 3], [prelu({ name: 'l0', shared: true })]),
      topology: chainOf([4, 3], ['PReLU', { shared_axes: [1, 2] }]),
      weights: (s) => [weight(s, 'l0/alpha', 'l0/alpha', [1, 1])],
    }),
    'TimeDistributed Dense': () => ({
      made: sequential([4, 3], [dense(2, { name: 'l0' })]),
      topology: chainOf(
        [4, 3],
        ['TimeDistributed', { layer: layer('Dense', { name: 'inner', units: 2 }) }],
      ),
      weights: (s) => [weight(s, 'l0/kernel', 'l0/kernel'), weight(s, 'l0/bias', 'l0/bias')],
    }),
    'GroupNormalization of first channels': () => ({
      made: sequential(
        [4, 3, 2],
        [permute([2, 3, 1]), groupNorm({ name: 'l0', groups: 2 }), permute([3, 1, 2])],
      ),
      topology: chainOf([4, 3, 2], ['GroupNormalization', { groups: 2, axis: 1 }]),
      weights: (s) => [weight(s, 'l0/gamma', 'l0/gamma'), weight(s, 'l0/beta', 'l0/beta')],
    }),
    'GroupNormalization, as many groups as channels': () => ({
      made: sequential([4, 3], [groupNorm({ name: 'l0', groups: 3 })]),
      topology: chainOf([4, 3], ['GroupNormalization', { groups: -1, axis: -1 }]),
      weights: (s) => [weight(s, 'l0/gamma', 'l0/gamma'), weight(s, 'l0/beta', 'l0/beta')],
    }),
    'Normalization of a config': () => ({
      made: sequential([2], [zScore({ mean: [1, 2], deviation: [2, 1e-7] })]),
      topology: chainOf([2], ['Normalization', { axis: -1, mean: [[1, 2]], variance: [[4, 0]] }]),
      weights: () => [],
      initial: true,
    }),
    'Softmax along another axis': () => ({
      made: sequential([4, 3], [softmax({ axis: 1 })]),
      topology: chainOf([4, 3], ['Softmax', { axis: 1 }]),
      weights: () => [],
    }),
    'rows padded, cropped, enlarged': () => ({
      made: sequential(
        [4, 3],
        [
          reshape([4, 1, 3]),
          zeroPadding2d([2, 0, 1, 0]),
          cropping2d([1, 0, 0, 0]),
          reshape([6, 3]),
        ],
      ),
      topology: chainOf(
        [4, 3],
        ['ZeroPadding1D', { padding: [2, 1] }],
        ['Cropping1D', { cropping: [1, 0] }],
      ),
      weights: () => [],
    }),
    'Conv2DTranspose with output padding, same': () => ({
      made: sequential(
        [4, 3, 2],
        [
          conv2dTranspose(2, 3, {
            name: 'l0',
            strides: 2,
            padding: [0, 1, 1, 1],
            outputPadding: 0,
          }),
        ],
      ),
      topology: chainOf(
        [4, 3, 2],
        [
          'Conv2DTranspose',
          { filters: 2, kernel_size: 3, strides: 2, padding: 'same', output_padding: [1, 0] },
        ],
      ),
      weights: (s) => [weight(s, 'l0/kernel', 'l0/kernel'), weight(s, 'l0/bias', 'l0/bias')],
    }),
    'a channels-first network': () => ({
      made: sequential(
        [2, 5, 4],
        [
          permute([2, 3, 1]),
          conv2d(3, 3, { name: 'l0', useBias: true }),
          batchNorm({ name: 'l1' }),
          leakyRelu({ alpha: 0.3 }),
          flatten(),
        ],
      ),
      topology: chainOf(
        [2, 5, 4],
        ['Conv2D', { filters: 3, kernel_size: 3, data_format: 'channels_first' }],
        ['BatchNormalization', { axis: 1 }],
        ['LeakyReLU', {}],
        ['Flatten', { data_format: 'channels_first' }],
      ),
      weights: (s) => [
        weight(s, 'l0/kernel', 'l0/kernel'),
        weight(s, 'l0/bias', 'l0/bias'),
        ...[
          ['gamma', 'gamma'],
          ['beta', 'beta'],
          ['movingMean', 'moving_mean'],
          ['movingVariance', 'moving_variance'],
        ].map(([ours, theirs]) => weight(s, `l1/${ours}`, `l1/${theirs}`)),
      ],
    }),
  };
  test.each(Object.entries(CASES))('%s', async (_name, make) => {
    const { made, topology, weights, initial } = make();
    const from = initial ? made.initialState() : state(made);
    const loaded = await load(topology, weights(from));
    expect(outputOf(loaded.model, loaded.state)).toEqual(outputOf(made, from));
  });

  test('a channels-first network is permuted where it is entered, and not in between', async () => {
    const { made, topology, weights } = CASES['a channels-first network']();
    const { model } = await load(topology, weights(state(made)));
    expect(model.layers.map(({ type }) => type)).toEqual([
      'permute',
      'conv2d',
      'batchNorm',
      'activation',
      'flatten',
    ]);
  });

  test.each([
    [{ threshold: 0.5 }, (x: number) => (x > 0.5 ? x : 0)],
    [{ threshold: 0.5, max_value: 1 }, (x: number) => (x > 0.5 ? Math.min(x, 1) : 0)],
    [{ threshold: -0.5 }, (x: number) => (x > -0.5 ? x : 0)],
    [{ max_value: 1 }, (x: number) => Math.min(Math.max(x, 0), 1)],
    [{ negative_slope: 0.25, max_value: 1 }, (x: number) => (x > 0 ? Math.min(x, 1) : x / 4)],
  ])('ReLU %j', async (config, f) => {
    const { model, state } = await load(chainOf([20], ['ReLU', config]));
    const want = [...numbers(40, 1)].map(f);
    const got = outputOf(model, state);
    for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i], 7);
  });

  test('RepeatVector', async () => {
    const { model, state } = await load(chainOf([3], ['RepeatVector', { n: 2 }]));
    const x = [...numbers(6, 1)];
    const [a, b] = [x.slice(0, 3), x.slice(3)];
    expect(outputOf(model, state)).toEqual([...a, ...a, ...b, ...b]);
  });

  test('Normalization of weights, with the count that Keras 2 has', async () => {
    const weights = [
      { name: 'l0/mean', shape: [2], data: [1, 2] },
      { name: 'l0/variance', shape: [2], data: [4, 0.25] },
      { name: 'l0/count', shape: [], data: [9] },
    ];
    const { state } = await load(chainOf([2], ['Normalization', { axis: -1 }]), weights);
    expect([...state.get('l0/mean')]).toEqual([1, 2]);
    expect([...state.get('l0/deviation')]).toEqual([2, 0.5]);
  });

  test('Reshape with null for what is left, as TensorFlow.js writes it', async () => {
    const { model } = await load(chainOf([3, 4], ['Reshape', { target_shape: [2, null] }]));
    expect(model.outputs[0].tensor.shape).toEqual([2, 6]);
  });

  test('extents that a file leaves open', async () => {
    const { json, shards } = layersModel(
      chainOf([null, null, 2], ['GlobalAveragePooling2D', {}]),
      [],
    );
    const { model } = await readLayersModel(json, shards, { inputShapes: { input: [5, 4, 2] } });
    expect(model.inputs[0].tensor.shape).toEqual([5, 4, 2]);
    const asked = await readLayersModel(json, shards, {
      inputShapes: (name, shape) =>
        name === 'input' ? shape.map((extent) => extent ?? 5) : undefined,
    });
    expect(asked.model.inputs[0].tensor.shape).toEqual([5, 5, 2]);
    const wrong = readLayersModel(json, shards, { inputShapes: { input: [5, 4, 3] } });
    await expect(wrong).rejects.toThrow(/agree with the file; found \[5,4,3\] for \[\?,\?,2\]/);
  });
});

describe('whose numbers', () => {
  const bn = (config: object, version: string, shape = [4, 3, 2], axis: unknown = -1) => {
    const size = shape[shape.length - 1];
    const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
    const weights = names.map((name) => ({
      name: `l0/${name}`,
      shape: [size],
      data: new Array(size).fill(1),
    }));
    return load(chainOf(shape, ['BatchNormalization', { axis, ...config }]), weights, version);
  };
  const normOf = ({ model }: LoadedModel) => model.layers.filter(isBatchNorm)[0];

  test.each([
    ['tfjs-layers 4.22.0', {}, [4, 3, 2], false],
    ['2.11.0', {}, [4, 3, 2], true],
    ['2.11.0', { axis: [3] }, [4, 3, 2], true],
    ['2.11.0', { fused: false }, [4, 3, 2], false],
    ['2.11.0', {}, [2], false],
    ['3.8.0', {}, [4, 3, 2], false],
  ])('running variance of %s %j', async (version, config, shape, unbiased) => {
    const norm = normOf(await bn(config, version, shape));
    expect(norm.options).toMatchObject({ unbiased, momentum: 0.99, epsilon: 1e-3 });
  });

  test('trainable false is frozen', async () => {
    const loaded = await bn({ trainable: false, momentum: 0.5, epsilon: 0.1 }, '3.8.0');
    expect(normOf(loaded).trainable).toBe(false);
    expect(normOf(loaded).options).toMatchObject({ momentum: 0.5, epsilon: 0.1 });
    expect(loaded.model.stateInfo().some(({ trainable }) => trainable)).toBe(false);
  });

  test.each([
    ['tfjs-layers 4.22.0', 0.2],
    ['2.11.0', 0.2],
    ['3.8.0', 1 / 6],
  ])('hard_sigmoid of %s', async (version, slope) => {
    const { model, state } = await load(
      chainOf([20], ['Activation', { activation: 'hard_sigmoid' }]),
      [],
      version,
    );
    const want = [...numbers(40, 1)].map((x) => Math.min(Math.max(slope * x + 0.5, 0), 1));
    for (const [i, x] of outputOf(model, state).entries()) expect(x).toBeCloseTo(want[i], 6);
  });
});

describe('graphs', () => {
  const kernels = (...names: string[]) =>
    names.flatMap((name, i) => [
      { name: `${name}/kernel`, shape: [3, 3], data: numbers(9, i + 1) },
      { name: `${name}/bias`, shape: [3], data: numbers(3, i + 9) },
    ]);

  test('a call with training=False infers, in training too', async () => {
    const norm = (name: string, keywords: object) =>
      layer(
        'BatchNormalization',
        { name, scale: false, center: false },
        { name, inbound_nodes: [[['x', 0, 0, keywords]]] },
      );
    const layers = [
      inputLayer('x', [3]),
      norm('still', { training: false }),
      norm('moving', {}),
      applied('Add', 'sum', {}, ['still', 'moving']),
    ];
    const weights = ['still', 'moving'].flatMap((name) =>
      ['moving_mean', 'moving_variance'].map((key) => ({
        name: `${name}/${key}`,
        shape: [3],
        data: [1, 1, 1],
      })),
    );
    const { model } = await load(functionalTopology(layers, ['x'], ['sum']), weights);
    const [still, moving] = model.layers.filter(isBatchNorm);
    expect([still.statistics, still.updateRunning]).toEqual(['running', false]);
    expect([moving.statistics, moving.updateRunning]).toEqual([undefined, undefined]);
  });

  test('a nested model, whose node 0 is its own, applied twice', async () => {
    const inner = functionalTopology(
      [inputLayer('in', [3]), applied('Dense', 'd', { units: 3 }, ['in'])],
      ['in'],
      ['d'],
      'inner',
    );
    const calls = [[['x', 0, 0, {}]], [['inner', 1, 0, {}]]];
    const layers = [
      inputLayer('x', [3]),
      { ...inner, name: 'inner', inbound_nodes: calls },
      layer(
        'Dense',
        { name: 'd', units: 3 },
        { name: 'd', inbound_nodes: [[['inner', 2, 0, {}]]] },
      ),
    ];
    const weights = kernels('inner/d', 'd');
    const { model, state } = await load(functionalTopology(layers, ['x'], ['d']), weights);
    const shared = dense(3, { name: 'inner/d' });
    const made = sequential([3], [shared, shared, dense(3, { name: 'd' })]);
    expect(state.names().sort()).toEqual(made.initialState().names().sort());
    expect(outputOf(model, state)).toEqual(outputOf(made, state));
  });

  test('inputs and outputs keep their names and their order', async () => {
    const layers = [
      inputLayer('a', [3]),
      inputLayer('b', [3]),
      applied('Dense', 'p', { units: 3 }, ['a']),
      applied('Dense', 'q', { units: 3 }, ['b']),
    ];
    const topology = functionalTopology(layers, ['b', 'a'], ['q', 'p']);
    const { model } = await load(topology, kernels('p', 'q'));
    expect(model.inputs.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(model.outputs.map(({ name }) => name)).toEqual(['q', 'p']);
  });

  test('a layer that is listed before what it reads', async () => {
    const layers = [
      applied('Dense', 'q', { units: 3 }, ['p']),
      applied('Dense', 'p', { units: 3 }, ['x']),
      inputLayer('x', [3]),
    ];
    const { model, state } = await load(
      functionalTopology(layers, ['x'], ['q']),
      kernels('p', 'q'),
    );
    const made = sequential([3], [dense(3, { name: 'p' }), dense(3, { name: 'q' })]);
    expect(outputOf(model, state)).toEqual(outputOf(made, state));
  });
});

test('a Dense layer as it is', async () => {
  const made = madeDense();
  const from = randomState(made);
  const loaded = await load(DENSE, [
    weight(from, 'l0/kernel', 'l0/kernel'),
    weight(from, 'l0/bias', 'l0/bias'),
  ]);
  expect(loaded.model.summary()).toBe(made.summary());
  expect(outputOf(loaded.model, loaded.state)).toEqual(outputOf(made, from));
});
