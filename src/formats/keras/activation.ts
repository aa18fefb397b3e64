import { FormatError } from '../../core/errors';
import type { Activation } from '../../model/activations';
import type { SymbolicTensor } from '../../model/layer';
import { activation } from '../../model/layers/activation';
import { multiply } from '../../model/layers/merge';
import type { Dialect } from './classes/common';
import { type Fields, shown } from './fields';

/** x·tanh(log(1 + eˣ)): no activation of its own here. */
const MISH = 'mish';

/** clip(0.2x + 0.5, 0, 1), which became clip(x/6 + 1/2, 0, 1) in Keras 3. */
const OLD_HARD_SIGMOID: Activation = { name: 'hardSigmoid', alpha: 0.2, beta: 0.5 };

const SAME: Readonly<Record<string, Activation>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu',
  gelu_new: 'geluTanh',
  swish: 'silu',
  silu: 'silu',
  hard_swish: 'hardSwish',
  hard_silu: 'hardSwish',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softplus: 'softplus',
  softsign: 'softsign',
  softmax: 'softmax',
  log_softmax: 'logSoftmax',
  exponential: 'exp',
  leaky_relu: { name: 'leakyRelu', alpha: 0.2 },
};

/** The activations that are known by name; `hard_sigmoid` and `mish` too. */
export const ACTIVATIONS: readonly string[] = [...Object.keys(SAME), 'hard_sigmoid', MISH].sort();

/** What a layer applies at its end: within itself where it can, or after it. */
export interface Applied {
  readonly inside: Activation;
  readonly after?: (tensor: SymbolicTensor) => SymbolicTensor;
}

/** The activation called `name`. Throws a {@link FormatError} for any other. */
function named(name: string, dialect: Dialect, where: string): Applied {
  if (name === 'hard_sigmoid') {
    return { inside: dialect === 'keras3' ? 'hardSigmoid' : OLD_HARD_SIGMOID };
  }
  if (name === MISH) {
    return {
      inside: 'linear',
      after: (x) => multiply()(x, activation('tanh')(activation('softplus')(x))),
    };
  }
  if (Object.hasOwn(SAME, name)) return { inside: SAME[name] };
  throw new FormatError({
    where,
    rule: `its activation is one of ${ACTIVATIONS.join(', ')}`,
    found: shown(name),
    remedy: 'Save the model with one of these: functions of its own are code, which is not run.',
  });
}

/** Layers that files write where an activation's name may stand. */
const ALPHAS: Readonly<Record<string, (config: Fields) => Activation>> = {
  LeakyReLU: (config) => ({ name: 'leakyRelu', alpha: slopeOf(config) }),
  ELU: (config) => ({ name: 'elu', alpha: config.number('alpha', 1) }),
};

/** Slope of LeakyReLU, by its names. */
export function slopeOf(config: Fields): number {
  return config.number(config.has('negative_slope') ? 'negative_slope' : 'alpha', 0.3);
}

/** The activation of a layer's config: a name, or a layer that is one. */
export function activationOf(config: Fields, dialect: Dialect, key = 'activation'): Applied {
  const value = config.raw(key) ?? 'linear';
  if (typeof value === 'string') return named(value, dialect, config.where);
  const object = config.object(key);
  const className = object.text('class_name', '');
  if (Object.hasOwn(ALPHAS, className))
    return { inside: ALPHAS[className](object.object('config')) };
  throw new FormatError({
    where: config.where,
    rule: `its activation is a name, or one of the layers ${Object.keys(ALPHAS).join(', ')}`,
    found: className ? `the class ${shown(className)}` : shown(value),
    remedy:
      'Put the activation behind it as a layer: functions of its own are code, which is not run.',
  });
}
