import { resolveAxis, type Shape, sameShape, sizeOf } from '../core/shape';
import type { Gradient, Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import { broadcastToOp } from './broadcast';
import { castOp } from './cast';
import { concatOp, sliceOp, stepsOf } from './concat';
import { padOp } from './pad';
import { reshapeOp } from './reshape';
import { sumTo } from './sum-to';
import { transposeOp } from './transpose';

const concatGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  const { shape } = node.outputs[0];
  const axis = resolveAxis(node.attrs.axis as number, shape.length, 'concat');
  let start = 0;
  return node.inputs.map((input, i) => {
    const starts = shape.map((_, a) => (a === axis ? start : 0));
    start += input.shape[axis];
    return wanted[i] ? g.op(sliceOp, [dy!], { starts, sizes: input.shape }) : undefined;
  });
};

const sliceGradient: Gradient = ({ g, node, dOutputs: [dy] }) => {
  const { shape } = node.inputs[0];
  const { starts, sizes } = node.attrs as Record<string, Shape>;
  const steps = stepsOf(node.attrs, shape);
  // Forwards, then with zeros between: each element at the head of a group of |step|.
  const reversed = reverse(g, dy!, steps);
  const spread = shape.reduce(
    (gradient, _, axis) => spaced(g, gradient, axis, Math.abs(steps[axis])),
    reversed,
  );
  const before = shape.map((_, axis) =>
    Math.min(starts[axis], starts[axis] + (sizes[axis] - 1) * steps[axis]),
  );
  // The zeros of the last group may reach past the end.
  const fitting = spread.shape.map((extent, axis) => Math.min(extent, shape[axis] - before[axis]));
  const origin = shape.map(() => 0);
  const cut = sameShape(fitting, spread.shape)
    ? spread
    : g.op(sliceOp, [spread], { starts: origin, sizes: fitting });
  const after = shape.map((extent, axis) => extent - before[axis] - fitting[axis]);
  return [g.op(padOp, [cut], { before, after, mode: 'constant', value: 0 })];
};

const transposeGradient: Gradient = ({ g, node, dOutputs: [dy] }) => {
  const perm = node.attrs.perm as Shape;
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return [g.op(transposeOp, [dy!], { perm: inverse })];
};

const reshapeGradient: Gradient = ({ g, node, dOutputs: [dy] }) => [
  g.op(reshapeOp, [dy!], { shape: node.inputs[0].shape }),
];

const broadcastToGradient: Gradient = ({ g, node, dOutputs: [dy] }) => [
  sumTo(g, dy!, node.inputs[0].shape),
];

/** Integers are not differentiated: neither those that come in nor those that come out. */
const castGradient: Gradient = ({ g, node: { inputs, outputs }, dOutputs: [dy] }) => {
  if (inputs[0].dtype === 'i32' || outputs[0].dtype === 'i32') return [undefined];
  return [g.op(castOp, [dy!], { to: inputs[0].dtype })];
};

/** Of the ops that move numbers about. */
export const shapeGradients: Gradients = [
  [concatOp, concatGradient],
  [sliceOp, sliceGradient],
  [transposeOp, transposeGradient],
  [reshapeOp, reshapeGradient],
  [broadcastToOp, broadcastToGradient],
  [castOp, castGradient],
];

/** Axes of negative steps turned round. */
function reverse(g: NodeBuilder, x: Value, steps: Shape): Value {
  if (steps.every((step) => step > 0)) return x;
  const starts = x.shape.map((extent, axis) => (steps[axis] < 0 ? extent - 1 : 0));
  return g.op(sliceOp, [x], { starts, sizes: x.shape, steps: steps.map(Math.sign) });
}

/** `step` − 1 zeros after each element along `axis`. */
function spaced(g: NodeBuilder, x: Value, axis: number, step: number): Value {
  if (step === 1) return x;
  const [outer, inner] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const items = g.op(reshapeOp, [x], { shape: [sizeOf(outer) * x.shape[axis], sizeOf(inner)] });
  const after = [0, (step - 1) * sizeOf(inner)];
  const wide = g.op(padOp, [items], { before: [0, 0], after, mode: 'constant', value: 0 });
  return g.op(reshapeOp, [wide], { shape: [...outer, x.shape[axis] * step, ...inner] });
}
