// Training end to end: small networks on the GPU, the CPU reference beside them.
import { describe, expect, test } from 'vitest';
import { worstError } from '../../src/core/compare';
import { DataError, StateError } from '../../src/core/errors';
import { Random } from '../../src/core/random';
import { setBatchNormMode } from '../../src/model/batch-norm-mode';
import { leakyRelu, relu } from '../../src/model/layers/activation';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { maxPooling2d } from '../../src/model/layers/pool';
import { dropout } from '../../src/model/layers/regularisation';
import { flatten } from '../../src/model/layers/shape';
import { type Model, sequential } from '../../src/model/model';
import { compile, type Network } from '../../src/runtime/network';
import { evaluate } from '../../src/train/evaluate';
import { type FitOptions, fit, type Progress } from '../../src/train/fit';
import { adam, adamW, rmsprop, sgd } from '../../src/train/optimizers';
import { cosineDecay } from '../../src/train/schedules';
import { getDevice } from '../support/gpu';

/** Two classes of points, inside and outside a circle; deterministic. */
function circle(count: number, seed = 1) {
  const random = new Random(seed);
  const x = Float32Array.from({ length: 2 * count }, () => 2 * random.uniform() - 1);
  const y = Int32Array.from({ length: count }, (_, i) =>
    x[2 * i] ** 2 + x[2 * i + 1] ** 2 < 0.5 ? 1 : 0,
  );
  return { x, y };
}

const mlp = () =>
  sequential(
    [2],
    [
      dense(16, { useBias: false }),
      batchNorm({ momentum: 0.9 }),
      relu(),
      dense(2, { activation: 'softmax' }),
    ],
  );

const cnn = () =>
  sequential(
    [8, 8, 1],
    [
      conv2d(4, 3, { padding: 'same' }),
      batchNorm(),
      relu(),
      maxPooling2d(),
      flatten(),
      dropout(0.2),
      dense(3, { activation: 'softmax' }),
    ],
  );

function images(count: number) {
  const random = new Random(5);
  const y = Int32Array.from({ length: count }, () => random.integer(3));
  const x = Float32Array.from({ length: count * 64 }, (_, i) => {
    const label = y[Math.floor(i / 64)];
    return (Math.floor((i % 64) / 8) % 3 === label ? 1 : 0) + 0.3 * random.normal();
  });
  return { x, y };
}

async function network(model: Model, backend: 'gpu' | 'cpu' = 'gpu'): Promise<Network> {
  return backend === 'cpu'
    ? compile(model, { backend, seed: 3 })
    : compile(model, { device: await getDevice(), seed: 3 });
}

async function numbers(net: Network): Promise<Record<string, number[]>> {
  const state = await net.getState();
  return Object.fromEntries(state.names().map((name) => [name, [...state.get(name)]]));
}

const options: FitOptions = {
  loss: 'crossEntropy',
  optimizer: adam({ learningRate: 0.01 }),
  batch: 16,
  seed: 7,
};

describe('fit', () => {
  test('the loss falls, and the network predicts what it learned', async () => {
    const net = await network(mlp());
    const data = circle(200);
    const losses: number[] = [];
    const epochs: Progress[] = [];
    const result = await fit(net, data, {
      ...options,
      optimizer: adam({ learningRate: 0.03 }),
      epochs: 8,
      validation: circle(100, 2),
      callbacks: {
        step: ({ loss }) => void losses.push(loss),
        epoch: (progress) => void epochs.push(progress),
      },
    }).run();
    expect(result).toMatchObject({ outcome: 'finished', step: 8 * 13 });
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-13))).toBeLessThan(0.75 * mean(losses.slice(0, 13)));
    const last = epochs.at(-1)?.validation;
    expect(last?.metrics.accuracy).toBeGreaterThan(0.8);
    const again = await evaluate(net, circle(100, 2), { loss: 'crossEntropy', batch: 7 });
    expect(again.metrics.accuracy).toBe(last?.metrics.accuracy);
    expect(again.loss).toBeCloseTo(last?.loss ?? 0, 5);
    const { shape, data: output } = await net.predict(data.x);
    expect(shape).toEqual([200, 2]);
    const right = data.y.filter((label, i) => output[2 * i + label] > 0.5).length;
    expect(right / 200).toBeGreaterThan(0.8);
    net.dispose();
  });

  test('advances by exactly as many steps as asked, to the same bits', async () => {
    const [whole, parts] = [await network(cnn()), await network(cnn())];
    const data = images(50);
    await fit(whole, data, { ...options, epochs: 2 }).run();
    const training = fit(parts, data, { ...options, epochs: Number.POSITIVE_INFINITY });
    const taken: number[] = [];
    for (const steps of [1, 2, 5]) {
      for (const { step } of await training.advance(steps)) taken.push(step);
      expect(training.step).toBe(taken.length);
      expect(training.result).toBeUndefined();
    }
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await numbers(parts)).toEqual(await numbers(whole));
    const ahead = training.advance(1);
    await expect(training.advance(1)).rejects.toThrow('one loop at a time');
    await ahead;
    await training.dispose();
    whole.dispose();
    parts.dispose();
  });

  test('the same seed gives the same bits twice, however many steps a submit has', async () => {
    const runs: Record<string, number[]>[] = [];
    for (const stepsPerSubmit of [1, 1, 5, undefined]) {
      const net = await network(cnn());
      // 50 samples in batches of 16: the last batch of an epoch has 2.
      await fit(net, images(50), { ...options, stepsPerSubmit, epochs: 3 }).run();
      runs.push(await numbers(net));
      net.dispose();
    }
    for (const run of runs.slice(1)) expect(run).toEqual(runs[0]);
  });

  for (const backend of ['gpu', 'cpu'] as const) {
    test(`${backend}: stopped and resumed in a new network it gives the same bits`, async () => {
      const data = images(50);
      const whole = await network(cnn(), backend);
      await fit(whole, data, { ...options, steps: 11 }).run();
      const first = await network(cnn(), backend);
      const training = fit(first, data, { ...options, steps: 11, stepsPerSubmit: 2 });
      for await (const { step } of training) if (step >= 5) break;
      const state = await training.state();
      expect(state.step).toBeGreaterThanOrEqual(5);
      expect(state.step).toBeLessThan(11);
      first.dispose();
      const second = await network(cnn(), backend);
      const { batch, seed, ...rest } = options;
      const resumed = fit(second, data, { ...rest, steps: 11, resume: state });
      expect(await resumed.run()).toMatchObject({ outcome: 'finished', step: 11 });
      expect(await numbers(second)).toEqual(await numbers(whole));
      whole.dispose();
      second.dispose();
    });
  }

  test('left and gone on with it gives the same bits', async () => {
    const data = circle(50);
    const whole = await network(mlp());
    await fit(whole, data, { ...options, epochs: 3 }).run();
    const net = await network(mlp());
    const training = fit(net, data, { ...options, epochs: 3 });
    const steps: number[] = [];
    while (!training.result) {
      for await (const { step } of training) {
        steps.push(step);
        if (step % 3 === 0) break;
      }
    }
    expect(await numbers(net)).toEqual(await numbers(whole));
    whole.dispose();
    net.dispose();
  });

  test('a signal stops it; what was submitted is reported', async () => {
    const net = await network(mlp());
    const controller = new AbortController();
    const training = fit(net, circle(64), { ...options, epochs: 100, signal: controller.signal });
    let reported = 0;
    for await (const { step } of training) {
      reported = step;
      if (step === 3) controller.abort();
    }
    expect(training.result).toMatchObject({ outcome: 'stopped', step: reported });
    expect(reported).toBeLessThan(80);
    net.dispose();
  });

  test('the learning rate can be changed under way', async () => {
    const net = await network(mlp());
    const training = fit(net, circle(64), { ...options, steps: 8, stepsPerSubmit: 1 });
    const rates: number[] = [];
    for await (const { step, learningRate } of training) {
      rates.push(learningRate);
      if (step === 2) training.learningRate = 0;
    }
    expect(rates.slice(0, 2)).toEqual([0.01, 0.01]);
    expect(rates.slice(-3)).toEqual([0, 0, 0]);
    expect((await training.state()).learningRate).toBe(0);
    net.dispose();
  });

  for (const [name, changes] of [
    [
      'sgd, momentum, clipped by norm',
      { optimizer: sgd({ momentum: 0.9, nesterov: true, learningRate: 0.1 }), clip: { norm: 0.5 } },
    ],
    [
      'adamW, schedule',
      { optimizer: adamW({ learningRate: cosineDecay({ rate: 0.01, steps: 20, warmup: 3 }) }) },
    ],
    [
      'rmsprop, clipped by value',
      { optimizer: rmsprop({ momentum: 0.5, centered: true }), clip: { value: 0.01 } },
    ],
  ] as [string, Partial<FitOptions>][]) {
    test(`GPU and CPU reference agree over 8 steps: ${name}`, async () => {
      const results: Record<string, number[]>[] = [];
      const losses: number[][] = [];
      for (const backend of ['gpu', 'cpu'] as const) {
        const net = await network(cnn(), backend);
        const own: number[] = [];
        for await (const { loss } of fit(net, images(50), { ...options, ...changes, steps: 8 })) {
          own.push(loss);
        }
        losses.push(own);
        results.push(await numbers(net));
        net.dispose();
      }
      const error = worstError(losses[0], losses[1], { name: 'loss', shape: [8], atol: 2e-5 });
      expect(error, error).toBeUndefined();
      for (const [key, want] of Object.entries(results[1])) {
        const shape = [want.length];
        const worst = worstError(results[0][key], want, {
          name: key,
          shape,
          atol: 2e-4,
          rtol: 1e-3,
        });
        expect(worst, worst).toBeUndefined();
      }
    });
  }

  test('batches from an async iterable', async () => {
    const { x, y } = circle(48);
    const whole = await network(mlp());
    await fit(whole, { x, y }, { ...options, shuffle: false, epochs: 2 }).run();
    const net = await network(mlp());
    const batches = {
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 48; i += 16) {
          yield { x: x.subarray(2 * i, 2 * i + 32), y: y.subarray(i, i + 16) };
        }
      },
    };
    await fit(net, batches, { ...options, epochs: 2 }).run();
    expect(await numbers(net)).toEqual(await numbers(whole));
    const once = batches[Symbol.asyncIterator]();
    await expect(fit(net, once, { ...options, epochs: 2 }).run()).rejects.toThrow(DataError);
    whole.dispose();
    net.dispose();
  });

  test('re-estimates running statistics where nothing learns', async () => {
    const results: Record<string, number[]>[] = [];
    for (const backend of ['gpu', 'cpu'] as const) {
      const model = sequential([2], [dense(4), batchNorm({ momentum: null }), dense(2)]);
      for (const { layer } of model.places) layer.trainable = false;
      setBatchNormMode(model, 'recalibrate');
      const net = await network(model, backend);
      const before = await numbers(net);
      await fit(net, circle(64), { ...options, epochs: 1 }).run();
      const after = await numbers(net);
      results.push(after);
      for (const [name, values] of Object.entries(after)) {
        if (/moving|batches/.test(name)) expect(values, name).not.toEqual(before[name]);
        else expect(values, name).toEqual(before[name]);
      }
      net.dispose();
    }
    for (const [name, want] of Object.entries(results[1])) {
      const error = worstError(results[0][name], want, { name, shape: [want.length], atol: 1e-5 });
      expect(error, error).toBeUndefined();
    }
  });

  test('a loss that is not finite stops it, and poisons nothing', async () => {
    const layers = [dense(8), batchNorm(), leakyRelu(), dense(2, { activation: 'softmax' })];
    const net = await network(sequential([2], layers));
    const data = circle(64);
    data.x[2 * 40] = Number.NaN;
    const training = fit(net, data, { ...options, shuffle: false, stepsPerSubmit: 1 });
    expect(await training.run()).toMatchObject({
      outcome: 'diverged',
      last: { step: 3, diverged: true },
    });
    const skipping = fit(net, data, { ...options, shuffle: false, onDivergence: 'skip' });
    expect(await skipping.run()).toMatchObject({ outcome: 'finished', step: 4 });
    for (const values of Object.values(await numbers(net))) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
    net.dispose();
  });

  test('a second training ends the first', async () => {
    const net = await network(mlp());
    const first = fit(net, circle(64), { ...options, epochs: 3 });
    for await (const _ of first) break;
    await fit(net, circle(64), { ...options, optimizer: sgd() }).run();
    await expect(first.state()).rejects.toThrow(StateError);
    expect(net.variables.names().filter((name) => name.startsWith('optimizer/'))).toEqual([
      'optimizer/updates',
    ]);
    net.dispose();
  });

  test('one loop at a time', async () => {
    const net = await network(mlp());
    const training = fit(net, circle(64), { ...options, epochs: 2 });
    for await (const _ of training) {
      await expect(training.run()).rejects.toThrow(/one loop at a time/);
      break;
    }
    net.dispose();
  });
});
