import { GraphBuilder } from '../ir/builder';
import type { Graph, Value } from '../ir/graph';
import { Expander, INFERENCE } from './expand';
import type { Layer, SymbolicTensor } from './layer';

/** What one application of a layer stands for, by itself, at inference. */
export interface LayerGraph {
  readonly graph: Graph;
  /** In the order of the layer's inputs; a batch of one. */
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** The weights that it reads, by `<layer>/<weight>`. */
  readonly states: ReadonlyMap<string, Value>;
  /** Those of them that training changes. */
  readonly parameters: ReadonlyMap<string, Value>;
}

/** The nodes of `layer`, called `name`, on tensors like `inputs`. */
export function layerGraph(
  layer: Layer,
  name: string,
  inputs: readonly SymbolicTensor[],
): LayerGraph {
  const g = new GraphBuilder();
  const values = inputs.map((tensor, i) => g.input(`input ${i}`, tensor.typeFor(1)));
  const expander = new Expander(g, INFERENCE);
  const batched = inputs.map((tensor) => tensor.batched);
  const output = expander.expand(layer, name, values, batched);
  const { states, parameters } = expander;
  return { graph: g.build(), inputs: values, output, states, parameters };
}
