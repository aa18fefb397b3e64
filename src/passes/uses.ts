import { type Graph, type Node, rootsOf, type Value } from '../ir/graph';

/** The node that makes each value; none for inputs, states and constants. */
export function producersOf(graph: Graph): Map<Value, Node> {
  return new Map(
    graph.nodes.flatMap((node) => node.outputs.map((value) => [value, node] as const)),
  );
}

/** How often each value is read by nodes, put out, or kept as a state; none where never. */
export function useCounts(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap(({ inputs }) => inputs), ...rootsOf(graph)]) {
    uses.set(value, (uses.get(value) ?? 0) + 1);
  }
  return uses;
}
