import { type Graph, rootsOf, type Value } from '../ir/graph';

/** Leaves out nodes and constants that no output and no update depends on. Inputs and states stay. */
export function removeDead(graph: Graph): Graph {
  const live = new Set<Value>(rootsOf(graph));
  const nodes = [...graph.nodes]
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((value) => live.has(value))) return false;
      for (const value of node.inputs) live.add(value);
      return true;
    })
    .reverse();
  const constants = graph.constants.filter(({ value }) => live.has(value));
  return { ...graph, nodes, constants };
}
