import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape });
const integers = (below: number, ...shape: number[]): InputSpec => ({
  shape,
  dtype: 'i32',
  fill: { kind: 'integers', below },
});
const values = (...numbers: number[]): InputSpec => ({
  shape: [numbers.length],
  dtype: 'i32',
  fill: { kind: 'values', values: numbers },
});

const cast: OpCase[] = [
  {
    op: 'cast',
    name: 'to integers',
    inputs: [{ shape: [3, 401], fill: { kind: 'normal', std: 30 } }],
    attrs: { to: 'i32' },
    differentiate: [],
  },
  {
    op: 'cast',
    name: 'to integers, edges',
    inputs: [
      {
        shape: [9],
        fill: {
          kind: 'values',
          values: [-0.9, 0.9, -1.5, 1.5, 3e9, -3e9, 2147483520, Number.NaN, -Infinity],
        },
      },
    ],
    attrs: { to: 'i32' },
    differentiate: [],
  },
  // The nearest half, the even one of two; from halfway to what would be the next, none.
  {
    op: 'cast',
    name: 'to f16, ends and ties',
    inputs: [
      {
        shape: [13],
        fill: {
          kind: 'values',
          values: [
            ...[0, -0, 1 + 2 ** -11, 1 + 3 * 2 ** -11, -2049, 65504, 65519, 65520, -1e9],
            ...[2 ** -24, 2 ** -25, 3 * 2 ** -25, Number.NaN],
          ],
        },
      },
    ],
    attrs: { to: 'f16' },
    differentiate: [],
  },
  ...[510, 1203].map((length) => ({
    op: 'cast',
    name: `to f16, ${length} numbers`,
    inputs: [normal(length)],
    attrs: { to: 'f16' },
    differentiate: [],
  })),
  {
    op: 'cast',
    name: 'integers to f16',
    inputs: [integers(100_000, 3, 401)],
    attrs: { to: 'f16' },
    differentiate: [],
  },
  {
    op: 'cast',
    name: 'integers to f16, nearly one workgroup',
    inputs: [integers(100_000, 6, 85)],
    attrs: { to: 'f16' },
    differentiate: [],
  },
  ...['f32', 'i32'].map((to) => ({
    op: 'cast',
    name: `to ${to}, nearly one workgroup`,
    inputs: [{ shape: [7, 73], fill: { kind: 'normal', std: 30 } }] as const,
    attrs: { to },
    differentiate: [],
  })),
  { op: 'cast', name: 'f32 as it is', inputs: [normal(3, 401)], attrs: { to: 'f32' } },
  {
    op: 'cast',
    name: 'integers',
    inputs: [integers(1000, 3, 401)],
    attrs: { to: 'f32' },
    differentiate: [],
  },
  {
    op: 'cast',
    name: 'integers, nearly one workgroup',
    inputs: [integers(1000, 7, 73)],
    attrs: { to: 'f32' },
    differentiate: [],
  },
];

const numbers = values(2, 0, 4, 2, -1, 5, 1_000_000);

const gather: OpCase[] = [
  ['odd rows', normal(5, 3), numbers],
  ['vec4', normal(5, 3, 8), numbers],
  ['past one workgroup', normal(7, 29), integers(7, 40)],
  ['nearly one workgroup', normal(5, 73), numbers],
  ['vec4, nearly one workgroup', normal(5, 292), numbers],
  ['vec4, past one workgroup', normal(5, 300), numbers],
  ['labels', integers(10, 5), numbers],
  ['integers, nearly one workgroup', integers(10, 5, 73), numbers],
  ['integers, past one workgroup', integers(10, 5, 75), numbers],
  ['integers in vec4s', integers(10, 5, 4), numbers],
  ['integers in vec4s, nearly one workgroup', integers(10, 5, 292), numbers],
  ['integers in vec4s, past one workgroup', integers(10, 5, 300), numbers],
  ['the middle axis', normal(3, 5, 7), numbers, 1],
  ['the middle axis, vec4s', normal(3, 5, 8), numbers, 1],
  ['the last axis', normal(31, 5), integers(5, 3, 7), 1],
  ['indices without dimensions', normal(3, 5, 2), { ...values(3), shape: [] }, -2],
].map(([name, table, indices, axis = 0]) => ({
  op: 'gather',
  name: name as string,
  inputs: [table as InputSpec, indices as InputSpec],
  attrs: { axis: axis as number },
  // What an index outside gives has no slope.
  differentiate: (table as InputSpec).dtype || indices === numbers ? [] : [0],
  gradientTerms: 100,
}));

const gatherGrad: OpCase[] = [
  ['rows', normal(7, 29), 0],
  ['rows in vec4s', normal(7, 300), 0],
  ['the middle axis', normal(3, 7, 4), 1],
].map(([name, dy, axis]) => ({
  op: 'gatherGrad',
  name: name as string,
  inputs: [dy as InputSpec, numbers],
  attrs: { axis: axis as number, size: 5 },
  differentiate: [],
  terms: 7,
}));

const cumSum: OpCase[] = [
  ['rows', [3, 7], 1],
  ['columns, past one workgroup', [5, 600], 0],
  ['the middle axis', [3, 17, 5], -2],
].flatMap(([name, shape, axis], i) =>
  [false, true].map((reverse) => ({
    op: 'cumSum',
    name: `${name}${reverse ? ', backwards' : ''}`,
    inputs: [{ shape: shape as number[] }],
    attrs: { axis: axis as number, reverse, exclusive: i % 2 === 1 },
    terms: 17,
  })),
);

const ties = (...shape: number[]): InputSpec => ({ shape, fill: { kind: 'ties' } });

const { NaN: nan } = Number;
const notNumbers = [nan, 1, 2, 3, nan, 3, nan, nan, nan, 1, 2, nan];

const { POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low } = Number;
const infinities = [1, high, 2, low, low, low, low, -3, low, high, high, 5];

const argMax: OpCase[] = (
  [
    ['rows', normal(7, 10), 1],
    ['ties', ties(9, 33), -1],
    ['middle axis', ties(3, 5, 4), 1],
    ['rows past one workgroup', ties(131, 3), 1],
    ['long rows', ties(3, 1000), 1],
    ['long rows, maximum anywhere', { shape: [31, 130], fill: { kind: 'distinct' } }, 1],
    ['one element', normal(1), 0],
    ['infinities', { shape: [4, 3], fill: { kind: 'values', values: infinities } }, 1],
    ['NaN', { shape: [4, 3], fill: { kind: 'values', values: notNumbers } }, 1],
  ] as [string, InputSpec, number][]
).map(([name, x, axis]) => ({
  op: 'argMax',
  name,
  inputs: [x],
  attrs: { axis },
  differentiate: [],
}));

const increment: OpCase[] = [
  { op: 'increment', name: 'counter', inputs: [values(41)], differentiate: [] },
];

const dropout: OpCase[] = [
  ...[0, 0.1, 0.5, 0.7].map((rate) => ({
    op: 'dropout',
    name: `rate ${rate}`,
    inputs: [normal(3, 401), values(7)],
    attrs: { rate, seed: 3 },
  })),
  {
    op: 'dropout',
    name: 'nearly one workgroup',
    inputs: [normal(7, 73), values(7)],
    attrs: { rate: 0.5, seed: 3 },
  },
  {
    op: 'dropout',
    name: 'largest seed, one element',
    inputs: [normal(1), values(0)],
    attrs: { rate: 0.25, seed: 2 ** 32 - 1 },
  },
];

const prelu: OpCase[] = [
  { op: 'prelu', name: 'a slope a channel', inputs: [normal(3, 7, 5), normal(5)] },
  { op: 'prelu', name: 'one slope', inputs: [normal(4, 6), normal(1)] },
  { op: 'prelu', name: 'nearly one workgroup', inputs: [normal(7, 73), normal(73)] },
  { op: 'prelu', name: 'past one workgroup', inputs: [normal(9, 120), normal(120)] },
].map((opCase) => ({ ...opCase, gradientTerms: 128 }));

/** Zeros too: finite differences would tell nothing. */
const preluAtZero: OpCase = {
  op: 'preluGrad',
  name: 'zeros',
  inputs: [ties(5, 7), normal(7), normal(5, 7)],
  differentiate: [],
};

export const miscCases: OpCase[] = [
  ...cast,
  ...gather,
  ...gatherGrad,
  ...cumSum,
  ...argMax,
  ...increment,
  ...dropout,
  ...prelu,
  preluAtZero,
];
