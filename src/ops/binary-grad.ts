import type { Gradient, Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { affineOp, logOp, squareOp } from './activations';
import {
  addOp,
  andOp,
  divOp,
  equalOp,
  greaterOp,
  greaterOrEqualOp,
  maxOp,
  minOp,
  mulOp,
  orOp,
  powOp,
  subOp,
  xorOp,
} from './binary';
import { narrowed, widened } from './common-grad';
import { sumTo } from './sum-to';
import { whereOp } from './where';

/** The gradients of the operands, before they are summed to their shapes; made where wanted. */
type Terms = (
  g: NodeBuilder,
  a: Value,
  b: Value,
  dy: Value,
  y: Value,
) => [() => Value, () => Value];

const negative = (g: NodeBuilder, x: Value) => g.op(affineOp, [x], { scale: -1 });

/** The gradient of the larger (or smaller) operand; of equal ones the first. */
const oneOfBoth =
  (ahead: 'greater' | 'less'): Terms =>
  (g, a, b, dy) => {
    const [x, y] = ahead === 'greater' ? [a, b] : [b, a];
    return [
      () => g.op(mulOp, [dy, g.op(greaterOrEqualOp, [x, y])]),
      () => g.op(mulOp, [dy, g.op(greaterOp, [y, x])]),
    ];
  };

const RULES: readonly (readonly [OpDef, Terms])[] = [
  [addOp, (_g, _a, _b, dy) => [() => dy, () => dy]],
  [subOp, (g, _a, _b, dy) => [() => dy, () => negative(g, dy)]],
  [mulOp, (g, a, b, dy) => [() => g.op(mulOp, [dy, b]), () => g.op(mulOp, [dy, a])]],
  [
    divOp,
    (g, a, b, dy) => [
      () => g.op(divOp, [dy, b]),
      () => negative(g, g.op(divOp, [g.op(mulOp, [dy, a]), g.op(squareOp, [b])])),
    ],
  ],
  [
    powOp,
    (g, a, b, dy, y) => [
      () => {
        const slope = g.op(powOp, [a, g.op(affineOp, [b], { scale: 1, shift: -1 })]);
        // Where b is 0 the slope is 0, even that of 0⁰.
        const masked = g.op(whereOp, [b, g.op(mulOp, [b, slope]), g.fill(0, { ...b, shape: [] })]);
        return g.op(mulOp, [dy, masked]);
      },
      () => {
        // 0ᵇ does not change with b.
        const positive = g.op(addOp, [a, g.op(equalOp, [a, g.fill(0, { ...a, shape: [] })])]);
        return g.op(mulOp, [dy, g.op(mulOp, [y, g.op(logOp, [positive])])]);
      },
    ],
  ],
  [maxOp, oneOfBoth('greater')],
  [minOp, oneOfBoth('less')],
];

/** Without a slope: what is in front of one is not trained through it. */
const STEPS: readonly OpDef[] = [equalOp, greaterOp, greaterOrEqualOp, andOp, orOp, xorOp];

/** Of several steps, which halves are not wide enough for: the square of 300 is none. */
const LONG: readonly OpDef[] = [divOp, powOp];

export const binaryGradients: Gradients = [
  ...RULES.map(([op, terms]): [OpDef, Gradient] => [
    op,
    ({ g, node: { inputs, outputs }, dOutputs: [dy], wanted }) => {
      const wide = (x: Value) => (LONG.includes(op) ? widened(g, x) : x);
      const [a, b] = inputs;
      return terms(g, wide(a), wide(b), wide(dy!), wide(outputs[0])).map((make, i) =>
        wanted[i] ? narrowed(g, sumTo(g, make(), inputs[i].shape), inputs[i].dtype) : undefined,
      );
    },
  ]),
  ...STEPS.map((op): [OpDef, Gradient] => [op, () => []]),
];
