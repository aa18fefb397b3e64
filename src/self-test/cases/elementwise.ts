import { activationOps, activationParams } from '../../ops/activations';
import { gradientByOutput } from '../../ops/activations-grad';
import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape, fill: { kind: 'normal', std: 2 } });
const positive = (...shape: number[]): InputSpec => ({
  shape,
  fill: { kind: 'uniform', low: 0.1, high: 4 },
});

/** Kinks are avoided by random numbers; the exact values at them are in test/unit. */
const names = [
  'relu',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'geluTanh',
  'silu',
  'hardSwish',
  'hardSigmoid',
  'sigmoid',
  'tanh',
  'softplus',
  'softsign',
  'exp',
  'abs',
  'square',
  'clip',
  'affine',
];

const activations: OpCase[] = [
  ...names.flatMap((op) => [
    { op, name: 'odd', inputs: [normal(3, 7)], terms: 16 },
    { op, name: 'nearly one workgroup', inputs: [normal(7, 73)], terms: 16 },
    { op, name: 'past one workgroup', inputs: [normal(7, 75)], terms: 16 },
    { op, name: 'vec4, nearly one workgroup', inputs: [normal(4, 511)], terms: 16 },
    { op, name: 'vec4, past one workgroup', inputs: [normal(2, 9, 120)], terms: 16 },
  ]),
  { op: 'log', name: 'positive', inputs: [positive(5, 13)], terms: 16 },
  { op: 'sqrt', name: 'positive', inputs: [positive(5, 12)], terms: 16 },
  { op: 'clip', name: 'bounds', inputs: [normal(41)], attrs: { low: -1, high: 0.5 } },
  { op: 'affine', name: 'numbers', inputs: [normal(41)], attrs: { scale: -3, shift: 0.5 } },
  { op: 'leakyRelu', name: 'alpha', inputs: [normal(64)], attrs: { alpha: 0.3 } },
  { op: 'elu', name: 'alpha', inputs: [normal(64)], attrs: { alpha: 0.5 }, terms: 16 },
  {
    op: 'gelu',
    name: 'tails',
    inputs: [{ shape: [256], fill: { kind: 'normal', std: 6 } }],
    terms: 16,
  },
];

/** At their kinks and far out; finite differences would tell nothing. */
const exact: OpCase[] = [
  'relu',
  'leakyRelu',
  'elu',
  'selu',
  'clip',
  'abs',
  'hardSwish',
  'tanh',
  'sigmoid',
].flatMap((name) => {
  const values = [-40, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 40];
  const x: InputSpec = { shape: [values.length], fill: { kind: 'values', values } };
  const attrs = name === 'clip' ? { low: -1, high: 0.5 } : undefined;
  const common = { name: 'exact values', attrs, differentiate: [], terms: 16 };
  return [
    { ...common, op: name, inputs: [x] },
    { ...common, op: `${name}Grad`, inputs: [x, normal(values.length)] },
  ];
});

/** The gradient from the output, by which inputs need not be kept. */
const byOutput: OpCase[] = activationOps.flatMap((activation) => {
  if (!gradientByOutput(activation, {})) return [];
  const values = [-40, -3, -2, -0.3, -0.05, 0, 0.05, 0.3, 2, 3].map((x) =>
    activation.f(x, ...activationParams(activation, {})),
  );
  const y: InputSpec = { shape: [values.length], fill: { kind: 'values', values } };
  const common = { attrs: { byOutput: true }, differentiate: [], terms: 16 };
  const op = `${activation.name}Grad`;
  return [{ ...common, op, name: 'by the output', inputs: [y, normal(values.length)] }];
});

const shapes: [string, InputSpec, InputSpec][] = [
  ['same, odd', normal(3, 5, 7), positive(3, 5, 7)],
  ['same, past one workgroup', normal(6, 1000), positive(6, 1000)],
  ['same, nearly one workgroup', normal(7, 73), positive(7, 73)],
  ['one element', normal(1), positive(1)],
  ['scalars', normal(), positive()],
  ['scalar right', normal(4, 6), positive()],
  ['channels', normal(2, 3, 4, 5), positive(5)],
  ['channels, past one workgroup', normal(9, 13, 7), positive(7)],
  ['left repeated', normal(1, 4), positive(3, 4)],
  ['both repeated', normal(3, 1, 5), positive(1, 4, 1)],
  ['rank 8', normal(2, 1, 3, 1, 2, 1, 2, 1), positive(1, 2, 1, 3, 1, 2, 1, 2)],
];

const binaries: OpCase[] = ['add', 'sub', 'mul', 'div', 'max', 'min'].flatMap((op) =>
  shapes.map(([name, a, b]) => ({ op, name, inputs: [a, b], gradientTerms: 150 })),
);

const values = (...numbers: number[]): InputSpec => ({
  shape: [numbers.length],
  fill: { kind: 'values', values: numbers },
});

const powers: OpCase[] = [
  ...shapes.map(([name, , b]): OpCase => {
    const base = positive(...b.shape);
    return { op: 'pow', name, inputs: [base, normal(...b.shape)], terms: 150 };
  }),
  {
    op: 'pow',
    name: 'whole exponents',
    inputs: [values(-2, -2, -2, -2, -2, 0, 0, 3, -0.5), values(3, 2, 1, 0, -1, 0, 2, 4, -3)],
    differentiate: [0],
    terms: 24,
  },
  {
    op: 'pow',
    name: 'edges',
    inputs: [values(0, 0, 1, 4, 9, -8), values(0.5, 3, 1e9, 0.5, -0.5, 5)],
    differentiate: [],
    terms: 24,
  },
  { op: 'pow', name: 'a scalar exponent', inputs: [positive(7, 75), positive()], terms: 1000 },
];

/** Sums, products and powers around the largest half and the smallest: as f32 they are nothing special. */
const ends: OpCase[] = [
  ['add', [65504, 65504, 65504, -65504, 60000, 2 ** -24], [8, 15, 16, -100, 60000, 2 ** -24]],
  ['sub', [65504, -65504, 60000, 2 ** -14], [-15, 32, 59968, 2 ** -14 - 2 ** -24]],
  ['mul', [255, 256, -300, 2 ** -12, -(2 ** -12)], [256, 256, 300, 2 ** -10, 2 ** -13]],
  ['div', [65504, 300, 2 ** -14, 1], [0.5, 2 ** -8, 64, 60000]],
].map(([op, a, b]) => ({
  op: op as string,
  name: 'ends of f16',
  inputs: [values(...(a as number[])), values(...(b as number[]))],
  differentiate: [],
}));

const largest: OpCase[] = [
  ['square', [255, -256, 300, 2 ** -12, 2 ** -14]],
  ['exp', [11, 11.1, -9, -17, -20]],
  ['affine', [20000, 22000, -30000, 2 ** -24]],
  ['sqrt', [65504, 2 ** -24, 2 ** -15]],
  ['softplus', [65504, -9, -65504]],
  ['gelu', [65504, -5, -65504]],
  ['silu', [65504, -9, -65504]],
].map(([op, x]) => ({
  op: op as string,
  name: 'ends of f16',
  inputs: [values(...(x as number[]))],
  attrs: op === 'affine' ? { scale: 3, shift: 0 } : undefined,
  differentiate: [],
  terms: 32,
}));

const ties = (...shape: number[]): InputSpec => ({ shape, fill: { kind: 'ties' } });
const integers = (...shape: number[]): InputSpec => ({
  shape,
  dtype: 'i32',
  fill: { kind: 'integers', below: 4 },
});
const far = [2 ** 24, -1, -(2 ** 31), 0];

const truths: OpCase[] = [
  ...['equal', 'greater', 'greaterOrEqual', 'and', 'or', 'xor'].flatMap((op): OpCase[] => [
    { op, name: 'odd', inputs: [ties(3, 7), ties(3, 7)], differentiate: [] },
    { op, name: 'vec4s', inputs: [ties(6, 100), ties(6, 100)], differentiate: [] },
    { op, name: 'both repeated', inputs: [ties(3, 1, 5), ties(1, 4, 1)], differentiate: [] },
    { op, name: 'no slope', inputs: [normal(5), normal(5)] },
  ]),
  ...['equal', 'greater', 'greaterOrEqual'].flatMap((op): OpCase[] => [
    { op, name: 'integers', inputs: [integers(3, 171), integers(3, 171)], differentiate: [] },
    { op, name: 'integers repeated', inputs: [integers(3, 1), integers(4)], differentiate: [] },
    {
      op,
      name: 'integers of either sign',
      inputs: [
        { shape: [4, 1], dtype: 'i32', fill: { kind: 'values', values: far } },
        { shape: [4], dtype: 'i32', fill: { kind: 'values', values: far } },
      ],
      differentiate: [],
    },
  ]),
];

const wheres: OpCase[] = [
  ['odd', ties(3, 7), normal(3, 7), normal(3, 7)],
  ['past one workgroup', ties(7, 75), normal(7, 75), normal(7, 75)],
  ['all repeated', ties(3, 1, 1), normal(1, 4, 1), normal(1, 1, 5)],
  ['scalars', ties(2, 3), normal(), normal()],
].map(([name, condition, a, b]) => ({
  op: 'where',
  name: name as string,
  inputs: [condition, a, b] as InputSpec[],
  differentiate: [1, 2],
  gradientTerms: 150,
}));

export const elementwiseCases: OpCase[] = [
  ...activations,
  ...exact,
  ...byOutput,
  ...binaries,
  ...powers,
  ...ends,
  ...largest,
  ...truths,
  ...wheres,
];
