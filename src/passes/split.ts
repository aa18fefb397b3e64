import type { Graph, Value } from '../ir/graph';

/**
 * Cuts a graph after its first `count` nodes. `head` gives, as outputs named `%id`, what `tail`
 * takes as inputs of the same names; both read the same states. Outputs and updates belong to the
 * half that makes their value; those of neither (inputs, states) to the tail.
 */
export function split(graph: Graph, count: number): { head: Graph; tail: Graph } {
  const headNodes = graph.nodes.slice(0, count);
  const tailNodes = graph.nodes.slice(count);
  const made = new Set(headNodes.flatMap((node) => node.outputs));
  const used = new Set(tailNodes.flatMap((node) => node.inputs));
  const crossing = new Map(
    [...made]
      .filter((value) => used.has(value))
      .map((value) => [value, { ...value, name: `%${value.id}` }]),
  );
  const inHead = ([, value]: [unknown, Value]) => made.has(value);
  const inTail = (entry: [unknown, Value]) => !inHead(entry);
  const outputs = [...graph.outputs];
  const updates = [...graph.updates];
  const passed = [...crossing].map(([value, { name }]): [string, Value] => [name, value]);
  return {
    head: {
      ...graph,
      nodes: headNodes,
      outputs: new Map([...outputs.filter(inHead), ...passed]),
      updates: new Map(updates.filter(inHead)),
    },
    tail: {
      ...graph,
      inputs: [...graph.inputs, ...crossing.values()],
      nodes: tailNodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((value) => crossing.get(value) ?? value),
      })),
      outputs: new Map(outputs.filter(inTail)),
      updates: new Map(updates.filter(inTail)),
    },
  };
}
