import type { Attrs } from '../../ir/graph';
import { convolvedShape } from '../../ops/conv';
import type { Fill, InputSpec, OpCase } from './types';

interface Spec {
  readonly name: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly window?: Attrs;
  readonly norm?: Attrs;
  /** A bias of the convolution, with these numbers. */
  readonly bias?: Fill;
  readonly scale?: number;
}

const uniform = (low: number, high: number): Fill => ({ kind: 'uniform', low, high });
const same = { pads: [1, 1, 1, 1] };

const specs: readonly Spec[] = [
  { name: 'three pixels', x: [3, 1, 1, 4], w: [1, 1, 4, 4] },
  { name: 'one value a channel', x: [1, 2, 2, 4], w: [2, 2, 4, 8] },
  { name: 'a tile exactly', x: [1, 8, 8, 4], w: [3, 3, 4, 64], window: same },
  { name: 'one pixel past a tile', x: [1, 5, 13, 8], w: [1, 1, 8, 8], bias: uniform(-1, 1) },
  {
    name: 'thirteen pixels at the end, two tiles of filters',
    x: [1, 7, 11, 4],
    w: [3, 3, 4, 68],
    window: same,
    bias: uniform(-1, 1),
    norm: { blend: 0.3, unbiased: true, momentum: 0.9 },
  },
  {
    name: 'strides, several tiles, then a residual and relu',
    x: [3, 17, 15, 8],
    w: [3, 3, 8, 20],
    window: { ...same, strides: [1, 2] },
    norm: { activation: 'relu', residual: true },
  },
  {
    name: 'seven pixels at the end, cumulative, then leakyRelu',
    x: [1, 10, 9, 4],
    w: [2, 3, 4, 12],
    norm: { cumulative: true, momentum: 0.3, activation: 'leakyRelu', alpha: 0.2 },
    bias: uniform(-1, 1),
  },
  // What is left of the output less its mean, with a deviation of 2, has the output's rounding; γ/σ is 1.
  {
    name: 'seventeen pixels at the end, mean far from zero',
    x: [1, 9, 9, 4],
    w: [1, 1, 4, 8],
    bias: uniform(1000, 2000),
    scale: 2000,
  },
  { name: 'odd channels', x: [2, 7, 6, 3], w: [3, 3, 3, 5], window: same },
  {
    name: 'depthwise, then clip',
    x: [2, 7, 6, 8],
    w: [3, 3, 1, 8],
    window: { ...same, groups: 8 },
    norm: { activation: 'clip', low: 0, high: 6 },
  },
];

const training = { blend: 1, epsilon: 1e-3, momentum: 0.99, unbiased: false, cumulative: false };
const window = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 };

export const conv2dBatchNormCases: readonly OpCase[] = specs.map((spec) => {
  const attrs: Attrs = {
    ...window,
    ...spec.window,
    ...training,
    ...spec.norm,
    bias: spec.bias !== undefined,
  };
  const y = convolvedShape({ dtype: 'f32', shape: spec.x }, spec.w, attrs, spec.name);
  const channels = [y[3]];
  const inputs: InputSpec[] = [
    { shape: spec.x },
    { shape: spec.w },
    ...(spec.bias ? [{ shape: channels, fill: spec.bias }] : []),
    { shape: channels, fill: uniform(0.5, 2) },
    { shape: channels },
    { shape: channels },
    { shape: channels, fill: uniform(0.5, 2) },
    ...(attrs.cumulative
      ? [{ shape: [1], dtype: 'i32', fill: { kind: 'values', values: [3] } } as const]
      : []),
    ...(attrs.residual ? [{ shape: y }] : []),
  ];
  return {
    op: 'conv2dBatchNorm',
    name: spec.name,
    inputs,
    attrs,
    differentiate: [],
    scale: spec.scale,
    terms: spec.w[0] * spec.w[1] * spec.w[2] + 40,
    // The largest output, four deviations, counts half a unit times γ/σ, and twice in the variance.
    roundings: 4,
  };
});
