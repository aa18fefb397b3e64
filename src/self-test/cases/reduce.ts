import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape });
const distinct = (...shape: number[]): InputSpec => ({ shape, fill: { kind: 'distinct' } });

/** What is special, the input's shape, the axes. */
const shapes: readonly (readonly [name: string, shape: number[], axes: number[]])[] = [
  ['one element', [1], [0]],
  ['nothing reduced', [3, 5], []],
  ['axes of extent 1', [1, 6, 1], [0, 2]],
  ['everything, odd', [3, 5, 7], [0, 1, 2]],
  ['everything, several passes', [41, 401], [0, 1]],
  ['everything, vec4', [64, 130], [0, 1]],
  ['rows, odd', [5, 13], [1]],
  ['rows, vec4', [3, 516], [-1]],
  ['rows past one workgroup', [131, 8], [1]],
  ['long rows', [2, 1, 1203], [1, 2]],
  ['columns, odd', [37, 3], [0]],
  ['columns, vec4', [9, 7, 20], [0, 1]],
  ['long columns', [1030, 5], [0]],
  ['long columns, vec4', [21, 31, 8], [0, 1]],
  ['columns past one workgroup', [2, 301], [0]],
  ['middle, pooling', [3, 5, 7, 12], [1, 2]],
  ['middle, odd and long', [2, 150, 3], [1]],
  ['alternating', [3, 4, 5, 6], [0, 2]],
  ['alternating from the first, rank 8', [2, 3, 2, 2, 3, 2, 2, 3], [0, 2, 4, 6]],
  ['alternating, rank 8', [2, 3, 2, 2, 3, 2, 2, 3], [1, 3, 5, 7]],
];

/** Extremes without ties; factors whose product neither overflows nor vanishes. */
const FILLS: Readonly<Record<string, (shape: number[]) => InputSpec>> = {
  reduceSum: (shape) => normal(...shape),
  reduceMean: (shape) => normal(...shape),
  reduceMax: (shape) => distinct(...shape),
  reduceMin: (shape) => distinct(...shape),
  reduceProd: (shape) => ({ shape, fill: { kind: 'uniform', low: 0.99, high: 1.01 } }),
};
const extreme = (op: string) => op === 'reduceMax' || op === 'reduceMin';

export const reduceCases: OpCase[] = [
  ...['reduceSum', 'reduceMean', 'reduceMax', 'reduceMin', 'reduceProd'].flatMap((op) =>
    shapes.map(([name, shape, axes], i): OpCase => {
      const length = axes.reduce((total, axis) => total * (shape.at(axis) as number), 1);
      return {
        op,
        name,
        inputs: [FILLS[op](shape)],
        attrs: { axes, keepDims: i % 2 === 1 },
        terms: extreme(op) ? 1 : length,
        gradientTerms: op === 'reduceProd' ? length : 1,
        step: extreme(op) ? 1e-7 : undefined,
      };
    }),
  ),
  {
    op: 'reduceMax',
    name: 'ties',
    inputs: [{ shape: [7, 5, 9], fill: { kind: 'ties' } }],
    attrs: { axes: [0, 2], keepDims: false },
    // Differences do not exist at ties: test/unit/reduce.test.ts has the exact gradient.
    differentiate: [],
  },
  {
    op: 'reduceMax',
    name: 'all negative',
    inputs: [{ shape: [6, 11], fill: { kind: 'uniform', low: -9, high: -1 } }],
    attrs: { axes: [1], keepDims: false },
    step: 1e-7,
  },
  {
    op: 'reduceProd',
    name: 'no zero, one and two of them',
    inputs: [{ shape: [3, 3], fill: { kind: 'values', values: [2, -3, 4, 2, 0, 4, 0, 5, 0] } }],
    attrs: { axes: [1], keepDims: false },
    terms: 4,
  },
  {
    op: 'reduceMin',
    name: 'all positive',
    inputs: [{ shape: [6, 11], fill: { kind: 'uniform', low: 1, high: 9 } }],
    attrs: { axes: [1], keepDims: false },
    step: 1e-7,
  },
  {
    op: 'reduceMean',
    name: 'far from zero',
    inputs: [{ shape: [700, 4], fill: { kind: 'normal', mean: 1e4, std: 1 } }],
    attrs: { axes: [0], keepDims: false },
    terms: 700,
    gradientTerms: 1,
  },
  // Of halves: their sums are none, their means are; and nothing is below the lowest but −∞.
  ...['reduceSum', 'reduceMean', 'reduceMax'].map(
    (op): OpCase => ({
      op,
      name: 'near the lowest half',
      inputs: [{ shape: [3, 130, 5], fill: { kind: 'uniform', low: -65504, high: -6e4 } }],
      attrs: { axes: [1], keepDims: true },
      terms: 130,
      gradientTerms: 1,
      differentiate: op === 'reduceMax' ? [] : [0],
    }),
  ),
  ...(
    [
      ['everything', [], [3, 5, 7]],
      ['rows', [5, 1], [5, 13]],
      ['channels', [7], [2, 3, 7]],
      ['channels, vec4', [2, 1, 1, 8], [2, 30, 9, 8]],
      ['new axes in front, past one workgroup', [3, 1, 1], [2, 3, 20, 30]],
      ['same', [4, 6], [4, 6]],
      ['whole workgroups', [8, 1], [8, 128]],
      ['whole workgroups, vec4', [2, 1, 8], [2, 128, 8]],
      ['rank 8', [2, 1, 3, 1, 2, 1, 2, 1], [2, 2, 3, 3, 2, 2, 2, 3]],
    ] as const
  ).map(
    ([name, from, shape]): OpCase => ({
      op: 'broadcastTo',
      name,
      inputs: [normal(...from)],
      attrs: { shape },
      gradientTerms: 1800,
    }),
  ),
];
