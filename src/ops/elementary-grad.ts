import type { Gradient, Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { affineOp, expOp, sqrtOp, squareOp } from './activations';
import { mulOp } from './binary';
import { narrowed, widened } from './common-grad';
import {
  acoshOp,
  acosOp,
  asinhOp,
  asinOp,
  atanhOp,
  atanOp,
  ceilOp,
  coshOp,
  cosOp,
  erfOp,
  floorOp,
  isInfOp,
  isNaNOp,
  reciprocalOp,
  roundOp,
  signOp,
  sinhOp,
  sinOp,
  tanOp,
} from './elementary';

/** The derivative as nodes, y = f(x). */
type Slope = (g: NodeBuilder, x: Value, y: Value) => Value;

const affine = (g: NodeBuilder, x: Value, scale: number, shift = 0) =>
  g.op(affineOp, [x], { scale, shift });
/** (sign·x² + shift)^½ */
const root = (g: NodeBuilder, x: Value, sign: number, shift: number) =>
  g.op(sqrtOp, [affine(g, g.op(squareOp, [x]), sign, shift)]);
const inverse = (g: NodeBuilder, x: Value) => g.op(reciprocalOp, [x]);

const SLOPES: readonly (readonly [OpDef, Slope])[] = [
  [reciprocalOp, (g, _x, y) => affine(g, g.op(squareOp, [y]), -1)],
  [
    erfOp,
    (g, x) => affine(g, g.op(expOp, [affine(g, g.op(squareOp, [x]), -1)]), 2 / Math.sqrt(Math.PI)),
  ],
  [sinOp, (g, x) => g.op(cosOp, [x])],
  [cosOp, (g, x) => affine(g, g.op(sinOp, [x]), -1)],
  [tanOp, (g, _x, y) => affine(g, g.op(squareOp, [y]), 1, 1)],
  [asinOp, (g, x) => inverse(g, root(g, x, -1, 1))],
  [acosOp, (g, x) => affine(g, inverse(g, root(g, x, -1, 1)), -1)],
  [atanOp, (g, x) => inverse(g, affine(g, g.op(squareOp, [x]), 1, 1))],
  [sinhOp, (g, x) => g.op(coshOp, [x])],
  [coshOp, (g, x) => g.op(sinhOp, [x])],
  [asinhOp, (g, x) => inverse(g, root(g, x, 1, 1))],
  [acoshOp, (g, x) => inverse(g, root(g, x, 1, -1))],
  [atanhOp, (g, x) => inverse(g, affine(g, g.op(squareOp, [x]), -1, 1))],
];

/** Steps have no slope: what is in front of one is not trained through it. */
const STEPS: readonly OpDef[] = [floorOp, ceilOp, roundOp, signOp, isNaNOp, isInfOp];

export const elementaryGradients: Gradients = [
  // In f32: where x is 300, x² is no half.
  ...SLOPES.map(([op, slope]): [OpDef, Gradient] => [
    op,
    ({ g, node: { inputs, outputs }, dOutputs: [dy] }) => {
      const [dWide, x, y] = [dy!, inputs[0], outputs[0]].map((value) => widened(g, value));
      return [narrowed(g, g.op(mulOp, [dWide, slope(g, x, y)]), inputs[0].dtype)];
    },
  ]),
  ...STEPS.map((op): [OpDef, Gradient] => [op, () => [undefined]]),
];
