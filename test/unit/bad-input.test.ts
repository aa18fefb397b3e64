// What a user does wrong, through the public API: each gets a typed error that names the thing, the
// rule, what was found and what to do.
import { describe, expect, test } from 'vitest';
import { parseIdx } from '../../src/formats';
import * as m from '../../src/index';

const cpu = { backend: 'cpu' } as const;
const classifier = () => m.sequential([3], [m.dense(4), m.batchNorm(), m.dense(2)]);
const x = new Float32Array(12).fill(0.5);
const y = [0, 1, 0, 1];

async function train(data: m.Samples, options: Partial<m.FitOptions> = {}, model = classifier()) {
  const net = await m.compile(model, cpu);
  await m.fit(net, data, { loss: 'crossEntropy', batch: 4, ...options }).run();
}

type Case = [what: string, act: () => unknown, type: unknown, words: RegExp];

const cases: Case[] = [
  [
    'negative strides',
    () => m.conv2d(4, 3, { strides: -1 }),
    m.ArgumentError,
    /conv2d.*strides.*-1/,
  ],
  ['no filters', () => m.conv2d(0, 3), m.ArgumentError, /filters.*positive integer.*0/],
  [
    'NaN epsilon',
    () => m.batchNorm({ epsilon: Number.NaN }),
    m.ArgumentError,
    /batchNorm.*epsilon.*NaN/,
  ],
  ['momentum above 1', () => m.batchNorm({ momentum: 1.5 }), m.ArgumentError, /momentum.*1\.5/],
  ['NaN learning rate', () => m.adam({ learningRate: Number.NaN }), m.ArgumentError, /adam.*NaN/],
  ['a dropout of everything', () => m.dropout(1), m.ArgumentError, /dropout.*1/],
  [
    'an unknown activation',
    () => m.dense(2, { activation: 'rleu' as never }),
    m.ArgumentError,
    /activation.*"relu".*rleu/,
  ],
  [
    'a kernel larger than the image',
    () => m.sequential([2, 2, 1], [m.conv2d(1, 5, { name: 'stem' })]),
    m.BatchNormError,
    /conv2d "stem"/,
  ],
  [
    'groups that do not divide',
    () => m.sequential([4, 4, 3], [m.conv2d(4, 1, { groups: 2, name: 'g' })]),
    m.BatchNormError,
    /"g".*groups.*(2|3)/,
  ],
  [
    'shapes that do not add',
    () => m.add({ name: 'sum' })(m.input([3]), m.input([4])),
    m.ShapeError,
    /add "sum".*\[.*3\].*\[.*4\]/,
  ],
  ['an empty batch', () => train({ x: [], y: [] }), m.DataError, /at least one/],
  ['lengths that differ', () => train({ x, y: [0, 1] }), m.BatchNormError, /4.*2|2.*4/],
  ['a label out of range', () => train({ x, y: [0, 1, 2, 1] }), m.DataError, /label|class/i],
  ['a label that is no integer', () => train({ x, y: [0, 1, 0.5, 1] }), m.DataError, /0\.5/],
  [
    'one value a channel in training',
    () => train({ x: x.slice(0, 3), y: [1] }, { batch: 1 }),
    m.DataError,
    /batchNorm "batchNorm".*two values/,
  ],
  ['a batch of 0', () => train({ x, y }, { batch: 0 }), m.ArgumentError, /batch.*positive.*0/],
  [
    'an unknown loss',
    () => train({ x, y }, { loss: 'mse' as never }),
    m.ArgumentError,
    /"crossEntropy"/,
  ],
  [
    'examples of the wrong size',
    async () => (await m.compile(classifier(), cpu)).predict([1, 2, 3, 4]),
    m.ShapeError,
    /input.*\[3\].*4 numbers/,
  ],
  [
    'examples that are none',
    async () => (await m.compile(classifier(), cpu)).predict(undefined as never),
    m.DataError,
    /examples are arrays of numbers.*undefined/,
  ],
  [
    'an input under another name',
    async () => (await m.compile(classifier(), cpu)).predict({ picture: x }),
    m.NameError,
    /"input".*found picture/,
  ],
  [
    'integers of 64 bits',
    async () => (await m.compile(classifier(), cpu)).predict(new BigInt64Array(3) as never),
    m.DataError,
    /array of numbers; found BigInt64Array/,
  ],
  [
    'a model where a network belongs',
    () => m.fit(classifier() as never, { x, y }, { loss: 'crossEntropy' }),
    m.ArgumentError,
    /fit.*network; found a model.*compile/,
  ],
  [
    'a training state that was JSON',
    async () => {
      const net = await m.compile(classifier(), cpu);
      const state = await m.fit(net, { x, y }, { loss: 'crossEntropy' }).state();
      return train({ x, y }, { batch: undefined, resume: JSON.parse(JSON.stringify(state)) });
    },
    m.StateError,
    /tensors are a Map.*structuredClone/,
  ],
  [
    'rows of different lengths',
    async () =>
      (await m.compile(classifier(), cpu)).predict([
        [1, 2],
        [3, 4, 5, 6],
      ]),
    m.DataError,
    /one length; found 2 and 4/,
  ],
  ['data without targets', () => train({ x } as never), m.DataError, /\{ x, y \}.*found.*x/],
  ['no data', () => train(undefined as never), m.DataError, /training data.*undefined/],
  [
    'batches that are none',
    () => train([1, 2] as never),
    m.DataError,
    /epoch 1, batch 1: it is \{ x, y \}; found 1/,
  ],
  [
    'targets of another kind in a later batch',
    () =>
      train([
        { x, y },
        { x, y: [1, 0, 0, 1, 1, 0, 0, 1] },
      ] as never),
    m.DataError,
    /batch 2.*i32\[\].*f32\[2\]/,
  ],
  ['no loss', () => train({ x, y }, { loss: undefined as never }), m.ArgumentError, /loss.*one of/],
  [
    'an evaluation by nothing',
    async () => m.evaluate(await m.compile(classifier(), cpu), { x, y }, undefined as never),
    m.ArgumentError,
    /evaluate: loss/,
  ],
  [
    'an optimiser by name',
    () => train({ x, y }, { optimizer: 'adam' as never }),
    m.ArgumentError,
    /optimizer.*"adam".*adam\(\{/,
  ],
  [
    'an option of another library',
    () => train({ x, y }, { batchSize: 4 } as never),
    m.ArgumentError,
    /"batchSize".*batch,/,
  ],
  ['its learning rate', () => m.adam({ lr: 0.1 } as never), m.ArgumentError, /"lr".*learningRate/],
  ['a rate alone', () => m.sgd(0.1 as never), m.ArgumentError, /sgd.*object.*0\.1/],
  ['a smoothing alone', () => m.crossEntropy(0.1 as never), m.ArgumentError, /labelSmoothing/],
  ['channels of a batch norm', () => m.batchNorm(64 as never), m.ArgumentError, /object.*64/],
  ['a window alone', () => m.maxPooling2d(3 as never), m.ArgumentError, /maxPooling2d.*3/],
  [
    'an unknown option of compile',
    () => m.compile(classifier(), { back: 'cpu' } as never),
    m.ArgumentError,
    /"back".*backend/,
  ],
  [
    'layers that are no model',
    () => m.compile([m.dense(2)] as never, cpu),
    m.ArgumentError,
    /model.*array.*sequential/,
  ],
  [
    'a layer that is none',
    () => m.sequential([3], [m.dense(2), undefined as never]),
    m.ArgumentError,
    /layer 1.*undefined/,
  ],
  [
    'a state that is none',
    async () => (await m.compile(classifier(), cpu)).setState({} as never),
    m.ArgumentError,
    /ModelState/,
  ],
  [
    'the mode of a network',
    async () => m.setBatchNormMode((await m.compile(classifier(), cpu)) as never, 'frozen'),
    m.ArgumentError,
    /net\.model/,
  ],
  [
    'nothing to train',
    () => {
      const model = classifier();
      for (const { layer } of model.places) layer.trainable = false;
      return train({ x, y }, {}, model);
    },
    m.ArgumentError,
    /learns or running statistics/,
  ],
  [
    'an option of a layer from a file',
    () => m.modelFromConfig({ inputs: [{ shape: [3] }], layers: [{ type: 'dense', unit: 2 }] }),
    m.ArgumentError,
    /layers\[0\], dense.*"unit"/,
  ],
  [
    'an IDX file cut short',
    () => parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 9, 1, 2), { name: 'digits.idx' }),
    m.FormatError,
    /digits\.idx/,
  ],
  [
    'an IDX file that lies about its size',
    () => parseIdx(Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1)),
    m.FormatError,
    /\d/,
  ],
];

describe('bad input', () => {
  test.each(cases)('%s', async (_, act, type, words) => {
    const error = await Promise.resolve()
      .then(act)
      .then(
        () => undefined,
        (reason: Error) => reason,
      );
    expect(error, String(error?.stack)).toBeInstanceOf(type);
    const message = error?.message as string;
    expect(message).toMatch(words);
    expect(message.length, message).toBeLessThan(400);
  });

  test('NaN in the data is reported as a divergence, and nothing is poisoned', async () => {
    const net = await m.compile(classifier(), cpu);
    const before = await net.getState();
    const poisoned = x.slice();
    poisoned[4] = Number.NaN;
    const result = await m.fit(net, { x: poisoned, y }, { loss: 'crossEntropy', batch: 4 }).run();
    expect(result.outcome).toBe('diverged');
    const after = await net.getState();
    for (const [name] of before) expect([...after.get(name)]).toEqual([...before.get(name)]);
  });
});
