import type { NodeBuilder } from '../ir/gradient';
import type { Node, Value } from '../ir/graph';
import type { Attrs } from '../ir/tensor';
import { activationGradient, gradientByOutput } from './activations-grad';
import { activationOf } from './epilogue';

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
  const activation = activationOf(node.attrs);
  if (!activation) return dy;
  const { activation: _, ...linear } = node.attrs;
  const { activation: __, ...own } = activationAttrs(node.attrs);
  const sum = gradientByOutput(activation, own) ? y : g.apply(node.op, node.inputs, linear)[0];
  return activationGradient(g, activation, own, sum, y, dy);
}

function parameterNames(attrs: Attrs): string[] {
  return activationOf(attrs)?.params.map(([name]) => name) ?? [];
}
