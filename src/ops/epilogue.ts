// What an op does to its result before it stores it: adds a residual, applies an activation.
// Attributes: `activation`, the name of an activation op, with that op's own attributes beside it;
// `residual`, whether the last input is a tensor of the output's shape to add first.
import { oneOf } from '../core/check';
import type { Attrs, TensorType } from '../ir/graph';
import { type Dispatch, f32, type Param } from '../ir/op';
import { type ActivationOp, activationOps, activationParams } from './activations';
import { checkShapeIs } from './common';

const ACTIVATIONS: ReadonlyMap<string, ActivationOp> = /* @__PURE__ */ new Map(
  activationOps.map((op) => [op.name, op]),
);

/** The inputs of the op itself, and the residual where there is one. */
export function withResidual<T>(
  inputs: readonly T[],
  attrs: Attrs,
): { own: readonly T[]; residual?: T } {
  if (!attrs.residual) return { own: inputs };
  return { own: inputs.slice(0, -1), residual: inputs[inputs.length - 1] };
}

/** Throws unless the residual has the shape of `output` and the activation is one. */
export function checkEpilogue(
  output: TensorType,
  residual: TensorType | undefined,
  { activation }: Attrs,
  where: string,
): void {
  if (residual) checkShapeIs(residual, output.shape, where, 'the residual');
  if (activation !== undefined) {
    oneOf(activation as string, [...ACTIVATIONS.keys()], where, 'activation');
  }
}

/** The formula, in float64. */
export function epilogue(y: Float64Array, attrs: Attrs, residual?: Float64Array): Float64Array {
  const sum = residual ? y.map((v, i) => v + residual[i]) : y;
  const activation = activationOf(attrs);
  if (!activation) return sum;
  const [a, b] = activationParams(activation, attrs);
  return sum.map((v) => activation.f(v, a, b));
}

/** The op that the attributes name. */
export function activationOf(attrs: Attrs): ActivationOp | undefined {
  return ACTIVATIONS.get(attrs.activation as string);
}

/** The words `a` and `b` of the activation, as in `shaders/lib/epilogue.wgsl`. */
export function epilogueParams(attrs: Attrs): Param[] {
  const activation = activationOf(attrs);
  return (activation ? activationParams(activation, attrs) : [0, 0]).map(f32);
}

/** The override constants of `shaders/lib/epilogue.wgsl`. */
export function epilogueConstants(attrs: Attrs): NonNullable<Dispatch['constants']> {
  const activation = activationOf(attrs);
  return {
    activation: activation?.kind ?? 0,
    has_residual: attrs.residual ? 1 : 0,
  };
}
