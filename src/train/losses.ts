import { knownOptions, oneOf, positive, within } from '../core/check';
import { ArgumentError, ShapeError } from '../core/errors';
import { formatShape, type Shape, sizeOf } from '../core/shape';
import type { GraphBuilder } from '../ir/builder';
import type { TensorType, Value } from '../ir/graph';
import { absOp, affineOp, clipOp, huberOp, squareOp } from '../ops/activations';
import { equalOp, subOp } from '../ops/binary';
import { castOp } from '../ops/cast';
import { softmaxCrossEntropyDenseOp, softmaxCrossEntropyOp } from '../ops/cross-entropy';
import { argMaxOp } from '../ops/indices';
import { sigmoidCrossEntropyOp } from '../ops/losses';
import { reduceMeanOp } from '../ops/reduce';

const LOSSES = [
  'crossEntropy',
  'binaryCrossEntropy',
  'meanSquaredError',
  'meanAbsoluteError',
  'huber',
] as const;
export type LossName = (typeof LOSSES)[number];

/** What training makes small: plain data, made by {@link crossEntropy} and its kin, or a name. */
export interface Loss {
  readonly name: LossName;
  readonly labelSmoothing?: number;
  readonly delta?: number;
}

/**
 * Cross-entropy of softmax. Labels are class numbers, or a distribution over the classes (one-hot)
 * where there are as many numbers as outputs. The model may end in softmax or give logits: both are
 * computed from the logits. `labelSmoothing` moves that share of a target evenly to all classes.
 */
export function crossEntropy(options: { readonly labelSmoothing?: number } = {}): Loss {
  knownOptions(options, ['labelSmoothing'], 'crossEntropy');
  const { labelSmoothing = 0 } = options;
  within(labelSmoothing, 0, 1, 'crossEntropy', 'labelSmoothing');
  return { name: 'crossEntropy', labelSmoothing };
}

/** Cross-entropy of sigmoid with targets in [0, 1]; the model may end in sigmoid or give logits. */
export function binaryCrossEntropy(options: { readonly labelSmoothing?: number } = {}): Loss {
  knownOptions(options, ['labelSmoothing'], 'binaryCrossEntropy');
  const { labelSmoothing = 0 } = options;
  within(labelSmoothing, 0, 1, 'binaryCrossEntropy', 'labelSmoothing');
  return { name: 'binaryCrossEntropy', labelSmoothing };
}

export function meanSquaredError(): Loss {
  return { name: 'meanSquaredError' };
}

export function meanAbsoluteError(): Loss {
  return { name: 'meanAbsoluteError' };
}

/** Squared within ±delta (default 1), linear outside. */
export function huber(options: { readonly delta?: number } = {}): Loss {
  knownOptions(options, ['delta'], 'huber');
  const { delta = 1 } = options;
  return { name: 'huber', delta: positive(delta, 'huber', 'delta') };
}

/** Throws an ArgumentError unless `loss` is one. */
export function resolveLoss(loss: Loss | LossName, where: string): Loss {
  const name = typeof loss === 'object' && loss !== null ? loss.name : loss;
  oneOf(name, LOSSES, where, 'loss');
  return typeof loss === 'object' ? loss : { name };
}

/** A model's output as losses see it. */
export interface Head {
  readonly value: Value;
  /** What softmax or sigmoid was applied to last, where one was. */
  readonly ending?: {
    readonly activation: 'softmax' | 'logSoftmax' | 'sigmoid';
    readonly logits: Value;
  };
}

/**
 * Type of one sample's targets: class numbers i32 without the output's last axis, or f32 like the
 * output. `numbers` is how many there are for each sample.
 */
export function targetType({ name }: Loss, output: Shape, numbers: number): TensorType {
  if (name === 'crossEntropy' && numbers === sizeOf(output.slice(0, -1))) {
    return { dtype: 'i32', shape: output.slice(0, -1) };
  }
  if (numbers === sizeOf(output)) return { dtype: 'f32', shape: output };
  const labels = name === 'crossEntropy' ? `${sizeOf(output.slice(0, -1))} class numbers or ` : '';
  throw new ShapeError({
    where: 'training data',
    rule: `a sample has ${labels}${sizeOf(output)} targets: the model's output is ${formatShape(output)}`,
    found: String(numbers),
  });
}

/** As `targetType`, of a loss whose targets are class numbers where it may have such, unless `dense`. */
export function usualTargets(loss: Loss, output: Shape, dense = false): TensorType {
  const classes = loss.name === 'crossEntropy' && !dense;
  return targetType(loss, output, sizeOf(classes ? output.slice(0, -1) : output));
}

/** The loss of each sample [n], f32, as nodes of `g`. */
export function lossOfSamples(g: GraphBuilder, loss: Loss, head: Head, targets: Value): Value {
  const each = lossOfElements(g, loss, head, targets);
  const axes = each.shape.map((_, axis) => axis).slice(1);
  return axes.length ? g.op(reduceMeanOp, [each], { axes, keepDims: false }) : each;
}

function lossOfElements(g: GraphBuilder, loss: Loss, head: Head, targets: Value): Value {
  const { labelSmoothing = 0 } = loss;
  switch (loss.name) {
    case 'crossEntropy': {
      const op = targets.dtype === 'i32' ? softmaxCrossEntropyOp : softmaxCrossEntropyDenseOp;
      return g.op(op, [logitsOf(g, loss, head), targets], { labelSmoothing });
    }
    case 'binaryCrossEntropy': {
      const smooth = { scale: 1 - labelSmoothing, shift: labelSmoothing / 2 };
      const smoothed = labelSmoothing ? g.op(affineOp, [targets], smooth) : targets;
      return g.op(sigmoidCrossEntropyOp, [logitsOf(g, loss, head), smoothed]);
    }
    case 'meanSquaredError':
      return g.op(squareOp, [difference(g, head, targets)]);
    case 'meanAbsoluteError':
      return g.op(absOp, [difference(g, head, targets)]);
    case 'huber':
      return g.op(huberOp, [difference(g, head, targets)], { delta: loss.delta ?? 1 });
  }
}

/** 1 for each sample (or position) that the output gets right, else 0; f32. */
export function hits(g: GraphBuilder, loss: Loss, head: Head, targets: Value): Value {
  const logits = logitsOf(g, loss, head);
  if (loss.name === 'binaryCrossEntropy') {
    // In floats: 1 where a logit is positive, else 0, as a target is.
    const guess = g.op(clipOp, [g.op(affineOp, [logits], { scale: 1e30 })], { low: 0, high: 1 });
    const miss = g.op(absOp, [g.op(subOp, [guess, targets])]);
    return g.op(affineOp, [miss], { scale: -1, shift: 1 });
  }
  const labels = targets.dtype === 'i32' ? targets : g.op(argMaxOp, [targets], { axis: -1 });
  return g.op(equalOp, [g.op(argMaxOp, [logits], { axis: -1 }), labels]);
}

function difference(g: GraphBuilder, { value }: Head, targets: Value): Value {
  return g.op(subOp, [wide(g, value), targets]);
}

function logitsOf(g: GraphBuilder, { name }: Loss, { value, ending }: Head): Value {
  if (!ending) return wide(g, value);
  const fits = (ending.activation === 'sigmoid') === (name === 'binaryCrossEntropy');
  if (fits) return wide(g, ending.logits);
  throw new ArgumentError({
    where: `loss "${name}"`,
    rule: `the model ends in ${name === 'crossEntropy' ? 'softmax' : 'sigmoid'} or gives logits`,
    found: ending.activation,
    remedy: name === 'crossEntropy' ? 'Use binaryCrossEntropy.' : 'Use crossEntropy.',
  });
}

function wide(g: GraphBuilder, value: Value): Value {
  return value.dtype === 'f32' ? value : g.op(castOp, [value], { to: 'f32' });
}
