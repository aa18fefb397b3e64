import activationKernel from '../../shaders/activation.wgsl';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import {
  elemOf,
  f32,
  gridOf,
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  type Shader,
  u32,
  widthOf,
  write,
} from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';
import { erf } from './erf';

/** A function of one number, and its number in `shaders/lib/activation.wgsl`. */
interface Activation {
  readonly kind: number;
  /** Default values of the parameters `a` and `b`, by the names that attributes use. */
  readonly params: readonly (readonly [name: string, value: number])[];
  readonly f: (x: number, a: number, b: number) => number;
}

/** An op that applies one of them to each element. */
export interface ActivationOp extends OpDef, Activation {}

export const sigmoid = (x: number) =>
  x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
export const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
/** √(2/π)·(x + 0.044715x³), doubled: tanh(u) = 2σ(2u) − 1. Hendrycks & Gimpel, arXiv 1606.08415. */
export const geluArgument = (x: number) => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

/** Klambauer et al., arXiv 1706.02515. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export const reluOp = /* @__PURE__ */ activation('relu', {
  kind: 1,
  params: [],
  f: (x) => Math.max(x, 0),
});

export const clipOp = /* @__PURE__ */ activation('clip', {
  kind: 2,
  params: [
    ['low', 0],
    ['high', 6],
  ],
  f: clamp,
});

export const leakyReluOp = /* @__PURE__ */ activation('leakyRelu', {
  kind: 3,
  params: [['alpha', 0.01]],
  f: (x, alpha) => (x > 0 ? x : alpha * x),
});

export const eluOp = /* @__PURE__ */ activation('elu', {
  kind: 4,
  params: [['alpha', 1]],
  f: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
});

export const seluOp = /* @__PURE__ */ activation('selu', {
  kind: 5,
  params: [
    ['alpha', SELU_ALPHA],
    ['scale', SELU_SCALE],
  ],
  f: (x, alpha, scale) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
});

export const geluOp = /* @__PURE__ */ activation('gelu', {
  kind: 6,
  params: [],
  f: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
});

export const geluTanhOp = /* @__PURE__ */ activation('geluTanh', {
  kind: 7,
  params: [],
  f: (x) => x * sigmoid(geluArgument(x)),
});

export const siluOp = /* @__PURE__ */ activation('silu', {
  kind: 8,
  params: [],
  f: (x) => x * sigmoid(x),
});

export const hardSwishOp = /* @__PURE__ */ activation('hardSwish', {
  kind: 9,
  params: [],
  f: (x) => x * clamp(x / 6 + 0.5, 0, 1),
});

export const hardSigmoidOp = /* @__PURE__ */ activation('hardSigmoid', {
  kind: 10,
  params: [
    ['alpha', 1 / 6],
    ['beta', 0.5],
  ],
  f: (x, alpha, beta) => clamp(alpha * x + beta, 0, 1),
});

export const sigmoidOp = /* @__PURE__ */ activation('sigmoid', {
  kind: 11,
  params: [],
  f: sigmoid,
});

export const tanhOp = /* @__PURE__ */ activation('tanh', {
  kind: 12,
  params: [],
  f: Math.tanh,
});

export const softplusOp = /* @__PURE__ */ activation('softplus', {
  kind: 13,
  params: [],
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
});

export const softsignOp = /* @__PURE__ */ activation('softsign', {
  kind: 14,
  params: [],
  f: (x) => x / (1 + Math.abs(x)),
});

export const expOp = /* @__PURE__ */ activation('exp', {
  kind: 15,
  params: [],
  f: Math.exp,
});

export const logOp = /* @__PURE__ */ activation('log', {
  kind: 16,
  params: [],
  f: Math.log,
});

export const sqrtOp = /* @__PURE__ */ activation('sqrt', {
  kind: 17,
  params: [],
  f: Math.sqrt,
});

export const absOp = /* @__PURE__ */ activation('abs', {
  kind: 18,
  params: [],
  f: Math.abs,
});

export const affineOp = /* @__PURE__ */ activation('affine', {
  kind: 19,
  params: [
    ['scale', 1],
    ['shift', 0],
  ],
  f: (x, scale, shift) => scale * x + shift,
});

export const huberOp = /* @__PURE__ */ activation('huber', {
  kind: 21,
  params: [['delta', 1]],
  f: (x, delta) => (Math.abs(x) <= delta ? (x * x) / 2 : delta * (Math.abs(x) - delta / 2)),
});

export const squareOp = /* @__PURE__ */ activation('square', {
  kind: 20,
  params: [],
  f: (x) => x * x,
});

export const activationOps: readonly ActivationOp[] = [
  reluOp,
  clipOp,
  leakyReluOp,
  eluOp,
  seluOp,
  geluOp,
  geluTanhOp,
  siluOp,
  hardSwishOp,
  hardSigmoidOp,
  sigmoidOp,
  tanhOp,
  softplusOp,
  softsignOp,
  expOp,
  logOp,
  sqrtOp,
  absOp,
  affineOp,
  huberOp,
  squareOp,
];

export function isActivation(op: OpDef): op is ActivationOp {
  return activationOps.includes(op as ActivationOp);
}

/** The activation's two parameters: attributes, or their defaults. */
export function activationParams({ params }: ActivationOp, attrs: Attrs): [number, number] {
  const [a, b] = params.map(([key, value]) => (attrs[key] as number) ?? value);
  return [a ?? 0, b ?? 0];
}

function activation(name: string, about: Activation): ActivationOp {
  const op: ActivationOp = {
    name,
    ...about,
    infer(inputs, _attrs, where) {
      checkCount(inputs, 1, where);
      checkFloat(inputs, where);
      return [inputs[0]];
    },
    reference([x], { attrs }) {
      const [a, b] = activationParams(op, attrs);
      return [x.map((v) => about.f(v, a, b))];
    },
    lower: (context) => lowerActivation(op, context, activationKernel),
  };
  return op;
}

/** `activation` takes x, `activation_grad` x and dy. */
export function lowerActivation(
  op: ActivationOp,
  { inputs, attrs, adapter }: LowerContext,
  kernel: Shader,
): Lowering[] {
  const size = sizeOf(inputs[0].shape);
  const width = widthOf(size, adapter);
  const count = size / width;
  const [a, b] = activationParams(op, attrs);
  return [
    {
      name: `width ${width}`,
      dispatches: [
        {
          kernel,
          elem: elemOf(inputs[0].dtype),
          width,
          constants: { kind: op.kind, ...(attrs.byOutput ? { by_output: 1 } : {}) },
          params: [u32(count), f32(a), f32(b)],
          bindings: [...inputs.map((_, i) => read(i)), write(0)],
          workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
          flops: size,
        },
      ],
    },
  ];
}
