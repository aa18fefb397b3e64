import { knownOptions, nonNegative, within } from '../core/check';
import { ArgumentError } from '../core/errors';
import type { GraphBuilder } from '../ir/builder';
import type { Attrs, Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { affineOp, clipOp, sqrtOp, squareOp } from '../ops/activations';
import { addOp, divOp, mulOp } from '../ops/binary';
import {
  adagradUpdateOp,
  adamUpdateOp,
  momentumUpdateOp,
  rmspropUpdateOp,
  sgdUpdateOp,
} from '../ops/optimizers';
import { reduceSumOp } from '../ops/reduce';
import type { Schedule } from './schedules';

/** How parameters follow their gradients: plain data, made by {@link sgd}, {@link adam}… */
export interface Optimizer {
  readonly name: string;
  readonly learningRate: number | Schedule;
  /** The op that updates a parameter, and its attributes. */
  readonly op: OpDef;
  readonly attrs: Attrs;
  /** What is remembered for each parameter, by name; zero at the start. */
  readonly slots: readonly string[];
}

interface Common {
  /** A number, or a function of the step such as {@link cosineDecay} makes. */
  readonly learningRate?: number | Schedule;
  /** L2: this times the parameter is added to its gradient (AdamW: decoupled). */
  readonly weightDecay?: number;
}

export interface SgdOptions extends Common {
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
}

const COMMON = ['learningRate', 'weightDecay'];

/** Gradient descent, as torch.optim.SGD: rate 0.01 by default, no momentum. */
export function sgd(options: SgdOptions = {}): Optimizer {
  const where = 'sgd';
  knownOptions(options, [...COMMON, 'momentum', 'dampening', 'nesterov'], where);
  const { learningRate = 0.01, momentum = 0, dampening = 0, nesterov = false } = options;
  const weightDecay = nonNegative(options.weightDecay ?? 0, where, 'weightDecay');
  checkRate(learningRate, where);
  nonNegative(momentum, where, 'momentum');
  within(dampening, 0, 1, where, 'dampening');
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ArgumentError({
      where,
      rule: 'nesterov needs a momentum and no dampening',
      found: `momentum ${momentum}, dampening ${dampening}`,
    });
  }
  if (momentum === 0) {
    return { name: 'sgd', learningRate, op: sgdUpdateOp, attrs: { weightDecay }, slots: [] };
  }
  const attrs = { momentum, dampening, nesterov, weightDecay };
  return { name: 'sgd', learningRate, op: momentumUpdateOp, attrs, slots: ['velocity'] };
}

export interface AdamOptions extends Common {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly amsgrad?: boolean;
}

/** Adam as torch.optim.Adam: rate 0.001, betas 0.9 and 0.999, epsilon 1e-8 outside the root. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamLike('adam', options, 0, false);
}

/** Adam with decoupled weight decay (default 0.01), as torch.optim.AdamW. */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamLike('adamW', options, 0.01, true);
}

function adamLike(
  name: string,
  options: AdamOptions,
  decay: number,
  decoupled: boolean,
): Optimizer {
  knownOptions(options, [...COMMON, 'beta1', 'beta2', 'epsilon', 'amsgrad'], name);
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999 } = options;
  const { epsilon = 1e-8, amsgrad = false } = options;
  checkRate(learningRate, name);
  const weightDecay = nonNegative(options.weightDecay ?? decay, name, 'weightDecay');
  checkDecay(beta1, name, 'beta1');
  checkDecay(beta2, name, 'beta2');
  nonNegative(epsilon, name, 'epsilon');
  const attrs = { beta1, beta2, epsilon, weightDecay, decoupled, amsgrad };
  const slots = amsgrad ? ['mean', 'square', 'largest'] : ['mean', 'square'];
  return { name, learningRate, op: adamUpdateOp, attrs, slots };
}

export interface RmspropOptions extends Common {
  /** Weight of the old mean square. */
  readonly alpha?: number;
  readonly epsilon?: number;
  readonly momentum?: number;
  readonly centered?: boolean;
}

/** RMSprop as torch.optim.RMSprop: rate 0.01, alpha 0.99. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const where = 'rmsprop';
  knownOptions(options, [...COMMON, 'alpha', 'epsilon', 'momentum', 'centered'], where);
  const { learningRate = 0.01, alpha = 0.99, epsilon = 1e-8 } = options;
  const { momentum = 0, centered = false } = options;
  checkRate(learningRate, where);
  checkDecay(alpha, where, 'alpha');
  nonNegative(epsilon, where, 'epsilon');
  nonNegative(momentum, where, 'momentum');
  const weightDecay = nonNegative(options.weightDecay ?? 0, where, 'weightDecay');
  return {
    name: 'rmsprop',
    learningRate,
    op: rmspropUpdateOp,
    attrs: { alpha, epsilon, momentum, centered, weightDecay },
    slots: ['square', 'mean', 'velocity'],
  };
}

export interface AdagradOptions extends Common {
  readonly epsilon?: number;
  readonly learningRateDecay?: number;
}

/** Adagrad as torch.optim.Adagrad: rate 0.01. */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const where = 'adagrad';
  knownOptions(options, [...COMMON, 'epsilon', 'learningRateDecay'], where);
  const { learningRate = 0.01, epsilon = 1e-10, learningRateDecay = 0 } = options;
  checkRate(learningRate, where);
  nonNegative(epsilon, where, 'epsilon');
  nonNegative(learningRateDecay, where, 'learningRateDecay');
  const weightDecay = nonNegative(options.weightDecay ?? 0, where, 'weightDecay');
  return {
    name: 'adagrad',
    learningRate,
    op: adagradUpdateOp,
    attrs: { epsilon, learningRateDecay, weightDecay },
    slots: ['square'],
  };
}

/** Throws an ArgumentError unless `optimizer` is what {@link sgd}, {@link adam}… make. */
export function checkOptimizer(optimizer: Optimizer, where: string): Optimizer {
  if (typeof optimizer === 'object' && optimizer !== null && Array.isArray(optimizer.slots)) {
    return optimizer;
  }
  throw new ArgumentError({
    where,
    rule: 'optimizer is what sgd(), adam() and their kin make',
    found: typeof optimizer === 'string' ? `"${optimizer}"` : typeof optimizer,
    remedy: 'Write for instance optimizer: adam({ learningRate: 0.001 }).',
  });
}

/** Throws unless `rate` is a finite number ≥ 0 or a function; what that gives is checked each step. */
export function checkRate(rate: number | Schedule, where: string): void {
  if (typeof rate !== 'function') nonNegative(rate, where, 'learningRate');
}

/** The learning rate of `step`. */
export function rateAt(rate: number | Schedule, step: number): number {
  if (typeof rate === 'number') return rate;
  return nonNegative(rate(step), `step ${step}`, 'the learning rate');
}

function checkDecay(value: number, where: string, name: string): void {
  if (value >= 0 && value < 1) return;
  throw new ArgumentError({ where, rule: `${name} is in [0, 1)`, found: String(value) });
}

/** Limits to gradients before they are used. */
export interface Clip {
  /** Each number to ± this. */
  readonly value?: number;
  /** All of them together scaled down to this Euclidean norm, as torch's clip_grad_norm_. */
  readonly norm?: number;
}

/** The gradients after clipping: by value, then by the norm of all, summed in the order given. */
export function clipGradients(
  g: GraphBuilder,
  gradients: readonly Value[],
  { value, norm }: Clip,
): Value[] {
  const bounded =
    value === undefined
      ? [...gradients]
      : gradients.map((gradient) => g.op(clipOp, [gradient], { low: -value, high: value }));
  if (norm === undefined || !bounded.length) return bounded;
  const squares = bounded.map((gradient) => {
    const axes = gradient.shape.map((_, axis) => axis);
    const squared = g.op(squareOp, [gradient]);
    return axes.length ? g.op(reduceSumOp, [squared], { axes, keepDims: false }) : squared;
  });
  const length = g.op(sqrtOp, [squares.reduce((sum, square) => g.op(addOp, [sum, square]))]);
  const ratio = g.op(divOp, [g.scalar(norm), g.op(affineOp, [length], { shift: 1e-6 })]);
  const scale = g.op(clipOp, [ratio], { low: 0, high: 1 });
  return bounded.map((gradient) => g.op(mulOp, [gradient, scale]));
}
