import type { Attrs } from '../../ir/graph';
import type { Fill, InputSpec, OpCase } from './types';

const uniform = (low: number, high: number): Fill => ({ kind: 'uniform', low, high });

/** x, gamma, beta, running mean, running variance. */
function inputs(shape: number[], fill?: Fill): InputSpec[] {
  const channels = [shape[shape.length - 1]];
  return [
    { shape, fill },
    { shape: channels, fill: uniform(0.5, 2) },
    { shape: channels },
    { shape: channels },
    { shape: channels, fill: uniform(0.5, 2) },
  ];
}

const training = { blend: 1, epsilon: 1e-3, momentum: 0.99, unbiased: false, cumulative: false };

/** Values a channel: what the longest sums add up. */
function length(shape: number[]): number {
  return shape.slice(0, -1).reduce((total, extent) => total * extent, 1);
}

function train(
  name: string,
  shape: number[],
  attrs: Partial<typeof training> = {},
  rest: Partial<OpCase> & { fill?: Fill } = {},
): OpCase {
  const { fill, ...others } = rest;
  return {
    op: 'batchNorm',
    name,
    inputs: inputs(shape, fill),
    attrs: { ...training, ...attrs },
    differentiate: [0, 1, 2],
    lossOf: [0],
    terms: 24,
    gradientTerms: 24 + length(shape),
    ...others,
  };
}

const shapes: readonly (readonly [name: string, shape: number[]])[] = [
  ['dense', [9, 8]],
  ['dense, odd', [7, 5]],
  ['sequence', [3, 11, 4]],
  ['images', [2, 5, 7, 12]],
  ['images, odd channels, rows folded by 4', [2, 6, 5, 3]],
  ['images, even channels, rows folded by 2', [2, 3, 3, 6]],
  ['images, odd channels and rows', [1, 5, 7, 3]],
  ['volumes', [2, 3, 4, 5, 8]],
  ['one channel, several tiles', [1201, 1]],
  ['one channel, folded, several tiles', [4, 19, 17, 1]],
  ['five features, several tiles', [613, 5]],
  ['several tiles', [3, 31, 7, 8]],
  ['tiles without rows', [1030, 4]],
  ['few rows, many channels', [3, 1000]],
  ['few rows, sixteens of channels', [5, 80]],
  ['channels past one workgroup', [5, 301]],
  ['sixteens of channels, several tiles', [3, 211, 48]],
  ['one channel, rows folded by 16', [4, 12, 12, 1]],
];

/** With a residual and an activation behind it, in the ways that rows are dealt out. */
function followed(op: 'batchNorm' | 'batchNormInference'): OpCase[] {
  const epilogues: readonly (readonly [Attrs, blend?: number])[] = [
    [{ activation: 'relu' }],
    [{ activation: 'leakyRelu', alpha: 0.2 }, 0.3],
    [{ activation: 'gelu' }, 0],
    [{ activation: 'clip', low: -0.5, high: 1, residual: true }],
    [{ activation: 'elu', alpha: 0.7, residual: true }, 0.3],
    [{ activation: 'silu', residual: true }, 0],
    [{ residual: true }],
  ];
  const sizes = [
    [2, 5, 7, 12],
    [2, 6, 5, 3],
    [613, 5],
    [21, 80],
  ];
  return epilogues.flatMap(([attrs, blend = 1]) =>
    sizes.map((shape): OpCase => {
      const own = op === 'batchNorm' ? { ...training, blend } : { epsilon: 1e-3 };
      const name = `then ${[...Object.values(attrs), ...(blend < 1 ? [`blend ${blend}`] : [])].join(' ')}`;
      return {
        ...train(`${name}, [${shape}]`, shape),
        op,
        attrs: { ...own, ...attrs },
        inputs: [...inputs(shape), ...(attrs.residual ? [{ shape }] : [])],
        differentiate: attrs.residual ? [0, 1, 2, 5] : [0, 1, 2],
        terms: 40,
        gradientTerms: 60 + length(shape),
        // dx is made from the residual's gradient as it is stored, times γ/σ: up to twice the largest dx.
        gradientRoundings: attrs.residual && attrs.activation ? 2 : 0,
      };
    }),
  );
}

/** From statistics whose rows all count, as they are or with what followed. */
const again: OpCase[] = (
  [
    [[2, 5, 7, 12], {}],
    [[2, 6, 5, 3], { activation: 'relu' }],
    [[2, 3, 3, 6], { activation: 'tanh' }],
    [[613, 5], { activation: 'clip', low: -0.5, high: 1, residual: true }],
    [[37, 32], { activation: 'gelu' }],
    [[4, 12, 12, 1], { residual: true }],
    [[5, 301], { activation: 'leakyRelu', alpha: 0.2 }],
  ] as const
).map(([shape, attrs]: readonly [readonly number[], Attrs]) => {
  const [x, gamma, beta] = inputs([...shape]);
  const statistics = { shape: [6, shape[shape.length - 1]], fill: uniform(0.5, 2) };
  return {
    op: 'batchNormAgain',
    name: `[${shape}] ${Object.values(attrs).join(' ')}`.trim(),
    inputs: [x, gamma, beta, statistics, ...(attrs.residual ? [{ shape }] : [])],
    attrs,
    differentiate: [],
    terms: 24,
  };
});

export const batchNormCases: OpCase[] = [
  ...again,
  ...followed('batchNorm'),
  ...followed('batchNormInference'),
  ...[[0], [1, 2], [5], [1, 5]].map((differentiate) => ({
    ...train(`gradients for ${differentiate} only`, [9, 4]),
    attrs: { ...training, activation: 'relu', residual: true },
    inputs: [...inputs([9, 4]), { shape: [9, 4] }],
    differentiate,
  })),
  ...shapes.map(([name, shape]) => train(name, shape)),
  // One value a channel: y is beta, and nothing flows back to x.
  train('one value a channel', [1, 6], { unbiased: true }, { gradientScale: 1 }),
  // dx is what is left of terms of γ/σ·dy that cancel.
  train('two rows', [2, 3], {}, { gradientScale: 4 }),
  train('blend of both statistics', [2, 5, 7, 4], { blend: 0.3 }),
  train('blend of both, odd', [37, 3], { blend: 0.7, momentum: 0.5, unbiased: true }),
  train('running statistics', [2, 5, 7, 4], { blend: 0, momentum: 0.9 }),
  train('running statistics, odd', [35, 3], { blend: 0 }),
  train('unbiased', [9, 4], { unbiased: true, momentum: 0.9 }),
  train('running statistics kept', [9, 4], { momentum: 1 }),
  train('running statistics replaced', [9, 4], { momentum: 0, unbiased: true }),
  train('epsilon', [9, 4], { epsilon: 0.5 }),
  train(
    'channels of zero variance',
    [20, 4],
    {},
    {
      fill: { kind: 'values', values: Array.from({ length: 80 }, (_, i) => (i % 4) - 1.5) },
      // The curvature is 1/ε there.
      step: 1e-7,
      gradientScale: 1e3,
    },
  ),
  // Each must be measured from a number of its own.
  train(
    'channels far apart',
    [24, 2],
    {},
    {
      fill: {
        kind: 'values',
        values: Array.from({ length: 48 }, (_, i) =>
          i % 2 ? Math.sin(i) / 4 : 6e4 + 100 * Math.cos(i),
        ),
      },
    },
  ),
  ...['several batches', 'first batch'].map((name, i): OpCase => {
    const count: InputSpec = {
      shape: [1],
      dtype: 'i32',
      fill: { kind: 'values', values: [i ? 0 : 3] },
    };
    const opCase = train(`cumulative, ${name}`, [9, 6], { cumulative: true, momentum: 0.3 });
    return { ...opCase, inputs: [...opCase.inputs, count] };
  }),
  // Sums of squares would lose everything here; the error stays that of well-conditioned inputs.
  ...(
    [
      [1e4, 1e-2, 1e-9],
      [1e3, 1e-1, 1e-8],
      [-1e4, 1, 1e-9],
      [100, 1e-3, 1e-8],
      // As halves, too, these are far apart, and near the largest.
      [2e3, 8, 1e-8],
      [6e4, 500, 1e-8],
    ] as const
  ).flatMap(([mean, std, step]) =>
    [
      [4, 8, 8, 3],
      [430, 8],
      [129, 5],
    ].map((shape) =>
      train(
        `mean ${mean}, deviation ${std}, [${shape}]`,
        shape,
        { epsilon: 1e-8 },
        {
          fill: { kind: 'normal', mean, std },
          step,
        },
      ),
    ),
  ),
  train(
    'mean 1e4, blended',
    [430, 8],
    { blend: 0.5, epsilon: 1e-5 },
    {
      fill: { kind: 'normal', mean: 1e4, std: 1 },
      step: 3e-7,
    },
  ),
  // Both means are large and near each other: what each loses to rounding is not the same.
  ...[430, 210].map((rows): OpCase => {
    const far: Fill = { kind: 'normal', mean: 1e4, std: 1 };
    const opCase = train(
      `means of 1e4, blended, ${rows} rows`,
      [rows, 8],
      { blend: 0.5, epsilon: 1e-5 },
      { fill: far, step: 3e-7 },
    );
    return {
      ...opCase,
      inputs: opCase.inputs.map((spec, i) => (i === 3 ? { ...spec, fill: far } : spec)),
    };
  }),
  // What the mean loses to rounding counts in front of an activation too.
  ...[430, 210].map((rows): OpCase => {
    const opCase = train(
      `mean 1e4, then sigmoid, ${rows} rows`,
      [rows, 8],
      { epsilon: 1e-8 },
      { fill: { kind: 'normal', mean: 1e4, std: 1e-2 }, step: 1e-9 },
    );
    return { ...opCase, attrs: { ...opCase.attrs, activation: 'sigmoid' } };
  }),
  // Of a blend of means, too: it is not what the batch's mean loses.
  ...[430, 210].map((rows): OpCase => {
    const far: Fill = { kind: 'normal', mean: 1e4, std: 1e-2 };
    const opCase = train(
      `means of 1e4, blended, then sigmoid, ${rows} rows`,
      [rows, 8],
      { blend: 0.5, epsilon: 1e-8 },
      { fill: far, step: 1e-9 },
    );
    const [x, gamma, beta, mean, variance] = opCase.inputs;
    const near = { ...variance, fill: uniform(5e-5, 2e-4) };
    return {
      ...opCase,
      attrs: { ...opCase.attrs, activation: 'sigmoid' },
      inputs: [x, gamma, beta, { ...mean, fill: far }, near],
    };
  }),
  ...[5, 130].map(
    (channels): OpCase => ({
      op: 'givenStatistics',
      name: `${channels} channels`,
      inputs: [{ shape: [channels] }, { shape: [channels], fill: uniform(0.1, 2) }],
      attrs: { epsilon: 1e-3 },
      differentiate: [],
    }),
  ),
  ...shapes.map(
    ([name, shape]): OpCase => ({
      op: 'batchNormInference',
      name,
      inputs: inputs(shape),
      attrs: { epsilon: 1e-3 },
      differentiate: [0, 1, 2],
      terms: 8,
      gradientTerms: 8 + length(shape),
    }),
  ),
];

/** Weights, gamma, beta, mean, variance, and a bias. */
export const batchNormFoldCases: OpCase[] = [
  ['convolution', [3, 3, 8, 12], false],
  ['depthwise, odd', [3, 3, 1, 7], true],
  ['dense, past one workgroup', [41, 5], true],
  ['as many weights as channels', [1, 301], false],
  ['one weight', [1, 1, 1, 1], true],
].map(([name, shape, biased]): OpCase => {
  const weights = inputs(shape as number[]);
  return {
    op: 'batchNormFold',
    name: name as string,
    inputs: biased ? [...weights, weights[2]] : weights,
    attrs: { epsilon: 1e-3 },
    differentiate: [],
    terms: 8,
  };
});
