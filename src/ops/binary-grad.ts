import type { Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { affineOp, squareOp } from './activations';
import { addOp, divOp, mulOp, subOp } from './binary';
import { sumTo } from './sum-to';

/** Made only where wanted. */
type Terms = (g: NodeBuilder, a: Value, b: Value, dy: Value) => [() => Value, () => Value];

/** What each element of a and b adds to their gradients, as the operands broadcast. */
const RULES: readonly (readonly [OpDef, Terms])[] = [
  [addOp, (_g, _a, _b, dy) => [() => dy, () => dy]],
  [subOp, (g, _a, _b, dy) => [() => dy, () => g.op(affineOp, [dy], { scale: -1 })]],
  [mulOp, (g, a, b, dy) => [() => g.op(mulOp, [dy, b]), () => g.op(mulOp, [dy, a])]],
  [
    divOp,
    (g, a, b, dy) => [
      () => g.op(divOp, [dy, b]),
      () => {
        const ratio = g.op(divOp, [g.op(mulOp, [dy, a]), g.op(squareOp, [b])]);
        return g.op(affineOp, [ratio], { scale: -1 });
      },
    ],
  ],
];

export const binaryGradients: Gradients = /* @__PURE__ */ RULES.map(([op, terms]) => [
  op,
  ({ g, node, dOutputs: [dy], wanted }) => {
    const [a, b] = node.inputs;
    return terms(g, a, b, dy!).map((make, i) =>
      wanted[i] ? sumTo(g, make(), node.inputs[i].shape) : undefined,
    );
  },
]);
