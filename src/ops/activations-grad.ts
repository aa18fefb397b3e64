import type { Gradients } from '../ir/gradient';
import type { OpDef } from '../ir/op';
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

const DERIVATIVES: readonly (readonly [ActivationOp, Derivative])[] = [
  [reluOp, (x) => (x > 0 ? 1 : 0)],
  [clipOp, (x, low, high) => (x > low && x < high ? 1 : 0)],
  [leakyReluOp, (x, alpha) => (x > 0 ? 1 : alpha)],
  [eluOp, (x, alpha) => (x > 0 ? 1 : alpha * Math.exp(x))],
  [seluOp, (x, alpha, scale) => scale * (x > 0 ? 1 : alpha * Math.exp(x))],
  [geluOp, (x) => (1 + erf(x / Math.SQRT2)) / 2 + x * phi(x)],
  [
    geluTanhOp,
    (x) => {
      const s = sigmoid(geluArgument(x));
      return s + x * s * (1 - s) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  ],
  [siluOp, (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  [hardSwishOp, (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5)],
  [hardSigmoidOp, (x, alpha, beta) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0)],
  [sigmoidOp, (x) => sigmoid(x) * sigmoid(-x)],
  [tanhOp, (x) => 1 - Math.tanh(x) ** 2],
  [softplusOp, sigmoid],
  [softsignOp, (x) => (1 + Math.abs(x)) ** -2],
  [expOp, Math.exp],
  [logOp, (x) => 1 / x],
  [sqrtOp, (x) => 0.5 / Math.sqrt(x)],
  [absOp, Math.sign],
  [affineOp, (_x, scale) => scale],
  [huberOp, (x, delta) => clamp(x, -delta, delta)],
  [squareOp, (x) => 2 * x],
];

/** (x, dy) → dy·f′(x). */
function gradientOp(op: ActivationOp, derivative: Derivative): OpDef {
  return {
    name: `${op.name}Grad`,
    summary: `gradient of ${op.name}`,
    infer(inputs, _attrs, where) {
      checkCount(inputs, 2, where);
      checkFloat(inputs, where);
      return [inputs[0]];
    },
    reference([x, dy], { attrs }) {
      const [a, b] = activationParams(op, attrs);
      return [x.map((v, i) => dy[i] * derivative(v, a, b))];
    },
    lower: (context) => lowerActivation(op, context, 'backward'),
  };
}

const pairs = DERIVATIVES.map(([op, derivative]) => [op, gradientOp(op, derivative)] as const);

export const activationGradOps: readonly OpDef[] = pairs.map(([, gradient]) => gradient);

export const activationGradients: Gradients = pairs.map(([op, gradient]) => [
  op,
  ({ g, node, dOutputs: [dy] }) => [g.op(gradient, [node.inputs[0], dy!], node.attrs)],
]);
