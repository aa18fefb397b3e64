// An imported model is a model like any other; and what the options of the import do.
import { describe, expect, test } from 'vitest';
import { adam, compile, evaluate, fit } from '../../src';
import { inspectOnnx, type OnnxOptions, readOnnx } from '../../src/formats/onnx';
import { importOnnx } from '../../src/formats/onnx/import';
import { int64, node, onnxFile, port, smallNetwork, weight } from '../support/onnx';

const numbers = (size: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + 1));

async function predict(file: Uint8Array, x: Float32Array, options: OnnxOptions = {}) {
  const { model, state } = readOnnx(file, options);
  const net = await compile(model, { state, backend: 'cpu' });
  const y = await net.predict(x);
  net.dispose();
  return y;
}

describe('an imported network', () => {
  test('has layers by the names of its modules and nodes', () => {
    const { model, state, opset } = readOnnx(smallNetwork());
    expect(opset).toBe(17);
    expect(model.layers.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'permute conv/permute',
      'conv2d conv',
      'batchNorm norm',
      'activation c',
      'maxPooling2d d',
      'flatten fc/flatten',
      'dense fc',
    ]);
    expect(state.names()).toEqual(model.stateInfo().map(({ name }) => name));
    expect(state.type('conv/kernel').shape).toEqual([3, 3, 2, 3]);
    expect(model.summary()).toContain('[N,2,5,4]');
    expect(model.layer('norm').options).toMatchObject({ convention: 'onnx', epsilon: 1e-5 });
  });

  test('trains, with frozen layers left as they are', async () => {
    const { model, state } = readOnnx(smallNetwork());
    model.layer('conv').trainable = false;
    const net = await compile(model, { state, backend: 'cpu' });
    const before = await net.getState();
    const x = numbers(8 * 40);
    const y = Int32Array.from({ length: 8 }, (_, i) => i % 4);
    const options = { optimizer: adam({ learningRate: 0.02 }), epochs: 60, batch: 8 };
    const loss = async () => (await evaluate(net, { x, y }, { loss: 'crossEntropy' })).loss;
    const start = await loss();
    await fit(net, { x, y }, { loss: 'crossEntropy', ...options }).run();
    expect(await loss()).toBeLessThan(start / 2);
    const after = await net.getState();
    net.dispose();
    expect(after.get('conv/kernel')).toEqual(before.get('conv/kernel'));
    expect(after.get('fc/kernel')).not.toEqual(before.get('fc/kernel'));
    expect(after.get('norm/movingMean')).not.toEqual(before.get('norm/movingMean'));
  });

  test('has the name of the graph, and outputs that are read', () => {
    expect(readOnnx(smallNetwork()).model.name).toBe('graph');
    const file = onnxFile({
      nodes: [node('Dropout', ['x', 'ratio'], ['y', 'mask'])],
      weights: [weight('ratio', [], [0.25])],
    });
    // A mask that nobody reads would need a fixed batch.
    expect(readOnnx(file).model.layers.map(({ type }) => type)).toEqual(['dropout']);
    expect(() => readOnnx(file, { outputs: ['mask'] })).toThrow('fixed batch');
  });

  test('tells which states a batch norm in training mode updates', () => {
    const vectors = ['g', 'b', 'm', 'v'].map((name) => weight(name, [2], [1, 1]));
    const norm = (opset: number, attributes: Parameters<typeof node>[3], outputs: string[]) =>
      readOnnx(
        onnxFile({
          nodes: [node('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], outputs, attributes)],
          weights: vectors,
          outputs: outputs.map((name) => port(name)),
          opset,
        }),
      );
    const expected = [
      ['mean', 'y/movingMean'],
      ['variance', 'y/movingVariance'],
    ];
    const names = ['y', 'mean', 'variance'];
    expect([...norm(15, { training_mode: 1 }, names).updates]).toEqual(expected);
    expect([...norm(9, {}, names).updates]).toEqual(expected);
    expect([...norm(15, {}, ['y']).updates]).toEqual([]);
    expect(() => norm(15, {}, names)).toThrow('without training_mode');
  });

  test('shares weights between nodes that have the same', async () => {
    const file = onnxFile({
      nodes: [
        node('Conv', ['x', 'w'], ['a'], { pads: [1, 1, 1, 1] }),
        node('Conv', ['a', 'w'], ['b'], { pads: [1, 1, 1, 1] }),
        node('Conv', ['b', 'w'], ['y']),
      ],
      weights: [weight('w', [2, 2, 3, 3])],
    });
    const { model } = readOnnx(file);
    const convs = model.places.filter(({ layer }) => layer.type === 'conv2d');
    // The third has other padding: it is another layer.
    expect(convs.map(({ outputs }) => outputs.length)).toEqual([2, 1]);
    expect((await predict(file, numbers(80))).shape).toEqual([2, 2, 3, 2]);
  });

  test('takes channels last where asked to', async () => {
    const conv = onnxFile({
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      weights: [weight('w', [3, 2, 2, 2])],
    });
    const [n, c, h, w] = [2, 2, 5, 4];
    const first = numbers(n * c * h * w);
    const last = first.map((_, i) => {
      const [k, at] = [i % c, Math.floor(i / c)];
      return first[(Math.floor(at / (h * w)) * c + k) * h * w + (at % (h * w))];
    });
    const a = await predict(conv, first);
    const b = await predict(conv, last, { layout: 'channelsLast' });
    expect([a.shape, b.shape]).toEqual([
      [2, 3, 4, 3],
      [2, 4, 3, 3],
    ]);
    expect(b.data[1]).toBe(a.data[12]);
    expect(readOnnx(conv, { layout: 'channelsLast' }).model.layers).toHaveLength(1);
  });
});

describe('shapes', () => {
  const relu = (dims: readonly (number | string)[]) =>
    onnxFile({ nodes: [node('Relu', ['x'], ['y'])], inputs: [port('x', dims)] });
  const shapeOf = (file: Uint8Array, options?: OnnxOptions) => {
    const [{ tensor }] = readOnnx(file, options).model.inputs;
    return [tensor.batched, ...tensor.shape];
  };

  test('a symbolic first extent is the batch, a number is not', () => {
    expect(shapeOf(relu(['N', 3]))).toEqual([true, 3]);
    expect(shapeOf(relu([2, 3]))).toEqual([false, 2, 3]);
    expect(shapeOf(relu([2, 3]), { batch: 'free' })).toEqual([true, 3]);
    expect(shapeOf(relu(['N', 3]), { batch: 'fixed', sizes: { N: 4 } })).toEqual([false, 4, 3]);
    expect(() => readOnnx(relu(['N', 3]), { batch: 'fixed' })).toThrow('sizes: { "N"');
  });

  test('symbolic extents are given by name, whole shapes by input', () => {
    expect(shapeOf(relu(['N', 3, 'h', 'w']), { sizes: { h: 8, w: 9 } })).toEqual([true, 3, 8, 9]);
    expect(() => readOnnx(relu(['N', 3, 'h', 'w']), { sizes: { h: 8 } })).toThrow('sizes: { "w"');
    expect(shapeOf(relu(['N', 'c']), { shapes: { x: [7, 5] } })).toEqual([false, 7, 5]);
  });

  test('a batch in shape arithmetic stays one', async () => {
    const file = onnxFile({
      nodes: [
        node('Shape', ['x'], ['s']),
        node('Gather', ['s', 'zero'], ['n']),
        node('Mul', ['n', 'one'], ['m']),
        node('Unsqueeze', ['m', 'zeros'], ['m1']),
        node('Concat', ['m1', 'rest'], ['t'], { axis: 0 }),
        node('Reshape', ['x', 't'], ['y']),
      ],
      weights: [
        int64('zero', [0], []),
        int64('one', [1], []),
        int64('zeros', [0]),
        int64('rest', [4, -1]),
      ],
    });
    expect((await predict(file, numbers(3 * 40))).shape).toEqual([3, 4, 10]);
    const mixed = onnxFile({
      nodes: [
        node('Shape', ['x'], ['s']),
        node('Mul', ['s', 's'], ['t']),
        node('Reshape', ['x', 't'], ['y']),
      ],
    });
    expect(() => readOnnx(mixed)).toThrow('the batch is only added');
  });

  test('an exported batch of 1 in constants follows a batch made free', async () => {
    const file = onnxFile({
      nodes: [node('Reshape', ['x', 's'], ['y'])],
      weights: [int64('s', [1, 40])],
      inputs: [port('x', [1, 2, 5, 4])],
    });
    expect((await predict(file, numbers(120), { batch: 'free' })).shape).toEqual([3, 40]);
  });
});

describe('options', () => {
  const add = onnxFile({
    nodes: [node('Add', ['x', 'w'], ['a']), node('Relu', ['a'], ['y'])],
    inputs: [port('x', ['N', 3]), port('w', [3])],
  });

  test('values take the place of inputs and of what nodes make', async () => {
    const one = { dtype: 'float', dims: [3], data: Float32Array.of(1, 2, 3) } as const;
    const { model, state } = readOnnx(add, { values: new Map([['w', one]]) });
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
    expect([...state.get('w/value')]).toEqual([1, 2, 3]);
    expect(model.stateInfo()[0].trainable).toBe(true);
    const all = importOnnx(add, { values: new Map([['a', { ...one, dims: [1, 3] }]]) });
    expect(all.model?.inputs).toHaveLength(2);
  });

  test('other outputs than the graph’s', () => {
    const { model } = readOnnx(add, { outputs: ['a', 'y'] });
    expect(model.outputs.map(({ name }) => name)).toEqual(['a', 'y']);
    expect(() => readOnnx(add, { outputs: ['z'] })).toThrow('output "z"');
  });

  test('elements made at import are counted', () => {
    const file = onnxFile({
      nodes: [node('ConstantOfShape', ['s'], ['w']), node('Add', ['x', 'w'], ['y'])],
      weights: [int64('s', [2, 5, 4])],
    });
    expect(() => readOnnx(file)).not.toThrow();
    expect(() => readOnnx(file, { maxElements: 39 })).toThrow('at most 39 elements');
  });

  test('an output that is a constant is told, not run', () => {
    const file = onnxFile({ nodes: [node('Shape', ['x'], ['y'])], inputs: [port('x', [2, 3])] });
    const { constants, model } = importOnnx(file);
    expect([...(constants.get('y')?.data ?? [])]).toEqual([2, 3]);
    expect(model).toBeUndefined();
    expect(() => readOnnx(file)).toThrow('constants only');
  });
});

test('inspectOnnx tells inputs, operators and what must be known', () => {
  const file = onnxFile({
    nodes: [
      node('Unsqueeze', ['n', 'axis'], ['s']),
      node('Reshape', ['x', 's'], ['a']),
      node('Evil', ['a'], ['y']),
    ],
    inputs: [port('x', ['N', null, 4]), port('n', [], 'int64'), port('axis', [1], 'int64')],
  });
  const { inputs, operators, opset } = inspectOnnx(file);
  expect(opset).toBe(17);
  expect(inputs.map(({ name, dims, known }) => ({ name, dims, known }))).toEqual([
    { name: 'x', dims: ['N', null, 4], known: false },
    { name: 'n', dims: [], known: true },
    { name: 'axis', dims: [1], known: true },
  ]);
  expect(Object.fromEntries(operators)).toEqual({
    Unsqueeze: { count: 1, supported: true },
    Reshape: { count: 1, supported: true },
    Evil: { count: 1, supported: false },
  });
});
