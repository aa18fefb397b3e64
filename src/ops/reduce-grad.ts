import { type Shape, sizeOf } from '../core/shape';
import type { Gradient, GradientContext, Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { affineOp } from './activations';
import { addOp, divOp, equalOp, mulOp, subOp } from './binary';
import { broadcastToOp } from './broadcast';
import { checkCount, checkFloat } from './common';
import { cumSumOp } from './cum-sum';
import {
  groupsOf,
  ones,
  reducedAxes,
  reduceMaxOp,
  reduceMeanOp,
  reduceMinOp,
  reduceProdOp,
  reduceSumOp,
} from './reduce';
import { lowerReduceMaxGrad } from './reduce-lower';
import { reshapeOp } from './reshape';

export const reduceMaxGradOp: OpDef = {
  name: 'reduceMaxGrad',
  gradientOf: reduceMaxOp,
  infer(inputs, _attrs, where) {
    checkCount(inputs, 3, where);
    checkFloat(inputs, where);
    return [inputs[0]];
  },
  reference([x, y, dy], { inputs, attrs }) {
    const dx = new Float64Array(x.length);
    groupsOf(inputs[0], attrs).forEach((group, i) => {
      const first = group.find((at) => x[at] === y[i]);
      if (first !== undefined) dx[first] = dy[i];
    });
    return [dx];
  },
  lower: (context) =>
    lowerReduceMaxGrad(reducedAxes(context.inputs[0].shape, context.attrs), context),
};

/** The gradient for x by dy, which has all axes of x, the reduced ones with extent 1. */
type Rule = (context: GradientContext, dy: Value) => Value;

/** Each element is in the sums from itself on: the running sum from the other end. */
const cumSumGradient: Gradient = ({ g, node: { attrs }, dOutputs: [dy] }) => [
  g.op(cumSumOp, [dy!], { ...attrs, reverse: !attrs.reverse }),
];

export const reduceGradients: Gradients = [
  [
    reduceSumOp,
    rule(({ g, node }, dy) => g.op(broadcastToOp, [dy], { shape: node.inputs[0].shape })),
  ],
  [
    reduceMeanOp,
    rule(({ g, node }, dy) => {
      const { shape } = node.inputs[0];
      const share = g.op(affineOp, [dy], { scale: sizeOf(dy.shape) / sizeOf(shape) });
      return g.op(broadcastToOp, [share], { shape });
    }),
  ],
  [reduceMaxOp, rule(toTheFirst)],
  [reduceMinOp, rule(toTheFirst)],
  [cumSumOp, cumSumGradient],
  [
    reduceProdOp,
    rule(({ g, node }, dy) => {
      // The product of all others: of zeros only one may be left out, and then only by itself.
      const [x] = node.inputs;
      const axes = { axes: node.attrs.axes, keepDims: true };
      const isZero = g.op(equalOp, [x, g.fill(0, { dtype: x.dtype, shape: [] })]);
      const others = g.op(addOp, [x, isZero]);
      const rest = g.op(divOp, [g.op(reduceProdOp, [others], axes), others]);
      const zerosElsewhere = g.op(subOp, [g.op(reduceSumOp, [isZero], axes), isZero]);
      const alone = g.op(equalOp, [zerosElsewhere, g.fill(0, { dtype: x.dtype, shape: [] })]);
      return g.op(mulOp, [g.op(mulOp, [rest, alone]), dy]);
    }),
  ],
];

/** The gradient of an extreme goes to the first element that has it. */
function toTheFirst({ g, node }: GradientContext, dy: Value): Value {
  return g.op(reduceMaxGradOp, [node.inputs[0], node.outputs[0], dy], node.attrs);
}

function rule(gradient: Rule): Gradient {
  return (context) => {
    const { g, node, dOutputs } = context;
    const { shape } = node.inputs[0];
    const dy = withShape(g, dOutputs[0]!, ones(shape, reducedAxes(shape, node.attrs)));
    return [gradient(context, dy)];
  };
}

function withShape(g: NodeBuilder, value: Value, shape: Shape): Value {
  return value.shape.length === shape.length ? value : g.op(reshapeOp, [value], { shape });
}
