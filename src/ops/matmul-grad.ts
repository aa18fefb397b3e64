import { type Shape, sizeOf } from '../core/shape';
import type { Gradient, Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import { denseOp, matmulOp } from './matmul';
import { reduceSumOp } from './reduce';
import { reshapeOp } from './reshape';

const denseGradient: Gradient = ({ g, node: { inputs }, dOutputs: [dy], wanted }) => {
  const [x, w] = inputs;
  const rows = matrixOf(g, dy!);
  const dx = () => g.op(matmulOp, [rows, w], { transposeB: true });
  return [
    wanted[0] ? reshaped(g, dx(), x.shape) : undefined,
    wanted[1] ? g.op(matmulOp, [matrixOf(g, x), rows], { transposeA: true }) : undefined,
    wanted[2] ? g.op(reduceSumOp, [rows], { axes: [0], keepDims: false }) : undefined,
  ];
};

const matmulGradient: Gradient = ({ g, node: { inputs, attrs }, dOutputs: [dy], wanted }) => {
  const [a, b] = inputs;
  const [ta, tb] = [attrs.transposeA === true, attrs.transposeB === true];
  const times = (l: Value, r: Value, transposeA: boolean, transposeB: boolean) =>
    g.op(matmulOp, [l, r], { transposeA, transposeB });
  const da = () => (ta ? times(b, dy!, tb, true) : times(dy!, b, false, !tb));
  const db = () => (tb ? times(dy!, a, true, ta) : times(a, dy!, !ta, false));
  return [wanted[0] ? da() : undefined, wanted[1] ? db() : undefined];
};

export const matmulGradients: Gradients = [
  [denseOp, denseGradient],
  [matmulOp, matmulGradient],
];

/** All leading dimensions in one. */
function matrixOf(g: NodeBuilder, x: Value): Value {
  const features = x.shape[x.shape.length - 1];
  return reshaped(g, x, [sizeOf(x.shape) / features, features]);
}

function reshaped(g: NodeBuilder, x: Value, shape: Shape): Value {
  return x.shape.length === shape.length ? x : g.op(reshapeOp, [x], { shape });
}
