// Whole models: the networks of the tutorials, names, state, biases, modes, configs, summaries.
import { describe, expect, test } from 'vitest';
import { DataError, FormatError, LimitError, NameError } from '../../src/core/errors';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import * as m from '../../src/index';
import type { Value } from '../../src/ir/graph';
import type { BuildOptions, BuiltModel } from '../../src/model/build';
import { differentiate } from '../../src/passes/differentiate';
import { buildTrainable } from '../../src/train/build';
import { runModel } from '../support/run-model';

const mlp = () =>
  m.sequential(
    [5],
    [
      m.dense(16, { activation: 'relu' }),
      m.batchNorm(),
      m.dense(32, { activation: 'relu' }),
      m.batchNorm(),
      m.dense(2, { activation: 'softmax' }),
    ],
  );
const cnn = () =>
  m.sequential(
    [28, 28, 3],
    [
      m.conv2d(32, 3, { activation: 'relu' }),
      m.batchNorm(),
      m.conv2d(32, 3, { activation: 'relu' }),
      m.batchNorm(),
      m.maxPooling2d(),
      m.dense(2, { activation: 'softmax' }),
    ],
  );
/** The paper's order: batch norm before the activation, no bias, a residual. */
const residual = () => {
  const image = m.input([6, 6, 2], { name: 'image' });
  const stem = m.relu()(
    m.batchNorm()(m.conv2d(4, 3, { padding: 'same', name: 'stem/conv' })(image)),
  );
  const branch = m.batchNorm({ convention: 'pytorch' })(m.conv2d(4, 3, { padding: 'same' })(stem));
  const joined = m.relu()(m.add()(stem, branch));
  const pooled = m.globalAveragePooling2d()(joined);
  return m.model(image, [
    m.dense(3, { name: 'class' })(pooled),
    m.sigmoid({ name: 'score' })(pooled),
  ]);
};
const x = (size: number) => Array.from({ length: size }, (_, i) => Math.sin(i * i));

describe('the networks of the tutorials', () => {
  test('five features', () => {
    const built = mlp();
    expect(built.countParams()).toEqual({ trainable: 802, nonTrainable: 96, total: 898 });
    expect(built.stateInfo().map(({ name }) => name)).toContain('dense_1/bias');
    const { output } = runModel(built, built.initialState(), x(20), { batch: 4 }).outputs;
    for (const row of [0, 1, 2, 3]) {
      expect(output[2 * row] + output[2 * row + 1]).toBeCloseTo(1, 12);
    }
  });

  test('images, with softmax on the last axis', () => {
    const built = cnn();
    expect(built.outputs[0].tensor.shape).toEqual([12, 12, 2]);
    expect(built.countParams()).toEqual({ trainable: 10338, nonTrainable: 128, total: 10466 });
    const { graph } = buildTrainable(built, { batch: 8, training: true });
    expect(graph.outputs.get('output')?.shape).toEqual([8, 12, 12, 2]);
    expect([...graph.updates.keys()].map(({ name }) => name)).toEqual([
      'batchNorm/movingMean',
      'batchNorm/movingVariance',
      'batchNorm_1/movingMean',
      'batchNorm_1/movingVariance',
    ]);
  });

  test('summary', () => {
    expect(mlp().summary()).toMatchInlineSnapshot(`
      "Model "sequential"
      ─────────────────────────────────────────────
      Layer (type)             Output shape  Params
      ─────────────────────────────────────────────
      input (input)            [N,5]              0
      dense (dense)            [N,16]            96
      batchNorm (batchNorm)    [N,16]            64
      dense_1 (dense)          [N,32]           544
      batchNorm_1 (batchNorm)  [N,32]           128
      dense_2 (dense)          [N,2]             66
      ─────────────────────────────────────────────
      Total params: 898
      Trainable params: 802
      Non-trainable params: 96
      "
    `);
    expect(residual().summary()).toMatchInlineSnapshot(`
      "Model "model"
      ─────────────────────────────────────────────────────────────────────────────────────────────
      Layer (type)                                     Output shape  Params  Connected to
      ─────────────────────────────────────────────────────────────────────────────────────────────
      image (input)                                    [N,6,6,2]          0
      stem/conv (conv2d)                               [N,6,6,4]         72  image
      batchNorm (batchNorm)                            [N,6,6,4]         16  stem/conv
      relu (activation)                                [N,6,6,4]          0  batchNorm
      conv2d (conv2d)                                  [N,6,6,4]        144  relu
      batchNorm_1 (batchNorm)                          [N,6,6,4]         16  conv2d
      add (add)                                        [N,6,6,4]          0  relu, batchNorm_1
      relu_1 (activation)                              [N,6,6,4]          0  add
      globalAveragePooling2d (globalAveragePooling2d)  [N,4]              0  relu_1
      class (dense)                                    [N,3]             15  globalAveragePooling2d
      score (activation)                               [N,4]              0  globalAveragePooling2d
      ─────────────────────────────────────────────────────────────────────────────────────────────
      Total params: 263
      Trainable params: 247
      Non-trainable params: 16
      "
    `);
  });
});

describe('names', () => {
  test('are the same each time', () => {
    expect(mlp().places.map(({ name }) => name)).toEqual(mlp().places.map(({ name }) => name));
  });

  test('given ones stay, others are numbered around them', () => {
    const built = m.sequential([3], [m.dense(1), m.dense(1, { name: 'dense' }), m.dense(1)]);
    expect(built.places.map(({ name }) => name)).toEqual(['dense_1', 'dense', 'dense_2']);
    const twice = () => m.sequential([3], [m.dense(1, { name: 'a' }), m.relu({ name: 'a' })]);
    expect(twice).toThrow(NameError);
  });

  test('a part of a model keeps the names, and so the state', () => {
    const built = cnn();
    const part = m.model(built.inputs[0].tensor, built.places[3].outputs[0]);
    const rest = m.model(built.places[3].outputs[0], built.outputs[0].tensor);
    expect(part.layer('conv2d_1')).toBe(built.layer('conv2d_1'));
    expect(rest.stateInfo().map(({ name }) => name)).toEqual(['dense/kernel', 'dense/bias']);
    expect(() => part.layer('dense')).toThrow('It has: conv2d, batchNorm');
  });

  test('inputs and outputs', () => {
    const built = residual();
    expect(built.inputs.map(({ name }) => name)).toEqual(['image']);
    expect(built.outputs.map(({ name }) => name)).toEqual(['class', 'score']);
    const [a, b] = [m.input([1]), m.input([1])];
    const sum = m.add()(a, b);
    expect(m.model([a, b], sum).inputs.map(({ name }) => name)).toEqual(['input', 'input_1']);
    expect(() => m.model(a, sum)).toThrow('an input of shape [1] that is not');
    expect(() => m.model([a, a], a)).toThrow(NameError);
    expect(() => m.input([0])).toThrow('at least 1');
    expect(() => m.input([1], { name: 'step' })).toThrow(NameError);
  });
});

describe('state', () => {
  test('is a function of seed and name', () => {
    const first = mlp().initialState(3);
    expect([...first]).toEqual([...mlp().initialState(3)]);
    expect(first.get('dense/kernel')).not.toEqual(mlp().initialState(4).get('dense/kernel'));
    const longer = m.sequential([5], [m.dense(16), m.relu(), m.dense(7)]).initialState(3);
    expect(longer.get('dense/kernel')).toEqual(first.get('dense/kernel'));
    expect(first.get('batchNorm/gamma')).toEqual(new Float32Array(16).fill(1));
  });

  test('initialisers have the spread that they promise', () => {
    const spread = (kernelInitializer: m.Initializer) => {
      const built = m.sequential([400], [m.dense(100, { kernelInitializer })]);
      const kernel = Array.from(built.initialState(1).get('dense/kernel'));
      const mean = kernel.reduce((sum, v) => sum + v, 0) / kernel.length;
      const squares = kernel.reduce((sum, v) => sum + (v - mean) ** 2, 0);
      return Math.sqrt(squares / kernel.length);
    };
    expect(spread('heNormal')).toBeCloseTo(Math.sqrt(2 / 400), 3);
    expect(spread('heUniform')).toBeCloseTo(Math.sqrt(2 / 400), 3);
    expect(spread('glorotNormal')).toBeCloseTo(Math.sqrt(2 / 500), 3);
    expect(spread('glorotUniform')).toBeCloseTo(Math.sqrt(2 / 500), 3);
    expect(spread('lecunNormal')).toBeCloseTo(Math.sqrt(1 / 400), 3);
    expect(spread(m.normal({ mean: 3, std: 0.5 }))).toBeCloseTo(0.5, 2);
    expect(spread(m.uniform({ low: 0, high: 1 }))).toBeCloseTo(Math.sqrt(1 / 12), 2);
    expect(spread(m.constant(2))).toBe(0);
  });

  test('get, set, clone', () => {
    const state = mlp().initialState();
    const copy = state.clone();
    state.set('dense_2/bias', [1, 2]);
    expect([...state.get('dense_2/bias')]).toEqual([1, 2]);
    expect([...copy.get('dense_2/bias')]).toEqual([0, 0]);
    expect(() => state.set('dense_2/bias', [1])).toThrow('f32[2] takes 2 numbers; found 1');
    expect(() => state.get('dense_9/bias')).toThrow('It has: dense/kernel');
  });
});

describe('a bias before a batch norm', () => {
  const names = (built: m.Model) => built.stateInfo().map(({ name }) => name);

  test('is left out', () => {
    expect(names(m.sequential([3], [m.dense(2), m.batchNorm()]))).not.toContain('dense/bias');
    expect(names(residual())).not.toContain('stem/conv/bias');
    expect(names(residual())).toContain('class/bias');
  });

  test('stays where it matters or is asked for', () => {
    const asked = m.sequential([3], [m.dense(2, { useBias: true }), m.batchNorm()]);
    expect(names(asked)).toContain('dense/bias');
    const after = m.sequential([3], [m.dense(2), m.relu(), m.batchNorm()]);
    expect(names(after)).toContain('dense/bias');
    const from = m.input([3]);
    const y = m.dense(2)(from);
    expect(names(m.model(from, [m.batchNorm()(y), m.relu()(y)]))).toContain('dense/bias');
  });
});

describe('batch norm', () => {
  const numbers = [1, 2, 3, 6];
  const run = (options: m.BatchNormOptions, build: Partial<BuildOptions> = {}) => {
    const built = m.sequential([1], [m.batchNorm(options)]);
    const state = built.initialState();
    const { outputs, updates } = runModel(built, state, numbers, {
      batch: 4,
      training: true,
      ...build,
    });
    return {
      y: outputs.output,
      mean: updates['batchNorm/movingMean']?.[0],
      variance: updates['batchNorm/movingVariance']?.[0],
    };
  };
  const batch = numbers.map((v) => (v - 3) / Math.sqrt(3.5 + 1e-3));
  const running = numbers.map((v) => v / Math.sqrt(1 + 1e-3));
  const close = (got: number[], want: number[]) =>
    got.forEach((v, i) => {
      expect(v).toBeCloseTo(want[i], 10);
    });

  test('conventions', () => {
    expect(run({}).mean).toBeCloseTo(0.03, 12);
    expect(run({}).variance).toBeCloseTo(0.99 + 0.035, 12);
    expect(run({ convention: 'pytorch' }).mean).toBeCloseTo(0.3, 12);
    expect(run({ convention: 'pytorch', momentum: 0.25 }).mean).toBeCloseTo(0.75, 12);
    expect(run({ convention: 'pytorch' }).variance).toBeCloseTo(0.9 + (0.1 * 3.5 * 4) / 3, 12);
    expect(run({ convention: 'onnx' }).variance).toBeCloseTo(0.9 + 0.35, 12);
    expect(run({ convention: 'paper' }).variance).toBeCloseTo((3.5 * 4) / 3, 12);
    expect(run({ unbiased: true, momentum: 0 }).variance).toBeCloseTo((3.5 * 4) / 3, 12);
  });

  test('switches', () => {
    close(run({}).y, batch);
    close(run({ statistics: 'running' }).y, running);
    expect(run({ statistics: 'running' }).mean).toBeCloseTo(0.03, 12);
    expect(run({ updateRunning: false }).mean).toBeUndefined();
    close(run({ updateRunning: false }).y, batch);
    close(run({ trainable: false }).y, running);
    expect(run({ trainable: false }).mean).toBeUndefined();
    close(run({}, { training: false }).y, running);
    close(run({}, { training: false, statistics: 'batch' }).y, batch);
    expect(run({}, { training: false, statistics: () => 0.5 }).mean).toBeUndefined();
    const blended = numbers.map((v) => (v - 1.5) / Math.sqrt(2.25 + 1e-3));
    close(run({ statistics: 0.5 }).y, blended);
  });

  test('modes', () => {
    const built = mlp();
    const modeOf = () => {
      const { parameters, graph } = buildTrainable(built, { batch: 4, training: true });
      const node = graph.nodes.find(({ name }) => name === 'batchNorm');
      return [node?.op.name, graph.updates.size, parameters.has('batchNorm/gamma')];
    };
    expect(modeOf()).toEqual(['batchNorm', 4, true]);
    expect(m.setBatchNormMode(built, 'eval')).toEqual(['batchNorm', 'batchNorm_1']);
    expect(modeOf()).toEqual(['batchNormInference', 0, true]);
    m.setBatchNormMode(built, 'frozen');
    expect(modeOf()).toEqual(['batchNormInference', 0, false]);
    m.setBatchNormMode(built, 'recalibrate');
    expect(modeOf()).toEqual(['batchNorm', 4, false]);
    m.setBatchNormMode(built, 'train');
    m.setBatchNormMode(built, 'frozen', (name) => name === 'batchNorm_1');
    expect(modeOf()).toEqual(['batchNorm', 2, true]);
    expect(() => m.setBatchNormMode(built, 'off' as never)).toThrow('"recalibrate"');
    expect(() => Object.assign(m.batchNorm(), { statistics: 2 })).toThrow('in [0, 1]');
  });

  test('one value a channel in training', () => {
    const build = (training: boolean) => () => buildTrainable(mlp(), { batch: 1, training });
    expect(build(true)).toThrow(DataError);
    expect(build(true)).toThrow('batchNorm "batchNorm": statistics of a batch need at least two');
    expect(build(false)).not.toThrow();
    const frozen = mlp();
    m.setBatchNormMode(frozen, 'frozen');
    expect(() => buildTrainable(frozen, { batch: 1, training: true })).not.toThrow();
  });

  test('applied twice, it learns from both in turn', () => {
    const [a, b] = [m.input([1], { name: 'a' }), m.input([1], { name: 'b' })];
    const layer = m.batchNorm({ momentum: 0.5 });
    const built = m.model([a, b], m.add()(layer(a), layer(b)));
    const { updates } = runModel(
      built,
      built.initialState(),
      { a: [0, 4], b: [8, 8] },
      { batch: 2, training: true },
    );
    expect(updates['batchNorm/movingMean']).toEqual([(0 * 0.5 + 2 * 0.5) * 0.5 + 8 * 0.5]);
  });

  test('a cumulative average counts its batches', () => {
    const built = m.sequential([1], [m.batchNorm({ momentum: null })]);
    const state = built.initialState();
    for (const numbers of [
      [0, 2],
      [4, 6],
    ]) {
      const { updates } = runModel(built, state, numbers, { batch: 2, training: true });
      for (const [name, values] of Object.entries(updates)) state.set(name, values);
    }
    expect([...state.get('batchNorm/movingMean')]).toEqual([3]);
    expect([...state.get('batchNorm/batches')]).toEqual([2]);
  });
});

describe('graphs', () => {
  test('logits before softmax and sigmoid', () => {
    const { outputs } = buildTrainable(mlp(), { batch: 4 });
    expect(outputs[0]).toMatchObject({ name: 'output', activation: 'softmax' });
    expect(outputs[0].logits?.shape).toEqual([4, 2]);
    const [scores, score] = buildTrainable(residual(), { batch: 4 }).outputs;
    expect(scores.logits).toBeUndefined();
    expect(score.activation).toBe('sigmoid');
  });

  test('parameters are what is trainable', () => {
    const built = residual();
    built.layer('class').trainable = false;
    const { parameters, states, layerOf, graph } = buildTrainable(built, {
      batch: 2,
      training: true,
    });
    expect([...parameters.keys()].filter((name) => name.startsWith('class'))).toEqual([]);
    expect([...states.keys()].sort()).toEqual(built.initialState().names().sort());
    expect(new Set(layerOf.values())).toEqual(new Set(built.places.map(({ name }) => name)));
    expect(graph.nodes.every(({ id }) => layerOf.has(id))).toBe(true);
  });

  test('dropout counts steps in training only', () => {
    const built = m.sequential([64], [m.dropout(0.5), m.identity(), m.dropout(0.5)]);
    const state = built.initialState();
    const ones = new Array(64).fill(1);
    const train = runModel(built, state, ones, { batch: 1, training: true });
    expect(train.updates).toEqual({ step: [1] });
    expect(new Set(train.outputs.output)).toEqual(new Set([0, 4]));
    expect(runModel(built, state, ones, { batch: 1 }).outputs.output).toEqual(ones);
    expect(
      buildTrainable(built, { batch: 1, training: true, dropout: false }).step,
    ).toBeUndefined();
    const kept = train.outputs.output.filter((v) => v).length;
    expect(kept).toBeGreaterThan(6);
    expect(kept).toBeLessThan(26);
  });

  test('f16 storage leaves states, inputs and outputs in f32', () => {
    const { graph, outputs, states } = buildTrainable(cnn(), {
      batch: 2,
      training: true,
      storage: 'f16',
    });
    expect([...states.values()].every(({ dtype }) => dtype === 'f32')).toBe(true);
    expect(graph.inputs[0].dtype).toBe('f32');
    expect([outputs[0].value.dtype, outputs[0].logits?.dtype]).toEqual(['f32', 'f32']);
    const convs = graph.nodes.filter(({ op }) => op.name === 'conv2d' || op.name === 'batchNorm');
    expect(convs.map(({ outputs }) => outputs[0].dtype)).toEqual(['f16', 'f16', 'f16', 'f16']);
  });

  test('a bad batch', () => {
    expect(() => buildTrainable(mlp(), { batch: 0 })).toThrow('batch must be a positive integer');
  });
});

describe('configs', () => {
  const again = (built: m.Model) => m.modelFromConfig(JSON.parse(JSON.stringify(built.toConfig())));

  test.each([
    ['mlp', mlp],
    ['cnn', cnn],
    ['residual', residual],
  ] as const)('%s comes back', (_, make) => {
    const built = make();
    const copy = again(built);
    expect(copy.toConfig()).toEqual(built.toConfig());
    expect(copy.summary()).toBe(built.summary());
    expect([...copy.initialState(5)]).toEqual([...built.initialState(5)]);
  });

  test('shared layers, modes and adapted state come back', () => {
    const scale = m.zScore();
    const [a, b] = [m.input([2]), m.input([2])];
    const shared = m.dense(2, { activation: { name: 'elu', alpha: 0.5 } });
    const built = m.model([a, b], m.add()(m.batchNorm()(shared(scale(a))), shared(b)));
    scale.adapt([1, 2, 3, 8], 2);
    m.setBatchNormMode(built, 'recalibrate');
    const copy = again(built);
    expect(copy.toConfig()).toEqual(built.toConfig());
    expect([...copy.initialState()]).toEqual([...built.initialState()]);
    expect(copy.countParams()).toEqual(built.countParams());
  });

  test('written by hand', () => {
    const built = m.modelFromConfig({
      inputs: [{ shape: [8, 8, 1] }],
      layers: [
        { type: 'conv2d', filters: 4, kernelSize: 3 },
        { type: 'batchNorm' },
        { type: 'activation', activation: 'relu' },
        { type: 'flatten' },
        { type: 'dense', units: 10, activation: 'softmax' },
      ],
    });
    expect(built.stateInfo().map(({ name }) => name)).not.toContain('conv2d/bias');
    expect(built.outputs[0].tensor.shape).toEqual([10]);
  });

  const input = { shape: [4] };
  const dense = { type: 'dense', units: 2 };
  const bad: [
    name: string,
    config: unknown,
    error: new (...complaint: never[]) => Error,
    message: string,
  ][] = [
    ['nothing', null, FormatError, 'it is an object; found null'],
    ['a list', [], FormatError, 'it is an object'],
    ['no layers', { inputs: [input] }, FormatError, 'layers: it is a list'],
    ['a stray key', { inputs: [input], layers: [], eval: 1 }, FormatError, 'found "eval"'],
    ['a later version', { version: 2, inputs: [input], layers: [] }, FormatError, 'version is 1'],
    [
      'an unknown layer',
      { inputs: [input], layers: [{ type: 'lambda' }] },
      FormatError,
      'layers[0]: type is one of',
    ],
    [
      'an inherited name',
      { inputs: [input], layers: [{ type: '__proto__' }] },
      FormatError,
      'type is one of',
    ],
    [
      'a shape of text',
      { inputs: [{ shape: '[4]' }], layers: [dense] },
      FormatError,
      'inputs[0].shape',
    ],
    ['a huge shape', { inputs: [{ shape: [1e9, 1e9] }], layers: [dense] }, Error, 'at most'],
    [
      'a huge layer',
      { inputs: [{ shape: [65536] }], layers: [{ type: 'dense', units: 16384 }] },
      LimitError,
      'parameters',
    ],
    [
      'many layers',
      { inputs: [input], layers: new Array(5000).fill(dense) },
      LimitError,
      'at most 4096',
    ],
    [
      'a call of what comes later',
      { inputs: [input], layers: [dense], calls: [{ layer: 0, inputs: [1] }] },
      FormatError,
      'only what comes before',
    ],
    ['an unknown option', { inputs: [input], layers: [{ ...dense, code: 'x' }] }, Error, '"code"'],
    [
      'deep nesting',
      {
        inputs: [input],
        layers: [{ ...dense, units: JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`) }],
      },
      FormatError,
      'nested at most',
    ],
    [
      'an output that is not there',
      { inputs: [input], layers: [dense], outputs: [{ tensor: 7 }] },
      FormatError,
      'outputs[0].tensor',
    ],
  ];
  test.each(bad)('%s', (_, config, error, message) => {
    expect(() => m.modelFromConfig(config)).toThrow(error);
    expect(() => m.modelFromConfig(config)).toThrow(message);
  });
});

describe('training graphs', () => {
  /** Gradients of Σ outputs·seed for every parameter, and that sum, on the CPU reference. */
  const step = (built: m.Model, state: m.ModelState, numbers: number[], options: BuildOptions) => {
    const { g, outputs, parameters } = buildTrainable(built, { ...options, training: true });
    const seeds = new Map(outputs.map(({ value }) => [value, seedOf(g, value)]));
    const { graph, gradients } = differentiate(g.build(), seeds, [...parameters.values()]);
    const known = execute(
      graph,
      new Map([
        ...graph.inputs.map((value) => [value, Float64Array.from(numbers)] as const),
        ...graph.states.map((value) => [value, Float64Array.from(state.get(value.name))] as const),
      ]),
    );
    const dot = [...seeds].reduce((sum, [value, seed]) => {
      const weights = known.get(seed)!;
      return sum + known.get(value)!.reduce((part, v, i) => part + v * weights[i], 0);
    }, 0);
    const entries = [...parameters].map(
      ([name, value]) => [name, known.get(gradients.get(value)!)!] as const,
    );
    return { dot, gradients: new Map(entries) };
  };
  const seedOf = (g: BuiltModel['g'], value: Value) =>
    g.constant(x(sizeOf(value.shape) + 3).slice(3), value, 'seed');

  test('every parameter of a residual network learns, as differences say', () => {
    const built = residual();
    const state = built.initialState(2);
    const numbers = x(3 * 72);
    const { gradients } = step(built, state, numbers, { batch: 3 });
    expect([...gradients.keys()].sort()).toEqual(
      built
        .stateInfo()
        .filter(({ trainable }) => trainable)
        .map(({ name }) => name)
        .sort(),
    );
    for (const [name, gradient] of gradients) {
      const at = gradient.reduce(
        (best, v, i) => (Math.abs(v) > Math.abs(gradient[best]) ? i : best),
        0,
      );
      const moved = (by: number) => {
        const copy = state.clone();
        const values = Array.from(copy.get(name));
        values[at] += by;
        copy.set(name, values);
        const exact = copy.get(name)[at] - state.get(name)[at];
        return { exact, dot: step(built, copy, numbers, { batch: 3 }).dot };
      };
      const [up, down] = [moved(1e-4), moved(-1e-4)];
      const slope = (up.dot - down.dot) / (up.exact - down.exact);
      expect(gradient[at], name).not.toBe(0);
      expect(Math.abs(slope - gradient[at]), name).toBeLessThan(
        2e-3 * Math.abs(gradient[at]) + 1e-6,
      );
    }
  });

  test('f16 storage gives f32 gradients', () => {
    const built = cnn();
    const options = { batch: 2, storage: 'f16', training: true } as const;
    const { graph, outputs, parameters } = buildTrainable(built, options);
    const seeds = new Map(outputs.map(({ value }) => [value, 1]));
    const { gradients } = differentiate(graph, seeds, [...parameters.values()]);
    expect(new Set([...gradients.values()].map(({ dtype }) => dtype))).toEqual(new Set(['f32']));
  });
});
