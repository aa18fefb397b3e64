import { type Graph, rootsOf, type Value } from '../ir/graph';

/**
 * Moves the nodes that depend on no input to the front, and says how many they are: what they
 * compute stays the same until a state changes. What the graph puts out or updates is not among
 * them, nor what depends on a state that the graph itself updates.
 */
export function staticFirst(graph: Graph): { graph: Graph; count: number } {
  const roots = new Set(rootsOf(graph));
  const fixed = new Set<Value>([
    ...graph.states.filter((state) => !graph.updates.has(state)),
    ...graph.constants.map(({ value }) => value),
  ]);
  const first = graph.nodes.filter((node) => {
    const same = node.inputs.every((value) => fixed.has(value));
    if (!same || node.outputs.some((value) => roots.has(value))) return false;
    for (const value of node.outputs) fixed.add(value);
    return true;
  });
  // Views cost nothing: without real work there is nothing to save.
  if (first.every(({ op }) => op.view)) return { graph, count: 0 };
  const early = new Set(first);
  const rest = graph.nodes.filter((node) => !early.has(node));
  return { graph: { ...graph, nodes: [...first, ...rest] }, count: first.length };
}
