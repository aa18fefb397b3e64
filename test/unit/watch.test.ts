// What watch() gives, on the CPU reference, against numbers worked out here from the layers' outputs.
import { describe, expect, test } from 'vitest';
import { ArgumentError, NameError } from '../../src/core/errors';
import { Random } from '../../src/core/random';
import { setBatchNormMode } from '../../src/model/batch-norm-mode';
import { relu } from '../../src/model/layers/activation';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { add } from '../../src/model/layers/merge';
import { argMax } from '../../src/model/layers/reduce';
import { dropout } from '../../src/model/layers/regularisation';
import { flatten } from '../../src/model/layers/shape';
import { input, model, sequential } from '../../src/model/model';
import { compile } from '../../src/runtime/network';
import type { Outputs } from '../../src/runtime/program';
import { fit } from '../../src/train/fit';
import { sgd } from '../../src/train/optimizers';
import { type WatchOptions, watch } from '../../src/train/watch';

const digits = () =>
  sequential(
    [4, 4, 2],
    [
      conv2d(3, 3, { name: 'conv' }),
      batchNorm({ name: 'bn' }),
      relu({ name: 'relu' }),
      flatten(),
      dropout(0.5),
      dense(2, { name: 'head', activation: 'softmax' }),
    ],
  );

const batch = 5;
const random = new Random(1);
const x = Float32Array.from({ length: batch * 32 }, () => 1 + random.normal());
const y = Int32Array.from({ length: batch }, (_, i) => i % 2);

async function look(options: Partial<WatchOptions>, mode?: 'frozen'): Promise<Outputs> {
  const net = await compile(digits(), { backend: 'cpu', seed: 3 });
  if (mode) setBatchNormMode(net.model, mode);
  const program = await watch(net, { batch, ...options });
  return program.run({ input: x });
}

/** Of each channel of numbers that are channels-last. */
function moments(numbers: ArrayLike<number>, channels: number) {
  return Array.from({ length: channels }, (_, c) => {
    const own = Array.from(numbers).filter((_, i) => i % channels === c);
    const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
    return { mean, variance: own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length };
  });
}

describe('outputs', () => {
  test('of every layer, by its name, in training as each batch norm is switched', async () => {
    const got = await look({ outputs: true });
    expect(Object.keys(got)).toEqual(
      ['conv', 'bn', 'relu', 'flatten', 'dropout', 'head'].map((name) => `${name}/output`),
    );
    const before = moments(got['conv/output'], 3);
    const after = moments(got['bn/output'], 3);
    after.forEach(({ mean, variance }, c) => {
      expect(mean).toBeCloseTo(0, 6);
      expect(variance).toBeCloseTo(before[c].variance / (before[c].variance + 1e-3), 6);
    });
    expect([...got['relu/output']]).toEqual([...got['bn/output']].map((v) => Math.max(v, 0)));
    // Nothing drops out.
    expect(got['dropout/output']).toEqual(got['relu/output']);
  });

  test('with running statistics where asked, or where the batch norm is frozen', async () => {
    const [asked, frozen] = [
      await look({ outputs: true, statistics: 'running' }),
      await look({ outputs: true }, 'frozen'),
    ];
    expect(asked['bn/output']).toEqual(frozen['bn/output']);
    // The running statistics start as mean 0 and variance 1.
    asked['conv/output'].forEach((value, i) => {
      expect(asked['bn/output'][i]).toBeCloseTo(value / Math.sqrt(1 + 1e-3), 6);
    });
    const batchwise = await look({ outputs: true, statistics: 'batch' }, 'frozen');
    expect(batchwise['bn/output']).toEqual((await look({ outputs: true }))['bn/output']);
  });

  test('of the layers named alone; a layer applied twice has two', async () => {
    expect(Object.keys(await look({ outputs: true, layers: ['bn'] }))).toEqual(['bn/output']);
    const shared = dense(2, { name: 'shared' });
    const start = input([2]);
    const twice = model(
      start,
      argMax({ name: 'best' })(add()(shared(start), shared(shared(start)))),
    );
    const net = await compile(twice, { backend: 'cpu' });
    const layers = ['shared', 'best'];
    const program = await watch(net, { batch: 1, layers, outputs: true });
    const got = await program.run({ input: [1, 2] });
    expect(Object.keys(got)).toEqual([
      'shared/output',
      'shared:2/output',
      'shared:3/output',
      'best/output',
    ]);
    expect(got['shared:2/output']).toEqual(got['shared/output']);
    expect(got['best/output']).toHaveLength(1);
  });
});

test('histograms count every element once; an outlier is in a bin of its own', async () => {
  const range = [-0.5, 0.5] as const;
  const got = await look({ outputs: true, histogram: { bins: 4, range } });
  for (const name of ['conv', 'bn', 'head']) {
    const numbers = [...got[`${name}/output`]];
    const edges = [-Infinity, -0.5, -0.25, 0, 0.25, 0.5, Infinity];
    const counts = edges
      .slice(1)
      .map((high, i) => numbers.filter((v) => v >= edges[i] && v < high).length);
    expect([...got[`${name}/histogram`]]).toEqual(counts);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(numbers.length);
  }
});

test('percentiles are elements, by nearest rank', async () => {
  const got = await look({ outputs: true, percentiles: [0, 15, 50, 100] });
  const sorted = [...got['bn/output']].sort((a, b) => a - b);
  const rank = (p: number) => sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
  expect([...got['bn/percentiles']]).toEqual([sorted[0], rank(15), rank(50), sorted.at(-1)]);
});

test('channels: moments of the batch beside the state of the batch norm', async () => {
  const got = await look({ channels: true, outputs: true, layers: ['bn', 'conv'] });
  const want = moments(got['conv/output'], 3);
  want.forEach(({ mean, variance }, c) => {
    expect(got['bn/batchMean'][c]).toBeCloseTo(mean, 6);
    expect(got['bn/batchVariance'][c]).toBeCloseTo(variance, 6);
  });
  expect([...got['bn/movingMean']]).toEqual([0, 0, 0]);
  expect([...got['bn/movingVariance']]).toEqual([1, 1, 1]);
  expect([...got['bn/gamma']]).toEqual([1, 1, 1]);
  expect([...got['bn/beta']]).toEqual([0, 0, 0]);
});

test('gradient norms: what a step of plain gradient descent moves the parameters by', async () => {
  const net = await compile(
    sequential(
      [4, 4, 2],
      [conv2d(3, 3, { name: 'conv' }), batchNorm({ name: 'bn' }), flatten(), dense(2)],
    ),
    { backend: 'cpu', seed: 3 },
  );
  const gradients = { loss: 'crossEntropy' } as const;
  const program = await watch(net, { batch, gradients });
  const got = await program.run({ input: x, 'training/targets': y });
  expect(Object.keys(got)).toEqual([
    'loss',
    ...['conv/kernel', 'bn/gamma', 'bn/beta', 'dense/kernel', 'dense/bias'].map(
      (name) => `${name}/gradientNorm`,
    ),
  ]);
  const before = await net.getState();
  const optimizer = sgd({ learningRate: 1 });
  const training = fit(net, { x, y }, { loss: 'crossEntropy', optimizer, batch, shuffle: false });
  const [{ loss }] = await training.advance(1);
  expect(got.loss[0]).toBeCloseTo(loss, 6);
  const after = await net.getState();
  for (const name of ['conv/kernel', 'bn/gamma', 'bn/beta', 'dense/kernel', 'dense/bias']) {
    const moved = after.get(name).map((v, i) => v - before.get(name)[i]);
    expect(got[`${name}/gradientNorm`][0]).toBeCloseTo(Math.hypot(...moved), 5);
  }
});

test('it sees later changes, and changes nothing itself', async () => {
  const net = await compile(digits(), { backend: 'cpu', seed: 3 });
  const program = await watch(net, { batch, channels: true, percentiles: [50] });
  const before = await net.getState();
  const first = await program.run({ input: x });
  expect([...(await net.getState())]).toEqual([...before]);
  await fit(net, { x, y }, { loss: 'crossEntropy', batch }).run();
  const second = await program.run({ input: x });
  expect(second['bn/movingMean']).not.toEqual(first['bn/movingMean']);
  expect(second['head/percentiles']).not.toEqual(first['head/percentiles']);
});

describe('what it refuses', () => {
  const refuse = (options: unknown) =>
    expect(compile(digits(), { backend: 'cpu' }).then((net) => watch(net, options as WatchOptions)))
      .rejects;

  test('an unknown layer, with the nearest names', async () => {
    await refuse({ batch, layers: ['rule'], outputs: true }).toThrow(NameError);
    await refuse({ batch, layers: ['rule'], outputs: true }).toThrow(
      'watch, layer "rule": model "sequential" has such a layer. Nearest: relu.',
    );
    await refuse({ batch, layers: ['zzzzzz'], outputs: true }).toThrow('It has: conv, bn, relu');
  });

  test('nothing to watch, and options out of range', async () => {
    await refuse({ batch }).toThrow(ArgumentError);
    await refuse({ batch }).toThrow('there is something to watch');
    await refuse({ outputs: true }).toThrow('batch must be a positive integer');
    await refuse({ batch, output: true }).toThrow('options have the names that it knows');
    await refuse({ batch, histogram: { bins: 4 } }).toThrow('Give range: [low, high].');
    await refuse({ batch, histogram: { bins: 4, range: [1, 1] } }).toThrow(
      'the range begins below its end; found [1, 1]',
    );
    await refuse({ batch, histogram: { bins: 5000, range: [0, 1] } }).toThrow('at most 4094 bins');
    await refuse({ batch, percentiles: [101] }).toThrow('in [0, 100]');
    await refuse({ batch, percentiles: [] }).toThrow('1 to 8 percentiles');
    await refuse({ batch, gradients: { loss: 'hinge' } }).toThrow('loss must be one of');
    await refuse({ batch, outputs: true, statistics: 'best' }).toThrow('statistics');
  });
});
