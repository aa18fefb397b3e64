import type { Attrs } from '../../ir/graph';
import type { Fill, OpCase } from './types';

const windows: [string, number[], Attrs][] = [
  ['halves', [2, 6, 8, 3], { size: [2, 2] }],
  ['one pixel', [1, 1, 1, 1], { size: [1, 1] }],
  ['vec4, rest left over', [2, 7, 9, 8], { size: [2, 2], strides: [2, 2] }],
  ['overlapping, padded', [2, 7, 6, 5], { size: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['strides of one', [1, 5, 6, 4], { size: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }],
  ['rectangle', [2, 6, 7, 2], { size: [2, 3], strides: [1, 2], pads: [0, 1, 1, 2] }],
  ['gaps between windows', [1, 9, 8, 3], { size: [2, 1], strides: [3, 2] }],
  ['whole image', [3, 4, 5, 4], { size: [4, 5] }],
  ['past one workgroup', [3, 12, 11, 8], { size: [2, 2], strides: [1, 2], pads: [1, 0, 0, 1] }],
  [
    'dilated',
    [2, 8, 9, 3],
    { size: [2, 3], strides: [1, 2], dilations: [3, 2], pads: [1, 2, 2, 1] },
  ],
  [
    'dilated, vec4',
    [1, 7, 7, 4],
    { size: [3, 2], strides: [2, 1], dilations: [2, 3], pads: [2, 3, 2, 3] },
  ],
];

const distinct: Fill = { kind: 'distinct' };

/** Their gradients jump: the differences would tell nothing; test/unit and the GPU test do. */
const ties: OpCase[] = windows.map(([name, shape, attrs]) => ({
  op: 'maxPool2dGrad',
  name: `ties: ${name}`,
  inputs: [{ shape, fill: { kind: 'ties' } }, { shape: pooled(shape, attrs) }],
  attrs,
  differentiate: [],
  terms: 16,
}));

const { NaN: nan, NEGATIVE_INFINITY: low } = Number;
/** Windows with a NaN first, last and twice, one of −∞ alone, and one that is in order. */
const strange = {
  kind: 'values',
  values: [...[nan, 1, 5, nan, low, low, 1, 3, nan, 2], ...[2, 3, 4, 7, low, low, 4, 2, 1, nan]],
} as const;
const strangeWindows = { attrs: { size: [2, 2] }, differentiate: [], scale: 1 };
/** Windows in whose padding nothing may be as low, and whose sums are no halves. */
const lowest: OpCase[] = ['maxPool2d', 'maxPool2dArgmax', 'avgPool2d'].map((op) => ({
  op,
  name: 'near the lowest half',
  inputs: [{ shape: [2, 5, 6, 4], fill: { kind: 'uniform', low: -65504, high: -6e4 } }],
  attrs: { size: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  differentiate: [],
  terms: 9,
}));
const strangeImage = { shape: [1, 2, 10, 1], fill: strange };

const edges: OpCase[] = [
  { op: 'maxPool2d', name: 'NaN and −∞', inputs: [strangeImage], ...strangeWindows },
  { op: 'maxPool2dArgmax', name: 'NaN and −∞', inputs: [strangeImage], ...strangeWindows },
  {
    op: 'maxPool2dGrad',
    name: 'NaN and −∞',
    inputs: [strangeImage, { shape: [1, 1, 5, 1] }],
    ...strangeWindows,
  },
  {
    op: 'maxPool2dGrad',
    name: 'NaN and −∞, vec4',
    inputs: [
      { shape: [1, 2, 2, 4], fill: { kind: 'values', values: [...strange.values.slice(0, 16)] } },
      { shape: [1, 1, 1, 4] },
    ],
    ...strangeWindows,
  },
];

export const poolCases: OpCase[] = [
  ...windows.flatMap(([name, shape, attrs]): OpCase[] => [
    { op: 'maxPool2d', name, inputs: [{ shape, fill: distinct }], attrs, gradientTerms: 16 },
    {
      op: 'maxPool2dArgmax',
      name,
      inputs: [{ shape, fill: { kind: 'ties' } }],
      attrs,
      differentiate: [],
    },
    { op: 'avgPool2d', name, inputs: [{ shape }], attrs, terms: 24 },
    {
      op: 'avgPool2d',
      name: `${name}, padding counts`,
      inputs: [{ shape }],
      attrs: { ...attrs, countIncludePad: true },
      terms: 24,
    },
  ]),
  ...ties,
  ...edges,
  ...lowest,
];

function pooled(shape: readonly number[], attrs: Attrs): number[] {
  const {
    size,
    strides = size,
    pads = [0, 0, 0, 0],
    dilations = [1, 1],
  } = attrs as Record<string, number[]>;
  const extent = (axis: number) =>
    Math.floor(
      (shape[axis + 1] + pads[axis] + pads[axis + 2] - dilations[axis] * (size[axis] - 1) - 1) /
        strides[axis],
    ) + 1;
  return [shape[0], extent(0), extent(1), shape[3]];
}
