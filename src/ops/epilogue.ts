// What an op does to its result before it stores it: adds a residual, applies an activation.
// Attributes: `activation`, the name of an activation op, with that op's own attributes beside it;
// `residual`, whether the last input is a tensor of the output's shape to add first.
import { oneOf } from '../core/check';
import type { Attrs, Node, TensorType, Value } from '../ir/graph';
import { type Dispatch, f32, type NodeBuilder, type Param } from '../ir/op';
import { ACTIVATIONS, activationParams, gradientByOutput } from './activations';
import { checkShapeIs } from './common';

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
    oneOf(activation as string, Object.keys(ACTIVATIONS), where, 'activation');
  }
}

/** The formula, in float64. */
export function epilogue(y: Float64Array, attrs: Attrs, residual?: Float64Array): Float64Array {
  const sum = residual ? y.map((v, i) => v + residual[i]) : y;
  const activation = activationOf(attrs);
  if (!activation) return sum;
  const [a, b] = activationParams(activation, attrs);
  return sum.map((v) => ACTIVATIONS[activation].f(v, a, b));
}

export function activationOf(attrs: Attrs): string | undefined {
  return attrs.activation as string | undefined;
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
    activation: activation ? ACTIVATIONS[activation].kind : 0,
    has_residual: attrs.residual ? 1 : 0,
  };
}

/** The attributes of the op itself. */
export function withoutEpilogue(attrs: Attrs): Attrs {
  const names = ['activation', 'residual', ...parameterNames(attrs)];
  return Object.fromEntries(Object.entries(attrs).filter(([name]) => !names.includes(name)));
}

/** The attribute `activation` and those of its parameters. */
export function activationAttrs(attrs: Attrs): Attrs {
  const names = ['activation', ...parameterNames(attrs)];
  return Object.fromEntries(Object.entries(attrs).filter(([name]) => names.includes(name)));
}

/**
 * From the gradient `dy` of the output `y` of `node` to that of the sum in front of the activation, which
 * is also the residual's. Where the output does not tell the derivative, the sum is computed again.
 */
export function epilogueGradient(g: NodeBuilder, node: Node, y: Value, dy: Value): Value {
  const { op, inputs, attrs } = node;
  const { activation, ...own } = activationAttrs(attrs);
  if (!activation) return dy;
  const byOutput = gradientByOutput(activation as string, attrs);
  const { activation: _, ...linear } = attrs;
  const from = byOutput ? y : g.apply(op, inputs, linear)[0];
  return g.op(`${activation}Grad`, [from, dy], { ...own, ...(byOutput && { byOutput }) });
}

function parameterNames(attrs: Attrs): string[] {
  const activation = activationOf(attrs);
  return activation ? ACTIVATIONS[activation].params.map(([name]) => name) : [];
}
