// Layers that take tensors apart, put them together and reduce them, with and without a batch.
import { describe, expect, test } from 'vitest';
import * as m from '../../src/index';

type Nested = number | readonly Nested[];

const numbers = (size: number, scale = 1) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(7 * i + 2) * scale);

const nest = (data: ArrayLike<number>, [extent, ...rest]: readonly number[]): Nested => {
  if (extent === undefined) return data[0];
  const size = data.length / extent;
  const all = Array.from(data);
  return Array.from({ length: extent }, (_, i) => nest(all.slice(i * size, (i + 1) * size), rest));
};

/** Two examples of [3, 4] and what a layer makes of them, or the same numbers without a batch. */
async function apply(layer: () => m.Layer, batch: boolean): Promise<Nested> {
  const x = batch ? m.input([3, 4]) : m.input([2, 3, 4], { batch: false });
  const model = m.model(x, layer()(x));
  const again = m.modelFromConfig(JSON.parse(JSON.stringify(model.toConfig())));
  expect(again.outputs[0].tensor).toMatchObject({
    shape: model.outputs[0].tensor.shape,
    dtype: model.outputs[0].tensor.dtype,
    batched: batch,
  });
  const net = await m.compile(again, { backend: 'cpu' });
  const { shape, data } = await net.predict(numbers(24));
  net.dispose();
  return nest(data, shape);
}

const X = nest(numbers(24), [2, 3, 4]) as number[][][];
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const rows = (f: (row: number[]) => unknown) => X.map((one) => one.map(f));
const by =
  (how: 'max' | 'min') =>
  (row: readonly number[]): number =>
    row.indexOf(Math[how](...row));

const cases: [name: string, layer: () => m.Layer, want: unknown][] = [
  ['sum', () => m.reduce('sum', { axes: [-1] }), rows(sum)],
  ['mean', () => m.reduce('mean', { axes: [2], keepDims: true }), rows((row) => [sum(row) / 4])],
  ['max', () => m.reduce('max', { axes: [2] }), rows((row) => Math.max(...row))],
  ['min', () => m.reduce('min', { axes: [2] }), rows((row) => Math.min(...row))],
  ['prod', () => m.reduce('prod', { axes: [2] }), rows((row) => row.reduce((a, b) => a * b))],
  ['l1', () => m.reduce('l1', { axes: [2] }), rows((row) => sum(row.map(Math.abs)))],
  ['l2', () => m.reduce('l2', { axes: [2] }), rows((row) => Math.hypot(...row))],
  ['sumSquare', () => m.reduce('sumSquare', { axes: [2] }), rows((r) => sum(r.map((v) => v * v)))],
  [
    'logSumExp',
    () => m.reduce('logSumExp', { axes: [2] }),
    rows((row) => Math.log(sum(row.map(Math.exp)))),
  ],
  ['over two axes', () => m.reduce('sum', { axes: [1, 2] }), X.map((one) => sum(one.flat()))],
  ['argMax', () => m.argMax(), rows(by('max'))],
  ['argMin', () => m.argMin({ keepDims: true }), rows((row) => [by('min')(row)])],
  [
    'slice',
    () => m.slice({ starts: [0, 3], sizes: [3, 2], steps: [1, -2] }),
    rows((row) => [row[3], row[1]]),
  ],
  ['tile', () => m.tile([1, 2]), rows((row) => [...row, ...row])],
  [
    'pad',
    () => m.pad({ before: [0, 1], after: [0, 2], value: 5 }),
    rows((row) => [5, ...row, 5, 5]),
  ],
  [
    'pad, wrapped',
    () => m.pad({ before: [0, 1], after: [0, 1], mode: 'wrap' }),
    rows((row) => [row[3], ...row, row[0]]),
  ],
  ['erf', () => m.elementary('erf'), undefined],
  ['floor', () => m.elementary('floor'), rows((row) => row.map(Math.floor))],
  ['cast', () => m.cast('i32'), rows((row) => row.map((v) => Math.trunc(v) + 0))],
];

/** Slices, tiles and pads name all dimensions: without a batch one more. */
const unbatched: Record<string, () => m.Layer> = {
  slice: () => m.slice({ starts: [0, 0, 3], sizes: [2, 3, 2], steps: [1, 1, -2] }),
  tile: () => m.tile([1, 1, 2]),
  pad: () => m.pad({ before: [0, 0, 1], after: [0, 0, 2], value: 5 }),
  'pad, wrapped': () => m.pad({ before: [0, 0, 1], after: [0, 0, 1], mode: 'wrap' }),
};

const close = (got: Nested, want: unknown) => {
  const [a, b] = [[got].flat(9), [want].flat(9)] as [number[], number[]];
  expect(a).toHaveLength(b.length);
  for (const [i, value] of b.entries()) expect(a[i]).toBeCloseTo(value, 5);
};

describe('layers of one tensor', () => {
  for (const [name, layer, want] of cases) {
    test(name, async () => {
      const got = await apply(layer, true);
      const without = await apply(unbatched[name] ?? layer, false);
      expect(without).toEqual(got);
      if (want !== undefined) close(got, want);
    });
  }
});

test('of equal numbers argMax takes the first, or the last', async () => {
  const x = m.input([5]);
  const model = m.model(x, [
    m.argMax()(x),
    m.argMax({ last: true })(x),
    m.argMin({ last: true })(x),
  ]);
  const net = await m.compile(model, { backend: 'cpu' });
  const got = await net.predictAll([1, 3, 3, 1, 2]);
  net.dispose();
  expect(Object.values(got).map(({ data }) => data[0])).toEqual([1, 2, 3]);
});

test('layers of two tensors', async () => {
  const x = m.input([3, 4]);
  const w = m.parameter([4], { name: 'w', initializer: m.constant(0.25) });
  const places = m.input([2], { name: 'places', dtype: 'i32', batch: false });
  const outputs = {
    quotient: m.divide()(x, w),
    power: m.power()(m.activation('abs')(x), w),
    larger: m.maximum()(x, w),
    smaller: m.minimum()(x, w),
    greater: m.greater()(x, w),
    either: m.where()(m.greater()(x, w), x, w),
    gathered: m.gather({ axis: 2 })(x, places),
    expanded: m.expand([3, 4])(m.reduce('sum', { axes: [2], keepDims: true })(x)),
    product: m.matmul()(x, m.parameter([4, 2], { initializer: 'ones' })),
    both: m.logicalAnd()(m.greater()(x, w), m.equal()(x, x)),
  };
  const names = Object.keys(outputs);
  const model = m.model([x, places], Object.values(outputs), { outputNames: names });
  const net = await m.compile(m.modelFromConfig(model.toConfig()), { backend: 'cpu' });
  const got = await net.predictAll({ input: numbers(24), places: [3, 0] });
  net.dispose();
  const each = (f: (v: number) => number) => rows((row) => row.map(f));
  const want: Record<string, unknown> = {
    quotient: each((v) => v / 0.25),
    power: each((v) => Math.abs(v) ** 0.25),
    larger: each((v) => Math.max(v, 0.25)),
    smaller: each((v) => Math.min(v, 0.25)),
    greater: each((v) => +(v > 0.25)),
    either: each((v) => Math.max(v, 0.25)),
    gathered: rows((row) => [row[3], row[0]]),
    expanded: rows((row) => row.map(() => sum(row))),
    product: rows((row) => [sum(row), sum(row)]),
    both: each((v) => +(v > 0.25)),
  };
  for (const name of names) close(nest(got[name].data, got[name].shape), want[name]);
});

test('local response norm is what its paper says, the windows cut at the ends', async () => {
  const x = m.input([2, 5]);
  const how = { size: 4, alpha: 0.5, beta: 0.6, bias: 2 };
  const net = await m.compile(m.model(x, m.localResponseNorm(how)(x)), { backend: 'cpu' });
  const data = numbers(10, 2);
  const got = await net.predict(data);
  net.dispose();
  const want = Array.from(data, (value, i) => {
    const [row, c] = [Math.floor(i / 5), i % 5];
    const near = [c - 1, c, c + 1, c + 2].filter((k) => k >= 0 && k < 5);
    const squares = sum(near.map((k) => data[5 * row + k] ** 2));
    return value / (2 + (0.5 / 4) * squares) ** 0.6;
  });
  close(Array.from(got.data), want);
});

test('the batch is neither reduced, searched nor gathered from', () => {
  const x = m.input([3]);
  const places = m.input([1], { dtype: 'i32', batch: false });
  expect(() => m.reduce('sum', { axes: [0] })(x)).toThrow('the batch is 0');
  expect(() => m.argMax({ axis: 0 })(x)).toThrow('the batch is 0');
  expect(() => m.gather({ axis: 0 })(x, places)).toThrow('the batch is 0');
  expect(() => m.slice({ starts: [0, 0], sizes: [1, 1] })(x)).toThrow('each of 1 dimensions');
  expect(() => m.reduce('median' as never, { axes: [1] })).toThrow('reduction must be one of');
});

test('gradients flow through them', async () => {
  const x = m.input([4]);
  const w = m.parameter([3, 4], { initializer: 'glorotUniform', name: 'w' });
  const rowed = m.reshape([1, 4])(x);
  const scores = m.reduce('sum', { axes: [2] })(m.multiply()(rowed, w));
  const model = m.model(x, m.softmax()(m.slice({ starts: [0], sizes: [2] })(scores)));
  const net = await m.compile(model, { backend: 'cpu' });
  const data = {
    x: numbers(40),
    y: Int32Array.from({ length: 10 }, (_, i) => +(numbers(40)[4 * i] > 0)),
  };
  const loss = async () => (await m.evaluate(net, data, { loss: 'crossEntropy' })).loss;
  const before = await loss();
  const optimizer = m.adam({ learningRate: 0.1 });
  await m.fit(net, data, { loss: 'crossEntropy', optimizer, epochs: 30 }).run();
  expect(await loss()).toBeLessThan(before / 2);
  net.dispose();
});
