// Tensors without a batch, parameters, and other dtypes: shapes, files, prediction, training.
import { describe, expect, test } from 'vitest';
import { ArgumentError, DataError, ShapeError } from '../../src/core/errors';
import * as m from '../../src/index';
import { buildGraph } from '../../src/model/build';
import { buildTrainable } from '../../src/train/build';

const free = (shape: number[], name?: string) => m.input(shape, { batch: false, name });

async function predictAll(model: m.Model, x: m.Examples, state = model.initialState()) {
  const net = await m.compile(model, { backend: 'cpu', state });
  const got = await net.predictAll(x, { batch: 2 });
  net.dispose();
  return got;
}

test('an output has a batch where an input has one, and is as wide as NumPy says', () => {
  const x = m.input([4, 3]);
  const cases: [m.SymbolicTensor[], number[], boolean][] = [
    [[x, free([3])], [4, 3], true],
    [[free([1, 1, 3]), x], [4, 3], true],
    [[x, free([])], [4, 3], true],
    [[free([2, 1]), free([3])], [2, 3], false],
    [[x, m.input([1, 3])], [4, 3], true],
  ];
  for (const [inputs, shape, batched] of cases) {
    const sum = m.add()(inputs);
    expect([sum.shape, sum.batched, sum.dtype]).toEqual([shape, batched, 'f32']);
  }
});

test('nothing meets the batch', () => {
  const x = m.input([3]);
  expect(() => m.add()(x, free([2, 3]))).toThrow(/has fewer dimensions/);
  expect(() => m.add()(x, free([1, 1, 3]))).toThrow(ShapeError);
  expect(() => m.add()(x, m.input([2, 3]))).toThrow(/as many dimensions/);
  expect(() => m.concat({ axis: 0 })(x, x)).toThrow(/the batch is 0/);
});

test('nothing meets the batch in gathers and products', () => {
  const places = m.input([2], { dtype: 'i32' });
  expect(() => m.gather({ axis: 1 })(m.input([4]), places)).toThrow(/places with a batch/);
  expect(() => m.gather({ axis: 1 })(free([1, 4]), places)).toThrow(/places with a batch/);
  expect(() => m.matmul()(m.input([1]), m.input([3]))).toThrow(/no dimension of the matrices/);
  expect(() => m.matmul()(free([1, 1]), m.input([3]))).toThrow(/no dimension of the matrices/);
  expect(() => m.matmul()(m.input([2, 3]), free([4, 3, 5]))).toThrow(/fewer dimensions/);
  expect(() => m.cumSum(0)(m.input([3]))).toThrow(/the batch is 0/);
});

test('embeddings, rows by a matrix, running sums', async () => {
  const table = m.parameter([3, 2], { name: 'table' });
  const places = m.input([2], { name: 'places', dtype: 'i32' });
  const words = m.gather({ axis: 0 })(table, places);
  expect([words.shape, words.batched]).toEqual([[2, 2], true]);
  const x = m.input([2], { name: 'x' });
  const rows = m.matmul()(x, free([2, 1], 'matrix'));
  const sums = m.cumSum(1, { reverse: true })(x);
  const model = m.model([places, x], [words, sums]);
  const state = model.initialState();
  state.set('table/value', [1, 2, 3, 4, 5, 6]);
  const got = await predictAll(model, { places: [2, 0, 1, -1], x: [1, 2, 3, 4] }, state);
  expect([...got.gather.data]).toEqual([5, 6, 1, 2, 3, 4, 5, 6]);
  expect([...got.cumSum.data]).toEqual([3, 2, 7, 4]);
  expect([rows.shape, rows.batched]).toEqual([[1], true]);
  expect(m.modelFromConfig(model.toConfig()).toConfig()).toEqual(model.toConfig());
});

test('layers on tensors without a batch', () => {
  const x = free([2, 3, 4]);
  expect(m.flatten()(x).shape).toEqual([24]);
  expect(m.reshape([6, -1])(x).shape).toEqual([6, 4]);
  expect(m.reshape([])(free([1, 1])).shape).toEqual([]);
  expect(m.permute([3, 1, 2])(x).shape).toEqual([4, 2, 3]);
  expect(m.concat({ axis: 0 })(x, x).shape).toEqual([4, 3, 4]);
  // The first dimension is in the batch's place.
  expect(m.dense(5)(x).shape).toEqual([2, 3, 5]);
  expect(m.conv2d(5, 3)(free([2, 8, 8, 1])).shape).toEqual([2, 6, 6, 5]);
  expect(m.batchNorm()(free([2, 3])).shape).toEqual([2, 3]);
});

test('inputs check their options', () => {
  expect(() => m.input([3], { batch: 1 as never })).toThrow(/batch must be true or false/);
  expect(() => m.input([3], { dtype: 'f16' as never })).toThrow(ArgumentError);
  expect(() => m.input([3], { shape: [1] } as never)).toThrow(ArgumentError);
  expect(m.input([1, 2, 3, 4, 5, 6, 7, 8], { batch: false }).shape).toHaveLength(8);
  expect(() => m.input([1, 2, 3, 4, 5, 6, 7, 8])).toThrow(ShapeError);
});

function mixed() {
  const x = m.input([3], { name: 'x' });
  const shift = free([3], 'shift');
  const gain = m.parameter([1, 3], { name: 'gain', initializer: m.constant(2) });
  const index = m.input([2], { name: 'index', dtype: 'i32' });
  return m.model(
    [x, shift, index],
    [m.add({ name: 'sum' })(m.multiply()(x, gain), shift), m.identity()(index), gain],
    { outputNames: ['y', 'same', 'gain'] },
  );
}

test('prediction takes and gives each tensor in its own shape', async () => {
  const x = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];
  const index = new Int32Array([0, -1, 2 ** 31 - 1, 3, 4, 5]);
  const got = await predictAll(mixed(), { x, shift: [10, 20, 30], index });
  expect(got.y.shape).toEqual([3, 3]);
  expect([...got.y.data]).toEqual([12, 24, 36, 18, 30, 42, 24, 36, 48]);
  expect(got.same).toEqual({ shape: [3, 2], data: index });
  expect(got.gain).toEqual({ shape: [1, 3], data: new Float32Array([2, 2, 2]) });
});

test('prediction refuses numbers that do not fit', async () => {
  const x = [1, 2, 3];
  const model = mixed();
  await expect(predictAll(model, { x, shift: [1, 2], index: [0, 0] })).rejects.toThrow(
    'input "shift": it is [3], 3 numbers; found 2 numbers.',
  );
  const index = [0, 0.5];
  await expect(predictAll(model, { x, shift: x, index })).rejects.toThrow(/0.5 at 1/);
  const far = { x, shift: x, index: [0, 2 ** 31] };
  await expect(predictAll(model, far)).rejects.toThrow(DataError);
});

test('a model without a batch runs once; one without inputs too', async () => {
  const [a, b] = [free([2, 2], 'a'), free([2], 'b')];
  const sum = m.model([a, b], m.add()(a, b));
  expect(sum.batched).toBe(false);
  const got = await predictAll(sum, { a: [1, 2, 3, 4], b: [10, 20] });
  expect(got.output).toEqual({ shape: [2, 2], data: new Float32Array([11, 22, 13, 24]) });
  const constant = m.model([], m.parameter([3], { initializer: 'ones' }));
  expect((await predictAll(constant, {})).output.shape).toEqual([3]);
});

test('parameters are state, learned unless told otherwise', () => {
  const x = m.input([3]);
  const a = m.parameter([3], { name: 'a' });
  const b = m.parameter([3], { name: 'b', trainable: false });
  const c = m.parameter([2], { name: 'c', dtype: 'i32', initializer: m.constant(7) });
  const model = m.model(x, [m.add()(x, a, b), c]);
  expect(model.stateInfo()).toEqual([
    { name: 'a/value', type: { dtype: 'f32', shape: [3] }, trainable: true },
    { name: 'b/value', type: { dtype: 'f32', shape: [3] }, trainable: false },
    { name: 'c/value', type: { dtype: 'i32', shape: [2] }, trainable: false },
  ]);
  expect(model.initialState().get('c/value')).toEqual(new Int32Array([7, 7]));
  expect(model.countParams()).toEqual({ trainable: 3, nonTrainable: 3, total: 6 });
  const { outputs, parameters } = buildGraph(model, { batch: 5 });
  expect(outputs.map(({ value }) => value.shape)).toEqual([[5, 3], [2]]);
  expect(outputs[1].value.dtype).toBe('i32');
  expect([...parameters.keys()]).toEqual(['a/value']);
});

test('half storage leaves integers alone', () => {
  const { graph } = buildTrainable(mixed(), { batch: 2, storage: 'f16' });
  const dtypes = [...graph.outputs.values()].map(({ dtype }) => dtype);
  expect(dtypes).toEqual(['f32', 'i32', 'f32']);
});

test('the summary and plain data keep batches and dtypes', () => {
  const model = mixed();
  expect(model.summary()).toMatch(/index \(input\) +i32\[N,2\]/);
  expect(model.summary()).toMatch(/shift \(input\) +\[3\]/);
  const config = JSON.parse(JSON.stringify(model.toConfig()));
  expect(config.inputs).toEqual([
    { name: 'x', shape: [3] },
    { name: 'shift', shape: [3], batch: false },
    { name: 'index', shape: [2], dtype: 'i32' },
  ]);
  const again = m.modelFromConfig(config);
  expect(again.toConfig()).toEqual(config);
  expect(again.summary()).toBe(model.summary());
});

describe('training', () => {
  const samples = { x: [1, 2, 3, 4], y: [2, 4, 6, 8] };

  function scaled() {
    const x = m.input([1], { name: 'x' });
    const unit = free([1], 'unit');
    const factor = m.parameter([1], { name: 'factor', initializer: 'ones' });
    return m.model([x, unit], m.multiply()(x, factor, unit));
  }

  test('with an input that is the same for all samples', async () => {
    const net = await m.compile(scaled(), { backend: 'cpu' });
    const data = { x: { x: samples.x, unit: [1] }, y: samples.y };
    const before = await m.evaluate(net, data, { loss: 'meanSquaredError' });
    expect(before.loss).toBeCloseTo((1 + 4 + 9 + 16) / 4, 5);
    await m
      .fit(net, data, {
        loss: 'meanSquaredError',
        optimizer: m.sgd({ learningRate: 0.05 }),
        epochs: 20,
        batch: 3,
      })
      .run();
    const after = await m.evaluate(net, data, { loss: 'meanSquaredError', batch: 3 });
    expect(after.loss).toBeLessThan(1e-3);
    const odd = { x: { x: samples.x, unit: [1, 1] }, y: samples.y };
    await expect(m.evaluate(net, odd, { loss: 'meanSquaredError' })).rejects.toThrow(
      'it is [1], 1 numbers for all samples',
    );
    net.dispose();
  });

  test('needs a batch in and out', async () => {
    const x = m.input([1], { name: 'x' });
    const only = await m.compile(m.model(x, m.parameter([1])), { backend: 'cpu' });
    await expect(m.evaluate(only, samples, { loss: 'meanSquaredError' })).rejects.toThrow(
      /the output that a loss is about has a batch/,
    );
    only.dispose();
    const a = free([2, 1]);
    const none = await m.compile(m.model(a, m.dense(1)(a)), { backend: 'cpu' });
    await expect(m.evaluate(none, samples, { loss: 'meanSquaredError' })).rejects.toThrow(
      /has an input with a batch/,
    );
    none.dispose();
  });
});
