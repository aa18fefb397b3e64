import { sameShape } from '../core/shape';
import type { Attrs, Graph, Node, Value } from '../ir/graph';
import { verify } from '../ir/verify';
import { isActivation } from '../ops/activations';
import { producersOf, useCounts } from './uses';

/**
 * Makes one node of each chain of a convolution, dense layer or batch norm, the sum with a residual and an
 * activation, where nothing else needs what is between them. What is between is neither stored nor read
 * then. Values keep their identities; the numbers are the same to rounding.
 */
export function fuse(graph: Graph): Graph {
  const fused = fuseChains(graph);
  if (fused !== graph) verify(fused);
  return fused;
}

function fuseChains(graph: Graph): Graph {
  const producers = producersOf(graph);
  const uses = useCounts(graph);
  const positions = new Map(graph.nodes.map((node, i) => [node, i]));
  const firstReads = new Map<Value, number>();
  graph.nodes.forEach(({ inputs }, i) => {
    for (const value of inputs) if (!firstReads.has(value)) firstReads.set(value, i);
  });
  const gone = new Set<Node>();
  const made = new Map<Node, Node>();
  /** The head that makes `value`, if it may take over what `last` does with it. */
  const headOf = (value: Value, last: Node): Node | undefined => {
    const head = producers.get(value);
    const free = head?.op.epilogue && !head.attrs.activation && !head.attrs.residual;
    if (!free || gone.has(head) || value !== head.outputs[0] || uses.get(value) !== 1) return;
    // The other outputs will come as late as `last`.
    const at = positions.get(last) as number;
    const early = head.outputs.slice(1).some((other) => (firstReads.get(other) ?? at) < at);
    return early ? undefined : head;
  };
  const take = (last: Node, chain: readonly Node[], inputs: readonly Value[], attrs: Attrs) => {
    const [head] = chain;
    for (const node of chain) gone.add(node);
    const outputs = [last.outputs[0], ...head.outputs.slice(1)];
    made.set(last, { ...head, inputs: [...head.inputs, ...inputs], outputs, attrs });
  };
  /** Fuses a sum, and the activation behind it if there is one, into one of its operands. */
  const fuseSum = (sum: Node, last: Node, attrs: Attrs): boolean => {
    const [a, b] = sum.inputs;
    if (!sameShape(a.shape, b.shape)) return false;
    for (const [value, residual] of [
      [a, b],
      [b, a],
    ]) {
      const head = headOf(value, last);
      if (!head) continue;
      take(last, [head, sum], [residual], { ...head.attrs, ...attrs, residual: true });
      return true;
    }
    return false;
  };

  for (const last of graph.nodes) {
    if (!isActivation(last.op)) continue;
    const [z] = last.inputs;
    const attrs = { activation: last.op.name, ...last.attrs };
    const sum = producers.get(z);
    if (sum?.op.sum && uses.get(z) === 1 && fuseSum(sum, last, attrs)) continue;
    const head = headOf(z, last);
    if (head) take(last, [head], [], { ...head.attrs, ...attrs });
  }
  for (const sum of graph.nodes) if (sum.op.sum && !gone.has(sum)) fuseSum(sum, sum, {});
  if (!made.size) return graph;
  const nodes = graph.nodes
    .filter((node) => made.has(node) || !gone.has(node))
    .map((node) => made.get(node) ?? node);
  return { ...graph, nodes };
}
