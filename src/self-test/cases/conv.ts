import type { Attrs } from '../../ir/graph';
import { convolvedShape } from '../../ops/conv';
import type { OpCase } from './types';

interface ConvSpec {
  readonly name: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attrs?: Attrs;
  readonly bias?: boolean;
  /** Where the input's gradient sums more products than the output does. */
  readonly gradientTerms?: number;
}

/** Each is run as conv2d and, through its gradients, as the two gradient ops. */
const convolutions: readonly ConvSpec[] = [
  { name: '1×1×1', x: [1, 1, 1, 1], w: [1, 1, 1, 1], bias: true },
  { name: '3×3', x: [2, 7, 6, 3], w: [3, 3, 3, 4], bias: true },
  { name: '3×3 same', x: [2, 5, 9, 4], w: [3, 3, 4, 8], attrs: { pads: [1, 1, 1, 1] } },
  { name: 'one input channel', x: [2, 9, 10, 1], w: [3, 3, 1, 16], attrs: { pads: [1, 1, 1, 1] } },
  { name: 'odd channels', x: [1, 5, 5, 17], w: [3, 3, 17, 19], attrs: { pads: [1, 1, 1, 1] } },
  { name: 'odd input channels', x: [1, 5, 6, 5], w: [3, 3, 5, 12], bias: true },
  { name: 'odd output channels', x: [1, 5, 6, 8], w: [3, 3, 8, 6], bias: true },
  { name: 'pointwise', x: [2, 5, 7, 12], w: [1, 1, 12, 20], bias: true },
  { name: 'pointwise, past one tile', x: [1, 9, 9, 68], w: [1, 1, 68, 72] },
  { name: 'pointwise, stride', x: [2, 7, 7, 5], w: [1, 1, 5, 4], attrs: { strides: [2, 2] } },
  {
    name: 'stride 2',
    x: [2, 9, 8, 4],
    w: [3, 3, 4, 8],
    attrs: { strides: [2, 2], pads: [1, 1, 1, 1] },
    bias: true,
  },
  {
    name: 'stride larger than the kernel',
    x: [1, 9, 9, 4],
    w: [2, 2, 4, 4],
    attrs: { strides: [3, 3] },
  },
  {
    name: 'dilation',
    x: [1, 9, 10, 4],
    w: [3, 3, 4, 4],
    attrs: { dilations: [2, 2], pads: [2, 2, 2, 2] },
  },
  {
    name: 'all different',
    x: [2, 10, 11, 4],
    w: [3, 2, 4, 4],
    attrs: { strides: [2, 1], pads: [1, 2, 0, 3], dilations: [1, 3] },
    bias: true,
  },
  {
    name: 'stride and dilation share a factor',
    x: [1, 11, 12, 4],
    w: [3, 3, 4, 4],
    attrs: { strides: [4, 2], pads: [3, 1, 2, 0], dilations: [2, 4] },
  },
  {
    name: 'more padding than kernel',
    x: [1, 3, 4, 4],
    w: [2, 2, 4, 4],
    attrs: { pads: [2, 3, 3, 2] },
  },
  {
    name: 'groups',
    x: [2, 6, 5, 8],
    w: [3, 3, 4, 8],
    attrs: { groups: 2, pads: [1, 1, 1, 1] },
    bias: true,
  },
  {
    name: 'groups, odd, stride',
    x: [1, 8, 8, 9],
    w: [3, 3, 3, 6],
    attrs: { groups: 3, strides: [2, 2] },
  },
  {
    name: 'depthwise',
    x: [2, 7, 9, 8],
    w: [3, 3, 1, 8],
    attrs: { groups: 8, pads: [1, 1, 1, 1] },
    bias: true,
  },
  {
    name: 'depthwise 3×3, strips',
    x: [3, 17, 17, 32],
    w: [3, 3, 1, 32],
    attrs: { groups: 32, pads: [1, 0, 1, 2] },
    bias: true,
    gradientTerms: 900,
  },
  {
    name: 'depthwise 3×3, strips, stride',
    x: [4, 23, 14, 64],
    w: [3, 3, 1, 64],
    attrs: { groups: 64, strides: [2, 2], pads: [0, 2, 1, 1] },
    bias: true,
  },
  {
    name: 'depthwise 3×3, stride, a strip as wide as the row',
    x: [1, 5, 9, 4],
    w: [3, 3, 1, 4],
    attrs: { groups: 4, strides: [2, 2] },
  },
  {
    name: 'depthwise 3×3, wide, several strips',
    x: [2, 7, 32, 16],
    w: [3, 3, 1, 16],
    attrs: { groups: 16, pads: [1, 1, 1, 1] },
    bias: true,
  },
  {
    name: 'depthwise 3×3, few columns in much padding',
    x: [1, 2, 3, 4],
    w: [3, 3, 1, 4],
    attrs: { groups: 4, pads: [3, 6, 2, 1] },
  },
  {
    name: 'depthwise, odd, dilation',
    x: [2, 7, 6, 5],
    w: [3, 3, 1, 5],
    attrs: { groups: 5, pads: [1, 1, 1, 1], dilations: [2, 1] },
  },
  {
    name: 'depthwise, stride',
    x: [1, 9, 8, 12],
    w: [3, 3, 1, 12],
    attrs: { groups: 12, strides: [2, 1], pads: [0, 1, 1, 1] },
  },
  {
    name: 'depthwise, all different',
    x: [2, 6, 13, 8],
    w: [2, 5, 1, 8],
    attrs: { groups: 8, strides: [1, 3], pads: [1, 3, 0, 2], dilations: [3, 2] },
    bias: true,
  },
  {
    name: 'depthwise multiplier',
    x: [1, 9, 8, 4],
    w: [3, 3, 1, 8],
    attrs: { groups: 4, strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  { name: 'kernel as large as the image', x: [3, 5, 5, 4], w: [5, 5, 4, 7], bias: true },
  {
    name: 'rows of 3 taps, one column, groups',
    x: [3, 5, 1, 8],
    w: [2, 3, 4, 24],
    attrs: { groups: 2, pads: [1, 1, 0, 1] },
  },
  {
    name: 'rows of 3 taps, two columns, groups',
    x: [3, 3, 2, 8],
    w: [5, 3, 4, 24],
    attrs: { groups: 2, pads: [0, 1, 3, 1] },
    bias: true,
  },
  {
    name: 'one row of 3 taps',
    x: [3, 3, 13, 8],
    w: [1, 3, 8, 20],
    attrs: { pads: [0, 1, 0, 1] },
  },
  { name: 'row kernel', x: [1, 5, 12, 3], w: [1, 7, 3, 4], attrs: { pads: [0, 3, 0, 3] } },
  { name: 'row kernel, vec4', x: [2, 2, 9, 4], w: [1, 5, 4, 8], attrs: { strides: [1, 2] } },
  {
    name: 'odd channels, all different',
    x: [2, 10, 11, 3],
    w: [3, 2, 3, 5],
    attrs: { strides: [2, 1], pads: [1, 2, 0, 3], dilations: [1, 3] },
    bias: true,
  },
  {
    name: 'odd output channels, all different',
    x: [1, 7, 13, 4],
    w: [2, 3, 4, 6],
    attrs: { strides: [1, 3], pads: [1, 0, 3, 2], dilations: [3, 2] },
  },
  { name: 'four vec4s of filters, odd', x: [1, 4, 5, 3], w: [2, 2, 3, 14], bias: true },
  { name: 'splits fill the workgroups', x: [2, 5, 6, 8], w: [2, 2, 8, 5] },
  {
    name: 'past one workgroup',
    x: [2, 18, 19, 8],
    w: [3, 3, 8, 24],
    attrs: { pads: [1, 1, 1, 1] },
    bias: true,
    gradientTerms: 700,
  },
];

const product = (values: readonly number[]) => values.reduce((a, b) => a * b, 1);

/** Products in the longest sum of the output and of any gradient. */
function terms({ x, w, gradientTerms }: ConvSpec) {
  const forward = w[0] * w[1] * w[2] + 1;
  const pixels = x[0] * (x[1] + w[0]) * (x[2] + w[1]);
  return {
    terms: forward,
    gradientTerms: gradientTerms ?? Math.max(w[0] * w[1] * w[3], pixels),
  };
}

const tensors = ({ x, w, bias }: ConvSpec, outputs: number) => [
  { shape: x },
  { shape: w },
  ...(bias ? [{ shape: [outputs] }] : []),
];

const forward: OpCase[] = convolutions.map((spec) => ({
  op: 'conv2d',
  name: spec.name,
  inputs: tensors(spec, spec.w[3]),
  attrs: spec.attrs,
  ...terms(spec),
}));

const transposedConvolutions: readonly ConvSpec[] = [
  { name: 'plain', x: [1, 4, 4, 3], w: [3, 3, 2, 3], bias: true },
  {
    name: 'output padding',
    x: [2, 5, 4, 4],
    w: [3, 3, 4, 4],
    attrs: { strides: [2, 3], pads: [1, 1, 1, 0], outputPadding: [1, 2] },
    bias: true,
  },
  {
    name: 'groups, dilation',
    x: [1, 4, 5, 8],
    w: [2, 3, 4, 8],
    attrs: { strides: [2, 2], groups: 2, dilations: [3, 2] },
    bias: true,
  },
  {
    name: 'upsampling, no bias',
    x: [2, 6, 7, 8],
    w: [4, 4, 12, 8],
    attrs: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
];

const transposed: OpCase[] = transposedConvolutions.map((spec) => ({
  op: 'conv2dTranspose',
  name: spec.name,
  inputs: tensors(spec, spec.w[2] * ((spec.attrs?.groups as number | undefined) ?? 1)),
  attrs: spec.attrs,
  terms: product([spec.w[0], spec.w[1], spec.w[3]]) + 1,
  gradientTerms: product([spec.x[0], spec.x[1] + spec.w[0], spec.x[2] + spec.w[1]]) * 9,
}));

/** Each kernel with what may follow it before the output is stored. */
const followed: OpCase[] = (
  [
    ['odd channels', { activation: 'relu' }],
    ['odd output channels, all different', { activation: 'tanh', residual: true }],
    ['all different', { activation: 'clip', low: -1, high: 2, residual: true }],
    ['odd input channels', { activation: 'leakyRelu', alpha: 0.2, residual: true }],
    ['past one workgroup', { activation: 'silu', residual: true }],
    ['depthwise, all different', { activation: 'elu', alpha: 0.7, residual: true }],
    ['groups', { residual: true }],
    ['groups, odd, stride', { activation: 'softplus', residual: true }],
  ] as const
).map(([name, attrs]): OpCase => {
  const spec = forward.find((opCase) => opCase.name === name) as OpCase;
  const [x, w] = spec.inputs.map(({ shape }) => shape);
  const y = convolvedShape({ dtype: 'f32', shape: x }, w, spec.attrs ?? {}, name);
  const { terms: sums = 0, gradientTerms: gradientSums = 0 } = spec;
  return {
    ...spec,
    name: `${name}, then ${Object.values(attrs).join(' ')}`,
    inputs: 'residual' in attrs ? [...spec.inputs, { shape: y }] : spec.inputs,
    attrs: { ...spec.attrs, ...attrs },
    terms: sums + 16,
    // The slope carries the rounding of the sums in front of it.
    gradientTerms: sums + gradientSums + 32,
  };
});

export const convCases: OpCase[] = [...forward, ...transposed, ...followed];
