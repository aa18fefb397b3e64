// Layers one by one: shapes, weights, and numbers where the layer does more than name an op.
import { describe, expect, test } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors';
import * as m from '../../src/index';
import { buildTrainable } from '../../src/train/build';
import { runModel } from '../support/run-model';

type Row = [
  name: string,
  layer: () => m.Layer,
  input: number[],
  output: number[],
  weights?: object,
];

const rows: Row[] = [
  ['dense', () => m.dense(3), [5], [3], { kernel: [5, 3], bias: [3] }],
  ['dense, last axis', () => m.dense(2), [4, 6, 5], [4, 6, 2], { kernel: [5, 2], bias: [2] }],
  ['conv2d', () => m.conv2d(4, 3), [9, 8, 2], [7, 6, 4], { kernel: [3, 3, 2, 4], bias: [4] }],
  ['conv2d same', () => m.conv2d(4, 3, { strides: 2, padding: 'same' }), [9, 8, 2], [5, 4, 4]],
  [
    'conv2d numbers',
    () => m.conv2d(4, [3, 2], { padding: [1, 0], strides: [2, 1] }),
    [9, 8, 2],
    [5, 7, 4],
  ],
  ['conv2d pads', () => m.conv2d(1, 3, { padding: [0, 1, 2, 3] }), [5, 5, 1], [5, 7, 1]],
  ['conv2d dilated', () => m.conv2d(1, 3, { dilationRate: 2 }), [9, 9, 1], [5, 5, 1]],
  [
    'conv2d groups',
    () => m.conv2d(6, 1, { groups: 2, useBias: false }),
    [3, 3, 4],
    [3, 3, 6],
    { kernel: [1, 1, 2, 6] },
  ],
  [
    'depthwise',
    () => m.depthwiseConv2d(3, { depthMultiplier: 2 }),
    [5, 5, 3],
    [3, 3, 6],
    { kernel: [3, 3, 1, 6], bias: [6] },
  ],
  [
    'separable',
    () => m.separableConv2d(7, 3, { padding: 'same' }),
    [5, 5, 3],
    [5, 5, 7],
    { depthwiseKernel: [3, 3, 1, 3], pointwiseKernel: [1, 1, 3, 7], bias: [7] },
  ],
  [
    'conv1d',
    () => m.conv1d(4, 3, { strides: 2 }),
    [9, 2],
    [4, 4],
    { kernel: [1, 3, 2, 4], bias: [4] },
  ],
  ['conv1d causal', () => m.conv1d(4, 3, { padding: 'causal', dilationRate: 2 }), [9, 2], [9, 4]],
  [
    'transposed same',
    () => m.conv2dTranspose(2, 3, { strides: 2, padding: 'same' }),
    [4, 5, 3],
    [8, 10, 2],
    { kernel: [3, 3, 2, 3], bias: [2] },
  ],
  ['transposed valid', () => m.conv2dTranspose(2, 3, { strides: 2 }), [4, 5, 3], [9, 11, 2]],
  [
    'transposed, small kernel',
    () => m.conv2dTranspose(2, 1, { strides: 2 }),
    [4, 5, 3],
    [8, 10, 2],
  ],
  [
    'transposed, PyTorch',
    () => m.conv2dTranspose(2, 3, { strides: 2, padding: 1, outputPadding: 1 }),
    [4, 5, 3],
    [8, 10, 2],
  ],
  [
    'batchNorm',
    () => m.batchNorm(),
    [4, 4, 3],
    [4, 4, 3],
    { gamma: [3], beta: [3], movingMean: [3], movingVariance: [3] },
  ],
  [
    'batchNorm cumulative',
    () => m.batchNorm({ momentum: null, scale: false, center: false }),
    [3],
    [3],
    { movingMean: [3], movingVariance: [3], batches: [1] },
  ],
  ['layerNorm', () => m.layerNorm(), [4, 3], [4, 3], { gamma: [3], beta: [3] }],
  [
    'layerNorm axes',
    () => m.layerNorm({ axis: [-2, -1] }),
    [4, 3],
    [4, 3],
    { gamma: [4, 3], beta: [4, 3] },
  ],
  [
    'groupNorm',
    () => m.groupNorm({ groups: 2, center: false }),
    [4, 4, 6],
    [4, 4, 6],
    { gamma: [6] },
  ],
  ['instanceNorm', () => m.instanceNorm({ scale: false }), [4, 4, 6], [4, 4, 6], { beta: [6] }],
  ['maxPooling2d', () => m.maxPooling2d(), [5, 4, 3], [2, 2, 3], {}],
  [
    'maxPooling2d same',
    () => m.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    [5, 4, 3],
    [3, 2, 3],
  ],
  ['averagePooling2d', () => m.averagePooling2d({ poolSize: [2, 1] }), [5, 4, 3], [2, 4, 3]],
  ['maxPooling1d', () => m.maxPooling1d(), [5, 3], [2, 3]],
  ['averagePooling1d', () => m.averagePooling1d({ padding: 'same' }), [5, 3], [3, 3]],
  ['globalAveragePooling2d', () => m.globalAveragePooling2d(), [5, 4, 3], [3]],
  ['globalMaxPooling2d', () => m.globalMaxPooling2d({ keepDims: true }), [5, 4, 3], [1, 1, 3]],
  ['globalAveragePooling1d', () => m.globalAveragePooling1d(), [5, 3], [3]],
  ['globalMaxPooling1d', () => m.globalMaxPooling1d(), [5, 3], [3]],
  ['prelu', () => m.prelu(), [4, 4, 3], [4, 4, 3], { alpha: [3] }],
  ['prelu shared', () => m.prelu({ shared: true }), [4, 4, 3], [4, 4, 3], { alpha: [1] }],
  ['flatten', () => m.flatten(), [4, 4, 3], [48]],
  ['reshape', () => m.reshape([-1, 2]), [4, 4, 3], [24, 2]],
  ['permute', () => m.permute([3, 1, 2]), [4, 5, 3], [3, 4, 5]],
  ['zeroPadding2d', () => m.zeroPadding2d([1, 2]), [4, 5, 3], [6, 9, 3]],
  [
    'zeroPadding2d reflect',
    () => m.zeroPadding2d([0, 1, 2, 3], { mode: 'reflect' }),
    [4, 5, 3],
    [6, 9, 3],
  ],
  ['cropping2d', () => m.cropping2d([1, 0, 1, 2]), [4, 5, 3], [2, 3, 3]],
  ['upSampling2d', () => m.upSampling2d([2, 3]), [4, 5, 3], [8, 15, 3]],
  ['resize', () => m.resize([3, 7], { interpolation: 'bilinear' }), [4, 5, 3], [3, 7, 3]],
  ['dropout', () => m.dropout(0.5), [4], [4]],
  ['identity', () => m.identity(), [4], [4]],
  ['rescaling', () => m.rescaling({ scale: 2 }), [4], [4]],
  ['zScore', () => m.zScore(), [4, 3], [4, 3], { mean: [3], deviation: [3] }],
  ['minMax', () => m.minMax(), [4, 3], [4, 3], { minimum: [3], extent: [3] }],
];

const { relu, relu6, leakyRelu, elu, selu, gelu, silu, hardSwish, hardSigmoid } = m;
const { sigmoid, tanh, softplus, softsign, softmax, logSoftmax } = m;
const shorthands = {
  relu,
  relu6,
  leakyRelu,
  elu,
  selu,
  gelu,
  silu,
  hardSwish,
  hardSigmoid,
  sigmoid,
  tanh,
  softplus,
  softsign,
  softmax,
  logSoftmax,
};

describe('shapes and weights', () => {
  for (const [name, layer, input, output, weights] of rows) {
    test(name, () => {
      const built = m.sequential(input, [layer()]);
      expect(built.outputs[0].tensor.shape).toEqual(output);
      buildTrainable(built, { batch: 2, training: true });
      const found = built.stateInfo().filter((info) => info.name !== 'step');
      const shapes = found.map((info) => [info.name.split('/')[1], info.type.shape]);
      if (weights) expect(Object.fromEntries(shapes)).toEqual(weights);
    });
  }

  test.each(Object.keys(shorthands) as (keyof typeof shorthands)[])(
    '%s as a layer, a name and an option',
    (name) => {
      const x = [-2, -0.5, 0.25, 3, 7, 1];
      const run = (layer: m.Layer) => {
        const built = m.sequential([3], [layer]);
        return runModel(built, built.initialState(), x, { batch: 2 }).outputs.output;
      };
      const direct = run(shorthands[name]());
      expect(run(m.activation(name))).toEqual(direct);
      expect(direct).not.toEqual(x);
      const dense = m.dense(3, { activation: name, kernelInitializer: 'ones' });
      expect(run(dense)).toHaveLength(6);
    },
  );
});

describe('numbers', () => {
  const through = (layer: m.Layer, shape: number[], x: number[], batch = 1) => {
    const built = m.sequential(shape, [layer]);
    return runModel(built, built.initialState(), x, { batch }).outputs.output;
  };

  test('conv1d: causal sums of what was', () => {
    const layer = m.conv1d(1, 2, { padding: 'causal', kernelInitializer: 'ones' });
    expect(through(layer, [4, 1], [1, 2, 4, 8])).toEqual([1, 3, 6, 12]);
  });

  test('upSampling2d repeats pixels', () => {
    expect(through(m.upSampling2d(3), [1, 2, 1], [1, 2])).toEqual(
      [0, 1, 2].flatMap(() => [1, 1, 1, 2, 2, 2]),
    );
  });

  test('depthwise keeps channels apart', () => {
    const layer = m.depthwiseConv2d([1, 2], { kernelInitializer: 'ones' });
    expect(through(layer, [1, 2, 2], [1, 10, 2, 20])).toEqual([3, 30]);
  });

  test('zScore adapts in two passes; a constant column becomes 0', () => {
    const data = [1e6 + 1, 5, 1e6 + 2, 5, 1e6 + 3, 5];
    const layer = m.zScore();
    layer.adapt(data, 2);
    const spread = Math.sqrt(2 / 3);
    expect(layer.options.mean).toEqual([1e6 + 2, 5]);
    expect((layer.options.deviation as number[])[0]).toBeCloseTo(spread, 12);
    const y = through(layer, [2], data, 3);
    expect(y.filter((_, i) => i % 2)).toEqual([0, 0, 0]);
    expect(y[0]).toBeCloseTo(-1 / spread, 6);
  });

  test('a column whose mean rounds is still constant', () => {
    const layer = m.zScore();
    layer.adapt([[0.1], [0.1], [0.1]]);
    expect(layer.options).toMatchObject({ mean: [0.1], deviation: [1] });
  });

  test('minMax adapts to rows; a constant column becomes low', () => {
    const layer = m.minMax({ low: -1 });
    layer.adapt([
      [0, 3],
      [4, 3],
    ]);
    expect(through(layer, [2], [0, 3, 4, 3, 1, 3], 3)).toEqual([-1, -1, 1, -1, -0.5, -1]);
  });

  test('adapting refuses what it cannot use', () => {
    expect(() => m.zScore().adapt([1, Number.NaN], 1)).toThrow('found NaN at 1');
    expect(() => m.zScore().adapt([])).toThrow('at least one number');
    expect(() => m.minMax().adapt([1, 2, 3], 2)).toThrow(ShapeError);
  });

  test('merging', () => {
    const [a, b] = [m.input([2], { name: 'a' }), m.input([2], { name: 'b' })];
    const outputs = [
      m.add()(a, b),
      m.subtract()(a, b),
      m.multiply()([a, b]),
      m.average()(a, b),
      m.concat()(a, b),
    ];
    const built = m.model([a, b], outputs);
    const numbers = { a: [1, 2], b: [3, 5] };
    expect(runModel(built, built.initialState(), numbers, { batch: 1 }).outputs).toEqual({
      add: [4, 7],
      subtract: [-2, -3],
      multiply: [3, 10],
      average: [2, 3.5],
      concat: [1, 2, 3, 5],
    });
  });
});

describe('errors', () => {
  const cases: [name: string, make: () => unknown, message: string][] = [
    ['no filters', () => m.conv2d(0, 3), 'conv2d: filters must be a positive integer; found 0'],
    [
      'negative strides',
      () => m.conv2d(1, 3, { strides: -1 }),
      'strides must be a positive integer',
    ],
    [
      'NaN epsilon',
      () => m.batchNorm({ epsilon: Number.NaN, name: 'bn' }),
      'batchNorm "bn": epsilon must be',
    ],
    ['momentum', () => m.batchNorm({ momentum: 1.1 }), 'momentum must be in [0, 1]; found 1.1'],
    ['activation', () => m.dense(1, { activation: 'rulu' as never }), '"relu", "relu6"'],
    ['activation parameter', () => m.activation({ name: 'relu', alpha: 1 }), 'takes no parameters'],
    ['initialiser', () => m.dense(1, { kernelInitializer: 'he' as never }), '"heNormal"'],
    [
      'unknown option',
      () => m.dense(1, { usebias: true } as never),
      'It takes: units, activation, useBias',
    ],
    ['inherited option', () => m.dense(1, JSON.parse('{"__proto__": 1}')), '"__proto__"'],
    ['rate', () => m.dropout(1), 'rate must be in [0, 1)'],
    ['statistics', () => m.batchNorm({ statistics: 'both' as never }), '"batch", "running"'],
    ['string for a number', () => m.batchNorm({ momentum: '0.5' as never }), 'momentum must be'],
    ['name', () => m.dense(1, { name: '' }), 'a name has 1 to 200 characters'],
    ['padding', () => m.conv2d(1, 3, { padding: 'full' as never }), 'padding'],
    ['low above high', () => m.minMax({ low: 2 }), 'low must be < high'],
  ];
  test.each(cases)('%s', (_, make, message) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });

  const shapes: [name: string, shape: number[], layers: () => m.Layer[], message: string][] = [
    [
      'conv on a vector',
      [5],
      () => [m.conv2d(1, 3)],
      'conv2d "conv2d": without the batch its input is [height,width,channels]; found [5]',
    ],
    [
      'the second conv',
      [5, 5, 1],
      () => [m.conv2d(1, 3), m.conv2d(1, 3), m.conv2d(1, 3)],
      'conv2d "conv2d_2": the window is no larger',
    ],
    [
      'a named pool',
      [2, 2, 1],
      () => [m.maxPooling2d({ poolSize: 3, name: 'stem/pool' })],
      'stem/pool',
    ],
    ['groups', [4, 4, 3], () => [m.conv2d(4, 1, { groups: 2 })], '2 groups, 3 channels, 4 filters'],
    [
      'reshape',
      [4],
      () => [m.reshape([3, -1])],
      'reshape "reshape": the target shape has the input\'s 4 elements',
    ],
    ['crop', [4, 4, 1], () => [m.cropping2d(2)], 'something is left'],
  ];
  test.each(shapes)('%s', (_, shape, layers, message) => {
    const make = () => m.sequential(shape, layers());
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(message);
  });

  test('applied to what is no tensor, or too many', () => {
    const x = m.input([4]);
    expect(() => m.dense(1)([1, 2] as never)).toThrow('it is applied to 1 symbolic tensor');
    expect(() => m.add()(x)).toThrow('2 or more symbolic tensors');
    expect(() => m.dense(1)(x, x)).toThrow('found 2');
  });

  test('ranks and axes of merges', () => {
    const [a, b] = [m.input([2, 3]), m.input([3])];
    expect(() => m.add()(a, b)).toThrow('as many dimensions as each other; found [2,3], [3]');
    expect(() => m.concat({ axis: 0 })(a, a)).toThrow('the batch is 0');
    expect(() => m.batchNorm({ axis: 1 })(m.input([3, 4, 4]))).toThrow('channels-last');
  });

  test('a shared layer on another width', () => {
    const layer = m.dense(4);
    layer(m.input([3]));
    expect(() => layer(m.input([5]))).toThrow('keeps the shape [3,4]; found [5,4]');
  });
});
