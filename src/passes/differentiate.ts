import { GraphError } from '../core/errors';
import { sameShape } from '../core/shape';
import { GraphBuilder } from '../ir/builder';
import type { Graph, Value } from '../ir/graph';
import { addOp } from '../ops/binary';
import { gradientRules } from '../ops/gradients';

export interface Differentiated {
  readonly graph: Graph;
  /** For each value of `wrt` its gradient; all zeros where nothing depends on it. */
  readonly gradients: ReadonlyMap<Value, Value>;
}

/**
 * Reverse-mode differentiation as a graph rewrite: appends nodes that compute, for each value in
 * `wrt`, the gradient of Σ value·seed over `seeds` (a loss is seeded with a constant 1).
 */
export function differentiate(
  graph: Graph,
  seeds: ReadonlyMap<Value, Value | number>,
  wrt: readonly Value[],
): Differentiated {
  const g = GraphBuilder.extend(graph);
  const active = dependents(graph, wrt);
  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, gradient: Value) => {
    if (!sameShape(value.shape, gradient.shape)) {
      throw new GraphError({
        where: `gradient of "${value.name}"`,
        rule: `it has the value's shape [${value.shape}]`,
        found: `[${gradient.shape}]`,
      });
    }
    const before = gradients.get(value);
    gradients.set(value, before ? g.op(addOp, [before, gradient]) : gradient);
  };

  for (const [value, seed] of seeds) {
    accumulate(value, typeof seed === 'number' ? g.fill(seed, value) : seed);
  }
  for (const node of [...graph.nodes].reverse()) {
    const dOutputs = node.outputs.map((value) => gradients.get(value));
    const wanted = node.inputs.map((value) => active.has(value));
    if (!wanted.includes(true) || dOutputs.every((gradient) => !gradient)) continue;
    const rule = gradientRules.get(node.op);
    if (!rule) {
      throw new GraphError({
        where: `${node.op.name} "${node.name}"`,
        rule: 'an op between a parameter and the loss has a gradient',
        remedy: 'Leave it out of the training graph.',
      });
    }
    const dInputs = g.scoped(`grad/${node.name}`, () => rule({ g, node, dOutputs, wanted }));
    g.scoped(`grad/${node.name}`, () => {
      node.inputs.forEach((value, i) => {
        const gradient = dInputs[i];
        if (wanted[i] && gradient) accumulate(value, gradient);
      });
    });
  }
  const result = new Map(wrt.map((value) => [value, gradients.get(value) ?? g.fill(0, value)]));
  return { graph: g.build(), gradients: result };
}

/** All values that depend on one of `wrt`, and `wrt` itself. */
function dependents(graph: Graph, wrt: readonly Value[]): Set<Value> {
  const active = new Set(wrt);
  for (const node of graph.nodes) {
    if (node.inputs.some((value) => active.has(value))) {
      for (const value of node.outputs) active.add(value);
    }
  }
  return active;
}
