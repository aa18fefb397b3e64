import { resolveAxis } from '../core/shape';
import type { Attrs } from '../ir/graph';
import type { OpDef } from '../ir/op';
import {
  type ActivationOp,
  absOp,
  clipOp,
  eluOp,
  expOp,
  geluOp,
  geluTanhOp,
  hardSigmoidOp,
  hardSwishOp,
  leakyReluOp,
  logOp,
  reluOp,
  seluOp,
  sigmoidOp,
  siluOp,
  softplusOp,
  softsignOp,
  sqrtOp,
  squareOp,
  tanhOp,
} from '../ops/activations';
import { logSoftmaxOp, softmaxOp } from '../ops/softmax';
import { type Check, choice, number as finite, wrong } from './options';

interface Entry {
  /** Undefined for the identity. Its parameters may be given. */
  readonly op?: OpDef & Partial<Pick<ActivationOp, 'params'>>;
  /** What they are, where they may not. */
  readonly attrs?: Attrs;
}

const TABLE = {
  linear: {},
  relu: { op: reluOp },
  relu6: { op: clipOp, attrs: { low: 0, high: 6 } },
  clip: { op: clipOp },
  leakyRelu: { op: leakyReluOp },
  elu: { op: eluOp },
  selu: { op: seluOp },
  gelu: { op: geluOp },
  geluTanh: { op: geluTanhOp },
  silu: { op: siluOp },
  swish: { op: siluOp },
  hardSwish: { op: hardSwishOp },
  hardSigmoid: { op: hardSigmoidOp },
  sigmoid: { op: sigmoidOp },
  tanh: { op: tanhOp },
  softplus: { op: softplusOp },
  softsign: { op: softsignOp },
  softmax: { op: softmaxOp },
  logSoftmax: { op: logSoftmaxOp },
  exp: { op: expOp },
  log: { op: logOp },
  sqrt: { op: sqrtOp },
  abs: { op: absOp },
  square: { op: squareOp },
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
  const known = parametersOf(TABLE[kind]);
  const checked = Object.entries(params).map(([param, number]) => {
    if (known.includes(param)) return [param, finite(number, where, `${name}.${param}`)];
    throw wrong(param, where, `${name} "${kind}" takes ${known.join(', ') || 'no parameters'}`);
  });
  return { name: kind, ...Object.fromEntries(checked) };
};

function parametersOf({ op, attrs }: Entry): readonly string[] {
  if (!op || attrs) return [];
  return isSoftmax(op) ? ['axis'] : (op.params ?? []).map(([name]) => name);
}

const isSoftmax = (op: OpDef) => op === softmaxOp || op === logSoftmaxOp;

/** The op of an activation on a tensor of `rank` dimensions; undefined for `linear`. */
export function activationOp(
  activation: Activation,
  rank: number,
  where: string,
): { readonly op: OpDef; readonly attrs: Attrs } | undefined {
  const { name, ...params } = typeof activation === 'string' ? { name: activation } : activation;
  const { op, attrs }: Entry = TABLE[name];
  if (!op) return undefined;
  if (!isSoftmax(op)) return { op, attrs: { ...attrs, ...params } };
  const { axis = -1 } = params as { axis?: number };
  return { op, attrs: { axis: resolveAxis(axis, rank, where) } };
}
