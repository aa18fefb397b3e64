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
  u32,
  widthOf,
  write,
} from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';
import { erf } from './erf';

/** A function of one number, its derivative, and its number in `shaders/lib/activation.wgsl`. */
interface Activation {
  readonly kind: number;
  readonly summary: string;
  /** Default values of the parameters `a` and `b`, by the names that attributes use. */
  readonly params: readonly (readonly [name: string, value: number])[];
  readonly f: (x: number, a: number, b: number) => number;
  readonly df: (x: number, a: number, b: number) => number;
  /** The derivative by the output y = f(x), where y tells it. */
  readonly dfOfOutput?: (y: number, a: number, b: number) => number;
  /** Whether it does so with these parameters; default always. */
  readonly outputTells?: (a: number, b: number) => boolean;
}

const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const phi = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
/** √(2/π)·(x + 0.044715x³), doubled: tanh(u) = 2σ(2u) − 1. Hendrycks & Gimpel, arXiv 1606.08415. */
const geluArgument = (x: number) => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

/** Klambauer et al., arXiv 1706.02515. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  relu: {
    kind: 1,
    summary: 'max(x, 0)',
    params: [],
    f: (x) => Math.max(x, 0),
    df: (x) => (x > 0 ? 1 : 0),
    dfOfOutput: (y) => (y > 0 ? 1 : 0),
  },
  clip: {
    kind: 2,
    summary: 'min(max(x, low), high); relu6 with 0 and 6',
    params: [
      ['low', 0],
      ['high', 6],
    ],
    f: clamp,
    df: (x, low, high) => (x > low && x < high ? 1 : 0),
    dfOfOutput: (y, low, high) => (y > low && y < high ? 1 : 0),
  },
  leakyRelu: {
    kind: 3,
    summary: 'x > 0 ? x : alpha·x',
    params: [['alpha', 0.01]],
    f: (x, alpha) => (x > 0 ? x : alpha * x),
    df: (x, alpha) => (x > 0 ? 1 : alpha),
    dfOfOutput: (y, alpha) => (y > 0 ? 1 : alpha),
    outputTells: (alpha) => alpha >= 0,
  },
  elu: {
    kind: 4,
    summary: 'x > 0 ? x : alpha·(eˣ − 1)',
    params: [['alpha', 1]],
    f: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
    df: (x, alpha) => (x > 0 ? 1 : alpha * Math.exp(x)),
    dfOfOutput: (y, alpha) => (y > 0 ? 1 : y + alpha),
    outputTells: (alpha) => alpha >= 0,
  },
  selu: {
    kind: 5,
    summary: 'scale·elu(x) with the self-normalising constants',
    params: [
      ['alpha', SELU_ALPHA],
      ['scale', SELU_SCALE],
    ],
    f: (x, alpha, scale) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    df: (x, alpha, scale) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
    dfOfOutput: (y, alpha, scale) => (y > 0 ? scale : y + alpha * scale),
    outputTells: (alpha, scale) => alpha >= 0 && scale >= 0,
  },
  gelu: {
    kind: 6,
    summary: 'x·Φ(x), by the error function',
    params: [],
    f: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
    df: (x) => (1 + erf(x / Math.SQRT2)) / 2 + x * phi(x),
  },
  geluTanh: {
    kind: 7,
    summary: 'x·Φ(x), by the tanh approximation',
    params: [],
    f: (x) => x * sigmoid(geluArgument(x)),
    df: (x) => {
      const s = sigmoid(geluArgument(x));
      return s + x * s * (1 - s) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  },
  silu: {
    kind: 8,
    summary: 'x·σ(x), also called swish',
    params: [],
    f: (x) => x * sigmoid(x),
    df: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  },
  hardSwish: {
    kind: 9,
    summary: 'x·min(max(x/6 + 1/2, 0), 1)',
    params: [],
    f: (x) => x * clamp(x / 6 + 0.5, 0, 1),
    df: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
  },
  hardSigmoid: {
    kind: 10,
    summary: 'min(max(alpha·x + beta, 0), 1)',
    params: [
      ['alpha', 1 / 6],
      ['beta', 0.5],
    ],
    f: (x, alpha, beta) => clamp(alpha * x + beta, 0, 1),
    df: (x, alpha, beta) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0),
    dfOfOutput: (y, alpha) => (y > 0 && y < 1 ? alpha : 0),
  },
  sigmoid: {
    kind: 11,
    summary: '1/(1 + e⁻ˣ)',
    params: [],
    f: sigmoid,
    df: (x) => sigmoid(x) * sigmoid(-x),
    dfOfOutput: (y) => y * (1 - y),
  },
  tanh: {
    kind: 12,
    summary: 'tanh(x)',
    params: [],
    f: Math.tanh,
    df: (x) => 1 - Math.tanh(x) ** 2,
    dfOfOutput: (y) => 1 - y * y,
  },
  softplus: {
    kind: 13,
    summary: 'log(1 + eˣ)',
    params: [],
    f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    df: sigmoid,
    dfOfOutput: (y) => -Math.expm1(-y),
  },
  softsign: {
    kind: 14,
    summary: 'x/(1 + |x|)',
    params: [],
    f: (x) => x / (1 + Math.abs(x)),
    df: (x) => (1 + Math.abs(x)) ** -2,
    dfOfOutput: (y) => (1 - Math.abs(y)) ** 2,
  },
  exp: {
    kind: 15,
    summary: 'eˣ',
    params: [],
    f: Math.exp,
    df: Math.exp,
    dfOfOutput: (y) => y,
  },
  log: { kind: 16, summary: 'ln x', params: [], f: Math.log, df: (x) => 1 / x },
  sqrt: { kind: 17, summary: '√x', params: [], f: Math.sqrt, df: (x) => 0.5 / Math.sqrt(x) },
  abs: { kind: 18, summary: '|x|', params: [], f: Math.abs, df: Math.sign },
  affine: {
    kind: 19,
    summary: 'scale·x + shift with constant numbers',
    params: [
      ['scale', 1],
      ['shift', 0],
    ],
    f: (x, scale, shift) => scale * x + shift,
    df: (_x, scale) => scale,
  },
  huber: {
    kind: 21,
    summary: '|x| ≤ delta ? x²/2 : delta·(|x| − delta/2); a loss of differences',
    params: [['delta', 1]],
    f: (x, delta) => (Math.abs(x) <= delta ? (x * x) / 2 : delta * (Math.abs(x) - delta / 2)),
    df: (x, delta) => clamp(x, -delta, delta),
  },
  square: { kind: 20, summary: 'x²', params: [], f: (x) => x * x, df: (x) => 2 * x },
};

/** The activation's two parameters: attributes, or their defaults. */
export function activationParams(name: string, attrs: Attrs): [number, number] {
  const [a, b] = ACTIVATIONS[name].params.map(([key, value]) => (attrs[key] as number) ?? value);
  return [a ?? 0, b ?? 0];
}

export const activationOps: OpDef[] = Object.entries(ACTIVATIONS).flatMap(([name, activation]) => [
  forwardOp(name, activation),
  backwardOp(name, activation),
]);

function forwardOp(name: string, { summary, f }: Activation): OpDef {
  return {
    name,
    summary,
    infer(inputs, _attrs, where) {
      checkCount(inputs, 1, where);
      checkFloat(inputs, where);
      return [inputs[0]];
    },
    reference([x], { attrs }) {
      const [a, b] = activationParams(name, attrs);
      return [x.map((v) => f(v, a, b))];
    },
    lower: (context) => elementwise(name, context, 'main'),
    gradient({ g, node: { inputs, outputs, attrs }, dOutputs: [dy] }) {
      const byOutput = gradientByOutput(name, attrs);
      const from = byOutput ? outputs[0] : inputs[0];
      return [g.op(`${name}Grad`, [from, dy!], { ...attrs, ...(byOutput && { byOutput }) })];
    },
  };
}

/**
 * Whether the gradient takes the output: then the input need not be kept, and the activation can be
 * fused into the op in front.
 */
export function gradientByOutput(name: string, attrs: Attrs): boolean {
  const { dfOfOutput, outputTells = () => true } = ACTIVATIONS[name];
  return !!dfOfOutput && outputTells(...activationParams(name, attrs));
}

/** (x, dy) → dy·f′(x), or with `byOutput` (f(x), dy) → dy·f′(x). */
function backwardOp(name: string, { df, dfOfOutput }: Activation): OpDef {
  return {
    name: `${name}Grad`,
    summary: `gradient of ${name}`,
    infer(inputs, _attrs, where) {
      checkCount(inputs, 2, where);
      checkFloat(inputs, where);
      return [inputs[0]];
    },
    reference([x, dy], { attrs }) {
      const [a, b] = activationParams(name, attrs);
      const slope = attrs.byOutput ? dfOfOutput! : df;
      return [x.map((v, i) => dy[i] * slope(v, a, b))];
    },
    lower: (context) => elementwise(name, context, 'backward'),
  };
}

function elementwise(
  name: string,
  { inputs, attrs, adapter }: LowerContext,
  entry: 'main' | 'backward',
): Lowering[] {
  const size = sizeOf(inputs[0].shape);
  const width = widthOf(size);
  const count = size / width;
  const [a, b] = activationParams(name, attrs);
  return [
    {
      name: `width ${width}`,
      dispatches: [
        {
          kernel: 'activation',
          entry,
          elem: elemOf(inputs[0].dtype),
          width,
          constants: {
            kind: ACTIVATIONS[name].kind,
            ...(attrs.byOutput ? { by_output: 1 } : {}),
          },
          params: [u32(count), f32(a), f32(b)],
          bindings: [...inputs.map((_, i) => read(i)), write(0)],
          workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
          flops: size,
        },
      ],
    },
  ];
}
