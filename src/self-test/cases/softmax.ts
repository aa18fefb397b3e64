import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape, fill: { kind: 'normal', std: 2 } });

const shapes: [string, number[], number][] = [
  ['row', [5, 10], -1],
  ['one class', [3, 1], 1],
  ['one row', [7], 0],
  ['middle axis', [2, 3, 4], 1],
  ['first axis', [3, 4, 5], 0],
  ['rows past one workgroup', [131, 3], 1],
  ['long rows', [3, 1000], 1],
  ['long rows, strided', [2, 300, 3], 1],
];

export const softmaxCases: OpCase[] = ['softmax', 'logSoftmax'].flatMap((op) => [
  ...shapes.map(([name, shape, axis]) => ({
    op,
    name,
    inputs: [normal(...shape)],
    attrs: { axis },
    terms: shape[axis < 0 ? axis + shape.length : axis] + 16,
  })),
  {
    op,
    name: 'logits up to 1e4',
    inputs: [{ shape: [9, 33], fill: { kind: 'normal', std: 1e4 } }] as const,
    attrs: { axis: 1 },
    terms: 64,
    differentiate: [],
  },
  {
    op,
    name: 'near the lowest half',
    inputs: [{ shape: [9, 33], fill: { kind: 'uniform', low: -65504, high: -65000 } }] as const,
    attrs: { axis: 1 },
    terms: 64,
    differentiate: [],
  },
  {
    op,
    name: 'far from zero',
    inputs: [{ shape: [9, 33], fill: { kind: 'normal', mean: 5000 } }] as const,
    attrs: { axis: 1 },
    terms: 64,
    step: 1e-7,
  },
]);
