import { NameError, ShapeError } from '../core/errors';
import { sameShape } from '../core/shape';
import type { Graph } from '../ir/graph';
import { formatType } from '../ir/verify';
import type { Variables } from './program';

/** Every state of the graph must be there with the graph's type: a wrong size would be read as is. */
export function checkVariables(graph: Graph, variables: Variables): void {
  for (const state of graph.states) {
    const where = `state "${state.name}"`;
    if (!variables.has(state.name)) {
      throw new NameError({
        where,
        rule: 'each state of the graph is a variable',
        remedy: `Create it first; there are: ${variables.names().join(', ') || 'none'}.`,
      });
    }
    const type = variables.type(state.name);
    if (type.dtype === state.dtype && sameShape(type.shape, state.shape)) continue;
    throw new ShapeError({
      where,
      rule: `the graph takes ${formatType(state)}`,
      found: `a variable of type ${formatType(type)}`,
    });
  }
}
