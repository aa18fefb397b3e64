// What fit says of data and options before anything runs, and how it goes through samples.
import { describe, expect, test } from 'vitest';
import { ArgumentError, DataError, ShapeError, StateError } from '../../src/core/errors';
import { dense } from '../../src/model/layers/dense';
import { concat } from '../../src/model/layers/merge';
import { input, model, sequential } from '../../src/model/model';
import { compile } from '../../src/runtime/network';
import { epochOrder, type TrainingData } from '../../src/train/dataset';
import { evaluate } from '../../src/train/evaluate';
import { type FitOptions, fit } from '../../src/train/fit';
import { crossEntropy, huber } from '../../src/train/losses';
import { adagrad, adam, adamW, rmsprop, sgd } from '../../src/train/optimizers';

const classifier = () => sequential([2], [dense(3, { activation: 'softmax' })]);
const net = () => compile(classifier(), { backend: 'cpu' });
const x = [1, 2, 3, 4, 5, 6, 7, 8];
const y = [0, 1, 2, 0];

async function run(data: TrainingData, options: Partial<FitOptions> = {}) {
  return fit(await net(), data, { loss: 'crossEntropy', batch: 2, ...options }).run();
}

describe('data', () => {
  const bad: [string, TrainingData, abstract new (...args: never) => Error, RegExp][] = [
    ['nothing', { x: [], y: [] }, DataError, /at least one sample/],
    ['no labels', { x, y: [] }, DataError, /targets for each of the 4 samples/],
    ['too few labels', { x, y: [0, 1, 2] }, DataError, /each of the 4 samples of x; found 3/],
    ['half a sample', { x: x.slice(1), y }, ShapeError, /each sample is \[2\], 2 numbers/],
    ['a label too large', { x, y: [0, 1, 3, 0] }, DataError, /sample 2: .*0 to 2.*found 3/],
    ['a negative label', { x, y: [0, -1, 2, 0] }, DataError, /sample 1/],
    ['half a label', { x, y: [0, 1, 0.5, 0] }, DataError, /sample 2: .*found 0.5/],
    ['a NaN label', { x, y: [0, 1, 2, Number.NaN] }, DataError, /sample 3: .*found NaN/],
    ['two targets of three', { x, y: [...y, ...y] }, ShapeError, /1 class numbers or 3 targets/],
    ['text', { x: ['a', 'b'] as never, y: [0] }, DataError, /made of numbers/],
    ['no array', { x: 4 as never, y: [0] }, DataError, /x has numbers|array of numbers/],
    ['an empty iterable', [] as never, DataError, /batches can be gone through/],
  ];
  for (const [name, data, type, message] of bad) {
    test(name, async () => {
      await expect(run(data)).rejects.toThrow(type);
      await expect(run(data)).rejects.toThrow(message);
    });
  }

  test('validation data is checked before the first step', async () => {
    let steps = 0;
    const callbacks = { step: () => void steps++ };
    const options = { validation: { x, y: [9, 9, 9, 9] }, callbacks };
    await expect(run({ x, y }, options)).rejects.toThrow(/validation data, sample 0/);
    expect(steps).toBe(0);
  });

  test('nested and typed arrays, one-hot targets', async () => {
    const flat = await run({ x, y });
    const nested = await run({
      x: [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      y,
    });
    const typed = await run({ x: Uint8Array.from(x), y: Uint8Array.from(y) });
    const hot = await run({ x, y: [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0] });
    for (const other of [nested, typed]) expect(other.last?.loss).toBe(flat.last?.loss);
    expect(hot.last?.loss).toBeCloseTo(flat.last?.loss as number, 6);
    expect(hot.last?.metrics).toEqual(flat.last?.metrics);
  });

  test('several inputs, by name', async () => {
    const [a, b] = [input([2], { name: 'a' }), input([1], { name: 'b' })];
    const both = await compile(model([a, b], dense(1)(concat()(a, b))), { backend: 'cpu' });
    const options: FitOptions = { loss: 'meanSquaredError' };
    const data = { x: { a: x, b: [1, 2, 3, 4] }, y: [1, 2, 3, 4] };
    expect(await fit(both, data, options).run()).toMatchObject({ outcome: 'finished', step: 1 });
    const wrong = { x: { a: x, b: [1, 2, 3] }, y: [1, 2, 3, 4] };
    await expect(fit(both, wrong, options).run()).rejects.toThrow(/input "b".*4 samples/);
    const missing = { x: { a: x }, y: [1, 2, 3, 4] };
    await expect(fit(both, missing, options).run()).rejects.toThrow(DataError);
  });

  test('the last, smaller batch is trained on, or dropped', async () => {
    const data = { x: [...x, 9, 10], y: [...y, 1] };
    expect(await run(data)).toMatchObject({ step: 3 });
    expect(await run(data, { lastBatch: 'drop', epochs: 2 })).toMatchObject({ step: 4 });
    await expect(run({ x, y }, { batch: 9, lastBatch: 'drop' })).rejects.toThrow(DataError);
  });

  test('batches as an array: one, or a smaller one last', async () => {
    expect(await run([{ x, y }] as never, { epochs: 2 })).toMatchObject({ step: 2 });
    const [small, large] = [
      { x: x.slice(0, 4), y: y.slice(0, 2) },
      { x, y },
    ];
    expect(await run([large, large, small] as never)).toMatchObject({ step: 3 });
  });

  test('an epoch’s order is a permutation drawn from seed and epoch', () => {
    const order = (seed: number, epoch: number) => [...epochOrder(50, seed, epoch, true)];
    expect(order(1, 0)).toEqual(order(1, 0));
    expect(order(1, 0)).not.toEqual(order(1, 1));
    expect(order(1, 0)).not.toEqual(order(2, 0));
    expect(order(3, 4).sort((a, b) => a - b)).toEqual([...epochOrder(50, 0, 0, false)]);
  });
});

describe('options', () => {
  const bad: [string, Partial<FitOptions>][] = [
    ['a batch of nothing', { batch: 0 }],
    ['half an epoch', { epochs: 0.5 }],
    ['NaN steps', { steps: Number.NaN }],
    ['no loss of that name', { loss: 'hinge' as never }],
    ['no such metric', { metrics: ['auc' as never] }],
    ['a negative norm', { clip: { norm: -1 } }],
    ['NaN clipping', { clip: { value: Number.NaN } }],
    ['a negative seed', { seed: -1 }],
    ['no steps a submit', { stepsPerSubmit: 0 }],
    ['an unknown answer to divergence', { onDivergence: 'panic' as never }],
  ];
  for (const [name, options] of bad) {
    test(name, async () => {
      const network = await net();
      expect(() => fit(network, { x, y }, { loss: 'crossEntropy', ...options })).toThrow(
        ArgumentError,
      );
    });
  }

  test('hyper-parameters of optimisers and losses', () => {
    const makers = [
      () => sgd({ learningRate: Number.NaN }),
      () => sgd({ nesterov: true }),
      () => sgd({ momentum: 0.9, dampening: 0.1, nesterov: true }),
      () => sgd({ momentum: -1 }),
      () => adam({ beta1: 1 }),
      () => adam({ beta2: Number.NaN }),
      () => adamW({ weightDecay: -0.1 }),
      () => adam({ epsilon: Number.POSITIVE_INFINITY }),
      () => rmsprop({ alpha: -0.1 }),
      () => adagrad({ learningRateDecay: -1 }),
      () => crossEntropy({ labelSmoothing: 2 }),
      () => huber({ delta: 0 }),
    ];
    for (const make of makers) expect(make).toThrow(ArgumentError);
  });

  test('a schedule that gives NaN stops training with a typed error', async () => {
    const optimizer = sgd({ learningRate: (step) => (step < 1 ? 0.1 : Number.NaN) });
    await expect(run({ x, y }, { optimizer })).rejects.toThrow(/step 1: the learning rate/);
  });

  test('a loss that does not fit what the model ends in', async () => {
    const data = { x, y: [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0] };
    await expect(run(data, { loss: 'binaryCrossEntropy' })).rejects.toThrow(/ends in sigmoid/);
  });

  test('a model without anything to learn', async () => {
    const layer = dense(3);
    layer.trainable = false;
    const frozen = await compile(sequential([2], [layer]), { backend: 'cpu' });
    const training = fit(frozen, { x, y }, { loss: 'crossEntropy' });
    await expect(training.run()).rejects.toThrow(ArgumentError);
  });

  test('resuming with another seed or batch', async () => {
    const training = fit(await net(), { x, y }, { loss: 'crossEntropy', seed: 1, batch: 2 });
    for await (const _ of training) break;
    const resume = await training.state();
    const again = (options: Partial<FitOptions>) => run({ x, y }, { batch: 2, resume, ...options });
    await expect(again({ seed: 2 })).rejects.toThrow(StateError);
    await expect(again({ batch: 3 })).rejects.toThrow(StateError);
    await expect(again({ optimizer: sgd({ momentum: 0.9 }) })).rejects.toThrow(/training state/);
    expect(await again({})).toMatchObject({ outcome: 'finished', step: 2 });
  });
});

test('evaluation does not depend on the batch', async () => {
  const network = await net();
  const whole = await evaluate(network, { x, y }, { loss: 'crossEntropy' });
  const pieces = await evaluate(network, { x, y }, { loss: 'crossEntropy', batch: 3 });
  expect(pieces.loss).toBeCloseTo(whole.loss, 6);
  expect(pieces.metrics).toEqual(whole.metrics);
  const output = await network.predict(x);
  const right = y.filter((label, i) => {
    const row = output.data.slice(3 * i, 3 * i + 3);
    return row[label] === Math.max(...row);
  });
  expect(whole.metrics.accuracy).toBe(right.length / 4);
});

test('binary accuracy', async () => {
  const one = sequential([1], [dense(1, { activation: 'sigmoid', kernelInitializer: 'ones' })]);
  const network = await compile(one, { backend: 'cpu' });
  const data = { x: [-2, -1, 1, 2], y: [0, 1, 1, 1] };
  const { loss, metrics } = await evaluate(network, data, { loss: 'binaryCrossEntropy' });
  expect(metrics.accuracy).toBe(0.75);
  const cost = (v: number, t: number) => -Math.log(1 / (1 + Math.exp(t ? -v : v)));
  expect(loss).toBeCloseTo(data.x.reduce((sum, v, i) => sum + cost(v, data.y[i]), 0) / 4, 6);
});
