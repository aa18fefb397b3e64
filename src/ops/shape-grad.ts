import { resolveAxis, type Shape } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import { broadcastToOp } from './broadcast';
import { castOp } from './cast';
import { concatOp, sliceOp } from './concat';
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
  const after = shape.map((extent, axis) => extent - starts[axis] - sizes[axis]);
  return [g.op(padOp, [dy!], { before: starts, after, mode: 'constant', value: 0 })];
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

const castGradient: Gradient = ({ g, node, dOutputs: [dy] }) => [
  g.op(castOp, [dy!], { to: node.inputs[0].dtype }),
];

/** Of the ops that move numbers about. */
export const shapeGradients: Gradients = [
  [concatOp, concatGradient],
  [sliceOp, sliceGradient],
  [transposeOp, transposeGradient],
  [reshapeOp, reshapeGradient],
  [broadcastToOp, broadcastToGradient],
  [castOp, castGradient],
];
