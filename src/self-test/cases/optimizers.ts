import type { Attrs } from '../../ir/graph';
import type { InputSpec, OpCase } from './types';

const scalar = (value: number): InputSpec => ({
  shape: [],
  fill: { kind: 'values', values: [value] },
});
const counter = (value: number): InputSpec => ({
  shape: [1],
  dtype: 'i32',
  fill: { kind: 'values', values: [value] },
});
const signed: InputSpec['fill'] = { kind: 'normal' };
/** Mean squares are positive, and larger than the square of a mean. */
const squares: InputSpec['fill'] = { kind: 'uniform', low: 1, high: 4 };
const means: InputSpec['fill'] = { kind: 'uniform', low: -0.9, high: 0.9 };
const zeros: InputSpec['fill'] = { kind: 'uniform', low: 0, high: 0 };

interface Setting {
  readonly name: string;
  readonly attrs?: Attrs;
  readonly shape?: readonly number[];
  readonly step?: number;
  readonly learningRate?: number;
  readonly guard?: number;
  readonly gradient?: InputSpec['fill'];
  /** Slots as they are before the first step. */
  readonly fresh?: true;
}

function update(op: string, slots: readonly InputSpec['fill'][], setting: Setting): OpCase {
  const {
    name,
    attrs,
    shape = [3, 7],
    step = 4,
    learningRate = 0.05,
    guard = 1.5,
    gradient = signed,
  } = setting;
  return {
    op,
    name,
    attrs,
    inputs: [
      { shape, fill: signed },
      { shape, fill: gradient },
      scalar(learningRate),
      counter(step),
      scalar(guard),
      ...slots.map((fill) => ({ shape, fill: setting.fresh ? zeros : fill })),
    ],
    differentiate: [],
    terms: 8,
  };
}

const wild = {
  kind: 'values',
  values: [1, Number.NaN, -2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, 3, -1],
} as const;

const everywhere: readonly Setting[] = [
  { name: 'odd' },
  { name: 'one element', shape: [1] },
  { name: 'nearly one workgroup', shape: [7, 73] },
  { name: 'vec4, nearly one workgroup', shape: [7, 73, 4] },
  { name: 'vec4, past one workgroup', shape: [5, 33, 16] },
  { name: 'odd, past one workgroup', shape: [1031] },
  { name: 'first step', step: 0, fresh: true },
  { name: 'weight decay', attrs: { weightDecay: 0.1 } },
  { name: 'guard NaN', guard: Number.NaN },
  { name: 'guard infinite', guard: Number.NEGATIVE_INFINITY, shape: [8] },
  { name: 'gradients not finite', gradient: wild, shape: [8] },
  {
    name: 'gradients not finite, odd',
    gradient: { ...wild, values: wild.values.slice(0, 5) },
    shape: [5],
  },
];

const family = (op: string, slots: readonly InputSpec['fill'][], own: readonly Setting[] = []) =>
  [...everywhere, ...own].map((setting) => update(op, slots, setting));

const adam: InputSpec['fill'][] = [means, squares];

export const optimizerCases: readonly OpCase[] = [
  ...family('sgdUpdate', []),
  ...family(
    'momentumUpdate',
    [signed],
    [
      { name: 'dampening', attrs: { momentum: 0.8, dampening: 0.3 } },
      { name: 'dampening, first step', attrs: { dampening: 0.3 }, step: 0 },
      { name: 'nesterov', attrs: { nesterov: true, weightDecay: 0.01 }, shape: [4, 5] },
    ],
  ),
  ...family('adamUpdate', adam, [
    { name: 'decoupled', attrs: { decoupled: true, weightDecay: 0.1 } },
    { name: 'betas, epsilon', attrs: { beta1: 0.5, beta2: 0.9, epsilon: 0.1 } },
    { name: 'beta1 zero', attrs: { beta1: 0 } },
    { name: 'second step, large rate', step: 1, learningRate: 50, attrs: { beta2: 0.9 } },
    { name: 'second step', step: 1, attrs: { beta2: 0.9999 } },
    { name: 'ten thousandth step', step: 9999, shape: [4] },
  ]),
  ...family('adamUpdate', [...adam, squares]).map((opCase) => ({
    ...opCase,
    name: `amsgrad, ${opCase.name}`,
    attrs: { ...opCase.attrs, amsgrad: true },
  })),
  ...family(
    'rmspropUpdate',
    [squares, means, signed],
    [
      { name: 'momentum', attrs: { momentum: 0.9, alpha: 0.9 } },
      { name: 'centered', attrs: { centered: true, epsilon: 1e-3 } },
      { name: 'centered, momentum', attrs: { centered: true, momentum: 0.5 }, shape: [12] },
    ],
  ),
  ...family(
    'adagradUpdate',
    [squares],
    [{ name: 'rate decay', attrs: { learningRateDecay: 0.1, epsilon: 0.01 }, step: 7 }],
  ),
];
