import { resolveAxis } from '../core/shape';
import type { Attrs } from '../ir/graph';
import { type Check, choice, number as finite, wrong } from './options';

interface Entry {
  readonly op: string;
  readonly attrs?: Attrs;
  /** Parameters that may be given, as attributes of the op. */
  readonly params?: readonly string[];
}

const TABLE = {
  linear: { op: '' },
  relu: { op: 'relu' },
  relu6: { op: 'clip', attrs: { low: 0, high: 6 } },
  clip: { op: 'clip', params: ['low', 'high'] },
  leakyRelu: { op: 'leakyRelu', params: ['alpha'] },
  elu: { op: 'elu', params: ['alpha'] },
  selu: { op: 'selu', params: ['alpha', 'scale'] },
  gelu: { op: 'gelu' },
  geluTanh: { op: 'geluTanh' },
  silu: { op: 'silu' },
  swish: { op: 'silu' },
  hardSwish: { op: 'hardSwish' },
  hardSigmoid: { op: 'hardSigmoid', params: ['alpha', 'beta'] },
  sigmoid: { op: 'sigmoid' },
  tanh: { op: 'tanh' },
  softplus: { op: 'softplus' },
  softsign: { op: 'softsign' },
  softmax: { op: 'softmax', params: ['axis'] },
  logSoftmax: { op: 'logSoftmax', params: ['axis'] },
  exp: { op: 'exp' },
  log: { op: 'log' },
  sqrt: { op: 'sqrt' },
  abs: { op: 'abs' },
  square: { op: 'square' },
  reciprocal: { op: 'reciprocal' },
  erf: { op: 'erf' },
  floor: { op: 'floor' },
  ceil: { op: 'ceil' },
  round: { op: 'round' },
  sign: { op: 'sign' },
  sin: { op: 'sin' },
  cos: { op: 'cos' },
  tan: { op: 'tan' },
  asin: { op: 'asin' },
  acos: { op: 'acos' },
  atan: { op: 'atan' },
  sinh: { op: 'sinh' },
  cosh: { op: 'cosh' },
  asinh: { op: 'asinh' },
  acosh: { op: 'acosh' },
  atanh: { op: 'atanh' },
  isNaN: { op: 'isNaN' },
  isInf: { op: 'isInf' },
} as const satisfies Record<string, Entry>;

export type ActivationName = keyof typeof TABLE;

/**
 * An activation function: its name, or its name with parameters, e.g.
 * `{ name: 'leakyRelu', alpha: 0.2 }`. `softmax` and `logSoftmax` work on the last axis unless
 * `axis` says otherwise (counted with the batch dimension, which is 0).
 */
export type Activation =
  | ActivationName
  | { readonly name: ActivationName; readonly [parameter: string]: string | number };

export const ACTIVATION_NAMES = Object.keys(TABLE) as readonly ActivationName[];

/** Checks an activation; the names allowed are in the error. */
export const activationOption: Check<Activation> = (value, where, name) => {
  if (typeof value !== 'object' || value === null)
    return choice(...ACTIVATION_NAMES)(value, where, name);
  const { name: given, ...params } = value as Record<string, unknown>;
  const kind = choice(...ACTIVATION_NAMES)(given, where, `${name}.name`);
  const known: readonly string[] = (TABLE[kind] as Entry).params ?? [];
  const checked = Object.entries(params).map(([param, number]) => {
    if (known.includes(param)) return [param, finite(number, where, `${name}.${param}`)];
    throw wrong(param, where, `${name} "${kind}" takes ${known.join(', ') || 'no parameters'}`);
  });
  return { name: kind, ...Object.fromEntries(checked) };
};

/** The op of an activation on a tensor of `rank` dimensions; undefined for `linear`. */
export function activationOp(
  activation: Activation,
  rank: number,
  where: string,
): { readonly op: string; readonly attrs: Attrs } | undefined {
  const { name, ...params } = typeof activation === 'string' ? { name: activation } : activation;
  const { op, attrs }: Entry = TABLE[name];
  if (!op) return undefined;
  if (op !== 'softmax' && op !== 'logSoftmax') return { op, attrs: { ...attrs, ...params } };
  const { axis = -1 } = params as { axis?: number };
  return { op, attrs: { axis: resolveAxis(axis, rank, where) } };
}
