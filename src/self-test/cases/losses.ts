import type { Attrs } from '../../ir/graph';
import type { Fill, InputSpec, OpCase } from './types';

const logits = (shape: number[], fill: Fill = { kind: 'normal', std: 2 }): InputSpec => ({
  shape,
  fill,
});
const labels = (shape: number[], below: number): InputSpec => ({
  shape,
  dtype: 'i32',
  fill: { kind: 'integers', below },
});

const rows: [string, number[], Fill?, Attrs?][] = [
  ['ten classes', [7, 10]],
  ['one class', [3, 1]],
  ['one row', [1, 5]],
  ['two rows of labels', [2, 3, 4]],
  ['rows past one workgroup', [131, 3]],
  ['long rows', [3, 1000]],
  ['label smoothing', [6, 11], undefined, { labelSmoothing: 0.1 }],
  ['all smoothing', [6, 40], undefined, { labelSmoothing: 1 }],
  ['large logits', [9, 33], { kind: 'normal', std: 1e4 }, { labelSmoothing: 0.1 }],
];

const crossEntropy: OpCase[] = rows.flatMap(([name, shape, fill, attrs]) => {
  const classes = shape[shape.length - 1];
  const common = {
    name,
    attrs,
    terms: classes + 32,
    // Differences of a sum of 1e4s have no digits left.
    ...(name === 'large logits' ? { differentiate: [] } : {}),
  };
  const x = logits(shape, fill);
  const targets = logits(shape, { kind: 'uniform', low: 0, high: 1 });
  return [
    { ...common, op: 'softmaxCrossEntropy', inputs: [x, labels(shape.slice(0, -1), classes)] },
    { ...common, op: 'softmaxCrossEntropyDense', inputs: [x, targets] },
  ];
});

const gradients: OpCase[] = [
  {
    op: 'softmaxCrossEntropyGrad',
    name: 'logits up to 1e4',
    inputs: [logits([9, 33], { kind: 'normal', std: 1e4 }), labels([9], 33), { shape: [9] }],
    attrs: { labelSmoothing: 0.1 },
    differentiate: [],
    terms: 40,
  },
  {
    op: 'softmaxCrossEntropyDenseGrad',
    name: 'logits up to 1e4',
    inputs: [
      logits([9, 33], { kind: 'normal', std: 1e4 }),
      logits([9, 33], { kind: 'uniform', low: 0, high: 1 }),
      { shape: [9] },
    ],
    differentiate: [],
    terms: 60,
  },
];

const outside: InputSpec = {
  shape: [6],
  dtype: 'i32',
  fill: { kind: 'values', values: [0, 5, -1, 2, 2_000_000_000, 4] },
};

/** Their rows are NaN, the others are as ever. */
const labelsOutside: OpCase[] = [
  {
    op: 'softmaxCrossEntropy',
    name: 'labels out of range',
    inputs: [logits([6, 5]), outside],
    differentiate: [],
    scale: 4,
    terms: 16,
  },
  {
    op: 'softmaxCrossEntropyGrad',
    name: 'labels out of range',
    inputs: [logits([6, 5]), outside, { shape: [6] }],
    differentiate: [],
    scale: 4,
    terms: 16,
  },
];

const unit: Fill = { kind: 'uniform', low: 0, high: 1 };

const elementwise: OpCase[] = [
  { op: 'sigmoidCrossEntropy', name: 'odd', inputs: [logits([3, 7]), logits([3, 7], unit)] },
  {
    op: 'sigmoidCrossEntropy',
    name: 'nearly one workgroup',
    inputs: [logits([7, 73]), logits([7, 73], unit)],
    terms: 16,
  },
  {
    op: 'sigmoidCrossEntropy',
    name: 'past one workgroup',
    inputs: [logits([5, 211]), logits([5, 211], unit)],
    terms: 16,
  },
  {
    op: 'sigmoidCrossEntropy',
    name: 'large logits, sure targets',
    inputs: [
      logits([40], { kind: 'normal', std: 30 }),
      logits([40], { kind: 'integers', below: 2 }),
    ],
    terms: 16,
  },
  { op: 'huber', name: 'odd', inputs: [logits([3, 7])] },
  { op: 'huber', name: 'delta', inputs: [logits([2, 9, 120])], attrs: { delta: 0.7 } },
];

export const lossCases: OpCase[] = [
  ...crossEntropy,
  ...gradients,
  ...labelsOutside,
  ...elementwise,
];
