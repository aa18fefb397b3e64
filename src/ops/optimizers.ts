import adagradUpdateKernel from '../../shaders/adagrad_update.wgsl';
import adamUpdateKernel from '../../shaders/adam_update.wgsl';
import momentumUpdateKernel from '../../shaders/momentum_update.wgsl';
import rmspropUpdateKernel from '../../shaders/rmsprop_update.wgsl';
import sgdUpdateKernel from '../../shaders/sgd_update.wgsl';
import * as check from '../core/check';
import { DTypeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import {
  f32,
  gridOf,
  inout,
  type OpDef,
  type Param,
  read,
  type Shader,
  u32,
  widthOf,
} from '../ir/op';
import { formatType } from '../ir/verify';
import { checkCount, checkShapeIs, ELEMENTS_PER_WORKGROUP } from './common';

/** What one element's new numbers are made from, besides its slots. */
interface Element {
  readonly parameter: number;
  readonly gradient: number;
  readonly learningRate: number;
  /** Updates made so far: 0 in the first. */
  readonly step: number;
}

/** An update rule: how many slots it keeps for each parameter, and one element's new numbers. */
interface Rule {
  readonly name: string;
  /** Default values of the attributes. */
  readonly defaults: Attrs;
  readonly check: (attrs: Attrs, where: string) => void;
  readonly slots: (attrs: Attrs) => readonly string[];
  /** `parameter` and the slots after the update. */
  readonly apply: (element: Element, slots: readonly number[], attrs: Attrs) => number[];
  readonly kernel: Shader;
  readonly entry?: (attrs: Attrs) => string;
  readonly usesStep: boolean;
  readonly constants?: (attrs: Attrs) => Record<string, number>;
  readonly params: (attrs: Attrs) => readonly Param[];
}

const number = (attrs: Attrs, name: string) => attrs[name] as number;
const flag = (value: unknown) => (value ? 1 : 0);

/** In [0, 1): the weight of an old average. */
function checkDecays(attrs: Attrs, names: readonly string[], where: string): void {
  for (const name of names) check.within(number(attrs, name), 0, 1 - 2 ** -24, where, name);
}

function checkNonNegative(attrs: Attrs, names: readonly string[], where: string): void {
  for (const name of names) check.nonNegative(number(attrs, name), where, name);
}

/**
 * The rules of torch.optim. Each op takes `[parameter, gradient, learningRate f32 [], step i32 [1],
 * guard f32 [], ...slots]` and gives `[parameter, ...slots]`, changed in place; all but `step` are
 * f32, slots have the parameter's shape and start at zero. `step` counts the updates made before
 * this one. Nothing changes where `guard` (the loss, say) is NaN or infinite, and no element whose
 * gradient is.
 *
 * - `sgdUpdate` {weightDecay = 0}: no slots.
 * - `momentumUpdate` {momentum = 0.9, dampening = 0, nesterov = false, weightDecay = 0}: `velocity`,
 *   which the first update sets to the gradient, as torch does.
 * - `adamUpdate` {beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, decoupled = false,
 *   amsgrad = false}: `mean`, `square`, and with amsgrad `largest`. Kingma & Ba, arXiv 1412.6980;
 *   `decoupled` is AdamW, Loshchilov & Hutter, arXiv 1711.05101.
 * - `rmspropUpdate` {alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0}:
 *   `square`, `mean` (used when centered), `velocity`.
 * - `adagradUpdate` {epsilon = 1e-10, learningRateDecay = 0, weightDecay = 0}: `square`.
 */
export const sgdUpdateOp = /* @__PURE__ */ updateOp({
  name: 'sgdUpdate',
  defaults: { weightDecay: 0 },
  check: (attrs, where) => checkNonNegative(attrs, ['weightDecay'], where),
  slots: () => [],
  apply: ({ parameter, gradient, learningRate }, _slots, attrs) => [
    parameter - learningRate * (gradient + number(attrs, 'weightDecay') * parameter),
  ],
  kernel: sgdUpdateKernel,
  usesStep: false,
  params: (attrs) => [f32(number(attrs, 'weightDecay'))],
});

export const momentumUpdateOp = /* @__PURE__ */ updateOp({
  name: 'momentumUpdate',
  defaults: { momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0 },
  check: (attrs, where) => checkNonNegative(attrs, ['momentum', 'dampening', 'weightDecay'], where),
  slots: () => ['velocity'],
  apply: ({ parameter, gradient, learningRate, step }, [old], attrs) => {
    const momentum = number(attrs, 'momentum');
    const slope = gradient + number(attrs, 'weightDecay') * parameter;
    const velocity = step === 0 ? slope : momentum * old + (1 - number(attrs, 'dampening')) * slope;
    const direction = attrs.nesterov ? slope + momentum * velocity : velocity;
    return [parameter - learningRate * direction, velocity];
  },
  kernel: momentumUpdateKernel,
  usesStep: true,
  constants: (attrs) => ({ nesterov: flag(attrs.nesterov) }),
  params: (attrs) => [
    f32(number(attrs, 'momentum')),
    f32(1 - number(attrs, 'dampening')),
    f32(number(attrs, 'weightDecay')),
  ],
});

export const adamUpdateOp = /* @__PURE__ */ updateOp({
  name: 'adamUpdate',
  defaults: {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    decoupled: false,
    amsgrad: false,
  },
  check: (attrs, where) => {
    checkDecays(attrs, ['beta1', 'beta2'], where);
    checkNonNegative(attrs, ['epsilon', 'weightDecay'], where);
  },
  slots: ({ amsgrad }) => (amsgrad ? ['mean', 'square', 'largest'] : ['mean', 'square']),
  apply: ({ parameter, gradient, learningRate, step }, [mean, square, largest], attrs) => {
    const [beta1, beta2] = [number(attrs, 'beta1'), number(attrs, 'beta2')];
    const decay = number(attrs, 'weightDecay');
    const slope = attrs.decoupled ? gradient : gradient + decay * parameter;
    const start = attrs.decoupled ? parameter * (1 - learningRate * decay) : parameter;
    const m = beta1 * mean + (1 - beta1) * slope;
    const v = beta2 * square + (1 - beta2) * slope ** 2;
    const most = attrs.amsgrad ? Math.max(largest, v) : v;
    const mHat = m / (1 - beta1 ** (step + 1));
    const vHat = most / (1 - beta2 ** (step + 1));
    const moved = start - (learningRate * mHat) / (Math.sqrt(vHat) + number(attrs, 'epsilon'));
    return attrs.amsgrad ? [moved, m, v, most] : [moved, m, v];
  },
  kernel: adamUpdateKernel,
  entry: ({ amsgrad }) => (amsgrad ? 'amsgrad' : 'main'),
  usesStep: true,
  constants: (attrs) => ({ decoupled: flag(attrs.decoupled) }),
  // 1 − β and ln β are rounded once, here: in f32 they would lose what small steps live on.
  params: (attrs) =>
    ['beta1', 'beta2']
      .flatMap((name) => [
        f32(number(attrs, name)),
        f32(1 - number(attrs, name)),
        f32(Math.max(Math.log(number(attrs, name)), -1e3)),
      ])
      .concat(f32(number(attrs, 'epsilon')), f32(number(attrs, 'weightDecay'))),
});

export const rmspropUpdateOp = /* @__PURE__ */ updateOp({
  name: 'rmspropUpdate',
  defaults: { alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0 },
  check: (attrs, where) => {
    checkDecays(attrs, ['alpha'], where);
    checkNonNegative(attrs, ['epsilon', 'momentum', 'weightDecay'], where);
  },
  slots: () => ['square', 'mean', 'velocity'],
  apply: ({ parameter, gradient, learningRate }, [square, mean, velocity], attrs) => {
    const alpha = number(attrs, 'alpha');
    const slope = gradient + number(attrs, 'weightDecay') * parameter;
    const v = alpha * square + (1 - alpha) * slope ** 2;
    const m = attrs.centered ? alpha * mean + (1 - alpha) * slope : mean;
    const variance = attrs.centered ? Math.max(v - m ** 2, 0) : v;
    const direction = slope / (Math.sqrt(variance) + number(attrs, 'epsilon'));
    const moved = number(attrs, 'momentum') * velocity + direction;
    return [parameter - learningRate * moved, v, m, moved];
  },
  kernel: rmspropUpdateKernel,
  usesStep: false,
  constants: (attrs) => ({ centered: flag(attrs.centered) }),
  params: (attrs) => [
    f32(number(attrs, 'alpha')),
    f32(1 - number(attrs, 'alpha')),
    f32(number(attrs, 'epsilon')),
    f32(number(attrs, 'momentum')),
    f32(number(attrs, 'weightDecay')),
  ],
});

export const adagradUpdateOp = /* @__PURE__ */ updateOp({
  name: 'adagradUpdate',
  defaults: { epsilon: 1e-10, learningRateDecay: 0, weightDecay: 0 },
  check: (attrs, where) =>
    checkNonNegative(attrs, ['epsilon', 'learningRateDecay', 'weightDecay'], where),
  slots: () => ['square'],
  apply: ({ parameter, gradient, learningRate, step }, [square], attrs) => {
    const slope = gradient + number(attrs, 'weightDecay') * parameter;
    const sum = square + slope ** 2;
    const rate = learningRate / (1 + step * number(attrs, 'learningRateDecay'));
    return [parameter - (rate * slope) / (Math.sqrt(sum) + number(attrs, 'epsilon')), sum];
  },
  kernel: adagradUpdateKernel,
  usesStep: true,
  params: (attrs) => [
    f32(number(attrs, 'epsilon')),
    f32(number(attrs, 'learningRateDecay')),
    f32(number(attrs, 'weightDecay')),
  ],
});

/** Inputs in front of the slots. */
const FIXED = ['parameter', 'gradient', 'learningRate', 'step', 'guard'] as const;

function updateOp(rule: Rule): OpDef {
  const complete = (attrs: Attrs): Attrs => ({ ...rule.defaults, ...attrs });
  return {
    name: rule.name,
    infer(inputs, given, where) {
      const attrs = complete(given);
      rule.check(attrs, where);
      const slots = rule.slots(attrs);
      checkCount(inputs, FIXED.length + slots.length, where);
      const [parameter] = inputs;
      [...FIXED, ...slots].forEach((name, i) => {
        const wanted = name === 'step' ? 'i32' : 'f32';
        if (inputs[i].dtype !== wanted) {
          const found = formatType(inputs[i]);
          throw new DTypeError({ where, rule: `${name} is ${wanted}`, found });
        }
        const scalar = name === 'learningRate' || name === 'guard';
        const shape = name === 'step' ? [1] : scalar ? [] : parameter.shape;
        checkShapeIs(inputs[i], shape, where, name);
      });
      return [parameter, ...slots.map(() => parameter)];
    },
    reference(inputs, { attrs: given }) {
      const attrs = complete(given);
      const [parameter, gradient, [learningRate], [step], [guard], ...slots] = inputs;
      const results = [parameter.slice(), ...slots.map((slot) => slot.slice())];
      if (!Number.isFinite(guard)) return results;
      for (let i = 0; i < parameter.length; i++) {
        if (!Number.isFinite(gradient[i])) continue;
        const element = { parameter: parameter[i], gradient: gradient[i], learningRate, step };
        const old = slots.map((slot) => slot[i]);
        rule.apply(element, old, attrs).forEach((value, r) => {
          results[r][i] = value;
        });
      }
      return results;
    },
    lower({ inputs, attrs: given, adapter }) {
      const attrs = complete(given);
      const size = sizeOf(inputs[0].shape);
      const width = widthOf(size);
      const count = size / width;
      return [
        {
          name: `width ${width}`,
          dispatches: [
            {
              kernel: rule.kernel,
              entry: rule.entry?.(attrs),
              width,
              constants: rule.constants?.(attrs),
              params: [u32(count), ...rule.params(attrs)],
              bindings: [
                read(1),
                read(2),
                read(4),
                ...(rule.usesStep ? [read(3)] : []),
                inout(0, 0),
                ...rule.slots(attrs).map((_, i) => inout(1 + i, FIXED.length + i)),
              ],
              workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
              flops: size * 4 * (1 + rule.slots(attrs).length),
              elementwise: {
                perWorkgroup: ELEMENTS_PER_WORKGROUP,
                shared: rule.usesStep ? [1, 2, 3] : [1, 2],
              },
            },
          ],
        },
      ];
    },
  };
}
