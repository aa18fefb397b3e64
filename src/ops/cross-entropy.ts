import softmaxCrossEntropyKernel from '../../shaders/softmax_cross_entropy.wgsl';
import softmaxCrossEntropyDenseKernel from '../../shaders/softmax_cross_entropy_dense.wgsl';
import { within } from '../core/check';
import { DTypeError } from '../core/errors';
import type { Shape } from '../core/shape';
import { sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  elemOf,
  f32,
  type LowerContext,
  type Lowering,
  type OpDef,
  type Param,
  read,
  type Shader,
  u32,
  write,
} from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { byRows } from './rows';

export const smoothingOf = (attrs: Attrs) => (attrs.labelSmoothing ?? 0) as number;

/** WGSL has no literal for it. */
export const NOT_A_NUMBER = f32(Number.NaN);

/** Targets (1 − ε)·t + ε/k. Szegedy et al., arXiv 1512.00567, §7. */
export const smooth = (target: number, epsilon: number, classes: number) =>
  (1 - epsilon) * target + epsilon / classes;

/**
 * `softmaxCrossEntropy [logits [n, k], labels i32 [n]] {labelSmoothing = 0}` → loss of each row, f32
 * [n]. A label outside [0, k) makes its row's loss and gradient NaN.
 */
export const softmaxCrossEntropyOp: OpDef = {
  name: 'softmaxCrossEntropy',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkLabels(inputs, attrs, where);
    return [{ dtype: 'f32', shape: rowShape(inputs[0]) }];
  },
  reference([logits, labels], { inputs, attrs }) {
    const k = classesOf(inputs[0]);
    const loss = Float64Array.from(labels, (label, row) => {
      if (!(label >= 0 && label < k)) return Number.NaN;
      const targets = oneHot(label, k).map((t) => smooth(t, smoothingOf(attrs), k));
      return crossEntropy(logits.subarray(row * k, (row + 1) * k), targets);
    });
    return [loss];
  },
  lower: (context) => lowerLoss(softmaxCrossEntropyKernel, 'main', context, [NOT_A_NUMBER]),
};

/**
 * `softmaxCrossEntropyDense [logits [n, k], targets [n, k]] {labelSmoothing = 0}` → −Σ t·log softmax
 * of each row, f32 [n]; the targets of a row need not sum to 1.
 */
export const softmaxCrossEntropyDenseOp: OpDef = {
  name: 'softmaxCrossEntropyDense',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkTargets(inputs, attrs, where);
    return [{ dtype: 'f32', shape: rowShape(inputs[0]) }];
  },
  reference([logits, targets], { inputs, attrs, outputs }) {
    const k = classesOf(inputs[0]);
    const loss = Float64Array.from({ length: sizeOf(outputs[0].shape) }, (_, row) => {
      const own = targets.subarray(row * k, (row + 1) * k);
      const smoothed = Array.from(own, (t) => smooth(t, smoothingOf(attrs), k));
      return crossEntropy(logits.subarray(row * k, (row + 1) * k), smoothed);
    });
    return [loss];
  },
  lower: (context) => lowerLoss(softmaxCrossEntropyDenseKernel, 'main', context),
};

export const classesOf = ({ shape }: TensorType) => shape[shape.length - 1];
export const rowShape = ({ shape }: TensorType): Shape => shape.slice(0, -1);

export function oneHot(label: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0));
}

export function logSumExp(row: Float64Array): number {
  const peak = row.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  return peak + Math.log(row.reduce((sum, x) => sum + Math.exp(x - peak), 0));
}

function crossEntropy(logits: Float64Array, targets: readonly number[]): number {
  const lse = logSumExp(logits);
  return targets.reduce((sum, t, i) => sum + t * (lse - logits[i]), 0);
}

export function checkLabels(inputs: readonly TensorType[], attrs: Attrs, where: string): void {
  const [logits, labels] = inputs;
  checkFloat([logits], where);
  checkRows(logits, attrs, where);
  checkShapeIs(labels, rowShape(logits), where, 'labels');
  if (labels.dtype === 'i32') return;
  throw new DTypeError({ where, rule: 'labels are i32', found: formatType(labels) });
}

export function checkTargets(inputs: readonly TensorType[], attrs: Attrs, where: string): void {
  checkFloat(inputs.slice(0, 2), where);
  checkRows(inputs[0], attrs, where);
  checkShapeIs(inputs[1], inputs[0].shape, where, 'targets');
}

function checkRows(logits: TensorType, attrs: Attrs, where: string): void {
  within(logits.shape.length, 1, 8, where, 'rank of the logits');
  within(smoothingOf(attrs), 0, 1, where, 'labelSmoothing');
}

export function lowerLoss(
  kernel: Shader,
  entry: 'main' | 'backward',
  { inputs, attrs, adapter }: LowerContext,
  more: readonly Param[] = [],
): Lowering[] {
  const size = classesOf(inputs[0]);
  const count = sizeOf(inputs[0].shape) / size;
  return byRows({ count, size, inner: 1 }, adapter, {
    kernel,
    entry,
    elem: elemOf(inputs[0].dtype),
    params: [u32(count), u32(size), f32(smoothingOf(attrs)), ...more],
    bindings: [...inputs.map((_, i) => read(i)), write(0)],
    flops: 4 * count * size,
  });
}
