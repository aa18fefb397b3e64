import { type Shape, sizeOf } from '../core/shape';
import type { Gradient, Gradients, NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import { batchMatmulOp } from './batch-matmul';
import { inputLast } from './common-grad';
import { withResidual } from './epilogue';
import { epilogueGradient } from './epilogue-grad';
import { denseOp, matmulOp } from './matmul';
import { reduceSumOp } from './reduce';
import { reshapeOp } from './reshape';
import { sumTo } from './sum-to';

const denseGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  const { own } = withResidual(node.inputs, node.attrs);
  const [x, w] = own;
  const d = epilogueGradient(g, node, node.outputs[0], dy!);
  const rows = matrixOf(g, d);
  const gradients = [
    () => reshaped(g, g.op(matmulOp, [rows, w], { transposeB: true }), x.shape),
    () => g.op(matmulOp, [matrixOf(g, x), rows], { transposeA: true }),
    () => g.op(reduceSumOp, [rows], { axes: [0], keepDims: false }),
  ].slice(0, own.length);
  return inputLast([...gradients, () => d], wanted);
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

const batchMatmulGradient: Gradient = ({ g, node: { inputs, attrs }, dOutputs: [dy], wanted }) => {
  const [a, b] = inputs;
  const [ta, tb] = [attrs.transposeA === true, attrs.transposeB === true];
  const times = (l: Value, r: Value, transposeA: boolean, transposeB: boolean) =>
    g.op(batchMatmulOp, [l, r], { transposeA, transposeB });
  const da = () => (ta ? times(b, dy!, tb, true) : times(dy!, b, false, !tb));
  const db = () => (tb ? times(dy!, a, true, ta) : times(a, dy!, !ta, false));
  return [
    wanted[0] ? sumTo(g, da(), a.shape) : undefined,
    wanted[1] ? sumTo(g, db(), b.shape) : undefined,
  ];
};

export const matmulGradients: Gradients = [
  [denseOp, denseGradient],
  [matmulOp, matmulGradient],
  [batchMatmulOp, batchMatmulGradient],
];

/** All leading dimensions in one. */
function matrixOf(g: NodeBuilder, x: Value): Value {
  const features = x.shape[x.shape.length - 1];
  return reshaped(g, x, [sizeOf(x.shape) / features, features]);
}

function reshaped(g: NodeBuilder, x: Value, shape: Shape): Value {
  return x.shape.length === shape.length ? x : g.op(reshapeOp, [x], { shape });
}
