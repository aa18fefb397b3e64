// What is said of layers: what they read, what they cost, and why a batch norm folds or stays.
import { expect, test } from 'vitest';
import {
  add,
  batchNorm,
  conv2d,
  dense,
  flatten,
  input,
  model,
  relu,
  reportLayers,
  sequential,
} from '../../src/index';

const reasons = (layers: ReturnType<typeof reportLayers>) =>
  layers.flatMap(({ name, fold }) => (fold ? [[name, fold.into, fold.reason]] : []));

test('a chain: shapes, parameters, operations', () => {
  const net = sequential([5, 5, 2], [conv2d(3, 3, { name: 'c' }), batchNorm({ name: 'n' })]);
  expect(reportLayers(net)).toEqual([
    {
      name: 'c',
      type: 'conv2d',
      shape: [3, 3, 3],
      reads: ['input'],
      parameters: 54,
      flops: 2 * 9 * 54,
    },
    {
      name: 'n',
      type: 'batchNorm',
      shape: [3, 3, 3],
      reads: ['c'],
      parameters: 12,
      flops: expect.any(Number),
      fold: {
        folds: true,
        into: 'c',
        reason: 'It is all that reads conv2d "c", which is right before it.',
      },
    },
  ]);
});

test('why a batch norm stays', () => {
  const x = input([6, 6, 3], { name: 'image' });
  const first = batchNorm({ name: 'first' })(x);
  const stem = conv2d(4, 3, { padding: 'same', name: 'stem' })(first);
  const shared = batchNorm({ name: 'shared' })(stem);
  const inside = conv2d(4, 3, { padding: 'same', name: 'loud', activation: 'relu' })(shared);
  const after = batchNorm({ name: 'after' })(inside);
  const active = batchNorm({ name: 'active' })(relu({ name: 'rectify' })(after));
  const sum = add({ name: 'sum' })(active, stem);
  const seen = dense(3, { name: 'head' })(flatten()(sum));
  const net = model(x, [batchNorm({ name: 'last' })(seen), seen]);
  expect(reasons(reportLayers(net))).toEqual([
    ['first', undefined, 'There is no layer before it.'],
    [
      'shared',
      undefined,
      'The output of conv2d "stem" is also read by add "sum", as it is without the norm.',
    ],
    [
      'after',
      undefined,
      'What is right before it is the relu of conv2d "loud", no convolution or dense layer.',
    ],
    [
      'active',
      undefined,
      'What is right before it is activation "rectify", no convolution or dense layer.',
    ],
    [
      'last',
      undefined,
      'The output of dense "head" is also read by the caller, as it is without the norm.',
    ],
  ]);
});

test('one applied twice folds where it folds both times', () => {
  const [a, b] = [input([4], { name: 'a' }), input([4], { name: 'b' })];
  const [layer, norm] = [dense(4, { name: 'd' }), batchNorm({ name: 'n' })];
  const folds = (second: typeof a) =>
    reportLayers(model([a, b], [norm(layer(a)), norm(second)])).find(({ name }) => name === 'n')
      ?.fold;
  expect(folds(layer(b))?.folds).toBe(true);
  expect(folds(relu()(b))).toMatchObject({ folds: false });
});
