import softmaxCrossEntropyKernel from '../../shaders/softmax_cross_entropy.wgsl';
import softmaxCrossEntropyDenseKernel from '../../shaders/softmax_cross_entropy_dense.wgsl';
import { DTypeError } from '../core/errors';
import type { Gradient, Gradients } from '../ir/gradient';
import type { TensorType } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { formatType } from '../ir/verify';
import { affineOp } from './activations';
import { mulOp } from './binary';
import { castOp } from './cast';
import { checkCount, checkShapeIs } from './common';
import {
  checkLabels,
  checkTargets,
  classesOf,
  logSumExp,
  lowerLoss,
  NOT_A_NUMBER,
  oneHot,
  rowShape,
  smooth,
  smoothingOf,
  softmaxCrossEntropyDenseOp,
  softmaxCrossEntropyOp,
} from './cross-entropy';
import { reshapeOp } from './reshape';
import { logSoftmaxOp } from './softmax';

/** (softmax − target)·dloss. */
export const softmaxCrossEntropyGradOp: OpDef = {
  name: 'softmaxCrossEntropyGrad',
  gradientOf: softmaxCrossEntropyOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 3, where);
    checkLabels(inputs, attrs, where);
    checkRowGradient(inputs, where);
    return [inputs[0]];
  },
  reference([logits, labels, dloss], { inputs, attrs }) {
    const k = classesOf(inputs[0]);
    const dx = Array.from(labels, (label, row) => {
      if (!(label >= 0 && label < k)) return new Array<number>(k).fill(Number.NaN);
      const targets = oneHot(label, k).map((t) => smooth(t, smoothingOf(attrs), k));
      return logitGradient(logits.subarray(row * k, (row + 1) * k), targets, dloss[row]);
    });
    return [Float64Array.from(dx.flat())];
  },
  lower: (context) => lowerLoss(softmaxCrossEntropyKernel, 'backward', context, [NOT_A_NUMBER]),
};

/** (softmax·Σ target − target)·dloss. */
export const softmaxCrossEntropyDenseGradOp: OpDef = {
  name: 'softmaxCrossEntropyDenseGrad',
  gradientOf: softmaxCrossEntropyDenseOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 3, where);
    checkTargets(inputs, attrs, where);
    checkRowGradient(inputs, where);
    return [inputs[0]];
  },
  reference([logits, targets, dloss], { inputs, attrs }) {
    const k = classesOf(inputs[0]);
    const dx = Array.from(dloss, (scale, row) => {
      const own = targets.subarray(row * k, (row + 1) * k);
      const smoothed = Array.from(own, (t) => smooth(t, smoothingOf(attrs), k));
      return logitGradient(logits.subarray(row * k, (row + 1) * k), smoothed, scale);
    });
    return [Float64Array.from(dx.flat())];
  },
  lower: (context) => lowerLoss(softmaxCrossEntropyDenseKernel, 'backward', context),
};

const integerGradient: Gradient = ({ g, node, dOutputs: [dloss] }) => [
  g.op(softmaxCrossEntropyGradOp, [...node.inputs, dloss!], node.attrs),
  undefined,
];

const denseGradient: Gradient = ({ g, node, dOutputs: [dloss], wanted }) => {
  const [logits, targets] = node.inputs;
  const [dLogits, dTargets] = [
    () => g.op(softmaxCrossEntropyDenseGradOp, [logits, targets, dloss!], node.attrs),
    () => {
      const logs = g.op(logSoftmaxOp, [logits], { axis: -1 });
      const column = g.op(reshapeOp, [dloss!], { shape: [...rowShape(logits), 1] });
      const weight = logits.dtype === 'f16' ? g.op(castOp, [column], { to: 'f16' }) : column;
      const scale = smoothingOf(node.attrs) - 1;
      return g.op(affineOp, [g.op(mulOp, [logs, weight])], { scale });
    },
  ];
  return [wanted[0] ? dLogits() : undefined, wanted[1] ? dTargets() : undefined];
};

export const crossEntropyGradients: Gradients = [
  [softmaxCrossEntropyOp, integerGradient],
  [softmaxCrossEntropyDenseOp, denseGradient],
];

function logitGradient(logits: Float64Array, targets: readonly number[], scale: number): number[] {
  const lse = logSumExp(logits);
  const total = targets.reduce((sum, t) => sum + t, 0);
  return targets.map((t, i) => (Math.exp(logits[i] - lse) * total - t) * scale);
}

function checkRowGradient([logits, , dloss]: readonly TensorType[], where: string): void {
  checkShapeIs(dloss, rowShape(logits), where, 'dloss');
  if (dloss.dtype === 'f32') return;
  throw new DTypeError({ where, rule: 'dloss is f32', found: formatType(dloss) });
}
