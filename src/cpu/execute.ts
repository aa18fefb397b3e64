import { decodeArray } from '../core/dtype';
import type { Graph, Value } from '../ir/graph';

/** Numbers of a graph's values, in float64. */
export type Numbers = Map<Value, Float64Array>;

/**
 * Runs `graph` by the ops' references. `numbers` holds the inputs and states; the answer holds
 * every value. States are not changed: `graph.updates` says where their new values are. `store` may change
 * what a node computed before others read it; by default they read it exactly.
 */
export function execute(
  graph: Graph,
  numbers: ReadonlyMap<Value, Float64Array>,
  store: (computed: Float64Array, value: Value) => Float64Array = (computed) => computed,
): Numbers {
  const known: Numbers = new Map(numbers);
  for (const { value, data } of graph.constants) {
    const bytes = data.slice().buffer as ArrayBuffer;
    known.set(value, Float64Array.from(decodeArray(value.dtype, bytes, data.length)));
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => known.get(value) as Float64Array);
    const outputs = node.op.reference(inputs, node);
    node.outputs.forEach((value, i) => {
      known.set(value, store(outputs[i], value));
    });
  }
  return known;
}
