import activationGradKernel from '../../shaders/activation_grad.wgsl';
import type { Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import type { Attrs } from '../ir/tensor';
import {
  type ActivationOp,
  absOp,
  activationParams,
  affineOp,
  clamp,
  clipOp,
  eluOp,
  expOp,
  geluArgument,
  geluOp,
  geluTanhOp,
  hardSigmoidOp,
  hardSwishOp,
  huberOp,
  leakyReluOp,
  logOp,
  lowerActivation,
  reluOp,
  seluOp,
  sigmoid,
  sigmoidOp,
  siluOp,
  softplusOp,
  softsignOp,
  sqrtOp,
  squareOp,
  tanhOp,
} from './activations';
import { checkCount, checkFloat } from './common';
import { erf } from './erf';

const phi = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

type Derivative = (x: number, a: number, b: number) => number;

interface Derivatives {
  readonly df: Derivative;
  /** The derivative by the output y = f(x), where y tells it. */
  readonly dfOfOutput?: Derivative;
  /** Whether it does so with these parameters; default always. */
  readonly outputTells?: (a: number, b: number) => boolean;
}

const DERIVATIVES: ReadonlyMap<ActivationOp, Derivatives> = /* @__PURE__ */ new Map<
  ActivationOp,
  Derivatives
>([
  [reluOp, { df: (x) => (x > 0 ? 1 : 0), dfOfOutput: (y) => (y > 0 ? 1 : 0) }],
  [
    clipOp,
    {
      df: (x, low, high) => (x > low && x < high ? 1 : 0),
      dfOfOutput: (y, low, high) => (y > low && y < high ? 1 : 0),
    },
  ],
  [
    leakyReluOp,
    {
      df: (x, alpha) => (x > 0 ? 1 : alpha),
      dfOfOutput: (y, alpha) => (y > 0 ? 1 : alpha),
      outputTells: (alpha) => alpha >= 0,
    },
  ],
  [
    eluOp,
    {
      df: (x, alpha) => (x > 0 ? 1 : alpha * Math.exp(x)),
      dfOfOutput: (y, alpha) => (y > 0 ? 1 : y + alpha),
      outputTells: (alpha) => alpha >= 0,
    },
  ],
  [
    seluOp,
    {
      df: (x, alpha, scale) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
      dfOfOutput: (y, alpha, scale) => (y > 0 ? scale : y + alpha * scale),
      outputTells: (alpha, scale) => alpha >= 0 && scale >= 0,
    },
  ],
  [geluOp, { df: (x) => (1 + erf(x / Math.SQRT2)) / 2 + x * phi(x) }],
  [
    geluTanhOp,
    {
      df: (x) => {
        const s = sigmoid(geluArgument(x));
        return s + x * s * (1 - s) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
      },
    },
  ],
  [siluOp, { df: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))) }],
  [hardSwishOp, { df: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5) }],
  [
    hardSigmoidOp,
    {
      df: (x, alpha, beta) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0),
      dfOfOutput: (y, alpha) => (y > 0 && y < 1 ? alpha : 0),
    },
  ],
  [sigmoidOp, { df: (x) => sigmoid(x) * sigmoid(-x), dfOfOutput: (y) => y * (1 - y) }],
  [tanhOp, { df: (x) => 1 - Math.tanh(x) ** 2, dfOfOutput: (y) => 1 - y * y }],
  [softplusOp, { df: sigmoid, dfOfOutput: (y) => -Math.expm1(-y) }],
  [softsignOp, { df: (x) => (1 + Math.abs(x)) ** -2, dfOfOutput: (y) => (1 - Math.abs(y)) ** 2 }],
  [expOp, { df: Math.exp, dfOfOutput: (y) => y }],
  [logOp, { df: (x) => 1 / x }],
  [sqrtOp, { df: (x) => 0.5 / Math.sqrt(x) }],
  [absOp, { df: Math.sign }],
  [affineOp, { df: (_x, scale) => scale }],
  [huberOp, { df: (x, delta) => clamp(x, -delta, delta) }],
  [squareOp, { df: (x) => 2 * x }],
]);

const GRADIENT_OPS: ReadonlyMap<ActivationOp, OpDef> = /* @__PURE__ */ new Map(
  [...DERIVATIVES].map(([op, derivatives]) => [op, gradientOp(op, derivatives)]),
);

export const activationGradOps: readonly OpDef[] = [...GRADIENT_OPS.values()];

export const activationGradients: Gradients = [...DERIVATIVES.keys()].map((op) => [
  op,
  ({ g, node: { inputs, outputs, attrs }, dOutputs: [dy] }) => [
    activationGradient(g, op, attrs, inputs[0], outputs[0], dy!),
  ],
]);

/** dx from dy, by x or by y = f(x) as {@link gradientByOutput} says. */
export function activationGradient(
  g: NodeBuilder,
  op: ActivationOp,
  attrs: Attrs,
  x: Value,
  y: Value,
  dy: Value,
): Value {
  const byOutput = gradientByOutput(op, attrs);
  return g.op(GRADIENT_OPS.get(op)!, [byOutput ? y : x, dy], {
    ...attrs,
    ...(byOutput && { byOutput }),
  });
}

export function derivativesOf(op: ActivationOp): Derivatives {
  return DERIVATIVES.get(op)!;
}

/**
 * Whether the gradient takes the output: then the input need not be kept, and the activation can be
 * fused into the op in front.
 */
export function gradientByOutput(op: ActivationOp, attrs: Attrs): boolean {
  const { dfOfOutput, outputTells = () => true } = derivativesOf(op);
  return !!dfOfOutput && outputTells(...activationParams(op, attrs));
}

/** (x, dy) → dy·f′(x), or with `byOutput` (f(x), dy) → dy·f′(x). */
function gradientOp(op: ActivationOp, { df, dfOfOutput }: Derivatives): OpDef {
  return {
    name: `${op.name}Grad`,
    gradientOf: op,
    infer(inputs, _attrs, where) {
      checkCount(inputs, 2, where);
      checkFloat(inputs, where);
      return [inputs[0]];
    },
    reference([x, dy], { attrs }) {
      const [a, b] = activationParams(op, attrs);
      const slope = attrs.byOutput ? dfOfOutput! : df;
      return [x.map((v, i) => dy[i] * slope(v, a, b))];
    },
    lower: (context) => lowerActivation(op, context, activationGradKernel),
  };
}
