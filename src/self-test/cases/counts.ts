import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape });
/** Evenly spaced in [−1, 1], in the middle between edges of bins a multiple of 2/size wide. */
const distinct = (...shape: number[]): InputSpec => ({ shape, fill: { kind: 'distinct' } });
const values = (...numbers: number[]): InputSpec => ({
  shape: [numbers.length],
  fill: { kind: 'values', values: numbers },
});
const infinity = Number.POSITIVE_INFINITY;
const extremes = values(
  ...[Number.NaN, infinity, -infinity, 3e38, -3e38, 1e-30, -1e-30, 0, 0.5, 1, -1, Number.NaN],
);

type Line = readonly [name: string, input: InputSpec, range: readonly [number, number, number]];

const histograms: readonly Line[] = [
  ['one element', values(0.3), [1, 0, 1]],
  ['odd', distinct(3, 5, 7), [7, -0.5, 0.5]],
  ['edges', values(-1, -0.5, 0, 0.5, 1), [4, -1, 1]],
  // In f32 it is as far from the beginning of the range as the end is.
  ['just below the end', values(1 - 2 ** -24), [4, -1, 1]],
  ['normal', normal(4, 5, 6, 8), [64, -3, 3]],
  ['several tiles, more bins than threads', distinct(7, 1024), [112, -0.875, 0.875]],
  ['many tiles', distinct(41, 1000), [8, -0.5, 0.5]],
  ['an outlier', values(1e30, 0.1, 0.2), [2, 0, 1]],
  ['none within', normal(33), [3, 50, 60]],
  ['NaN and infinities', extremes, [8, -4, 4]],
];

/** Three at a time, mostly: each other number of them is another pipeline. */
const percentiles: readonly (readonly [name: string, input: InputSpec, percentiles: number[]])[] = [
  ['one element', values(-0.3), [0, 50, 100]],
  ['odd', distinct(3, 5, 7), [15, 50, 85]],
  ['even: the lower of the two', distinct(4), [50]],
  ['ties', { shape: [100], fill: { kind: 'ties' } }, [20, 33, 50]],
  ['several tiles', normal(11, 901), [1, 50, 99.9]],
  ['many tiles', normal(41, 1000), [50]],
  [
    'far from zero',
    { shape: [7, 100], fill: { kind: 'normal', mean: 1e4, std: 1e-2 } },
    [15, 50, 85],
  ],
  ['more than four', normal(313), [0, 25, 50, 75, 100]],
  ['infinities', extremes, [0, 9, 75]],
  ['zero and its neighbours', extremes, [30, 38, 50]],
  ['NaN last', extremes, [83, 84, 100]],
];

/** Counts and elements are exact. */
const exact = { differentiate: [], terms: -8 };

export const countCases: OpCase[] = [
  ...histograms.map(
    ([name, input, [bins, low, high]]): OpCase => ({
      op: 'histogram',
      name,
      inputs: [input],
      attrs: { bins, low, high },
      ...exact,
    }),
  ),
  ...percentiles.map(
    ([name, input, percentiles]): OpCase => ({
      op: 'percentiles',
      name,
      inputs: [input],
      attrs: { percentiles },
      ...exact,
    }),
  ),
];
