import { GraphBuilder } from '../ir/builder';
import type { Graph, Node, Value } from '../ir/graph';
import { batchNormFoldOp } from '../ops/batch-norm-fold';
import { batchNormInferenceOp } from '../ops/batch-norm-inference';
import { conv2dOp } from '../ops/conv';
import { denseOp } from '../ops/matmul';
import { producersOf, useCounts } from './uses';

/** Ops with weights [..., channels] of the output last, and an optional bias [channels] as input 2. */
const FOLDS_INTO = [conv2dOp, denseOp];

/**
 * Folds each batch norm that uses given statistics into the convolution or dense layer in front of it,
 * where nothing else needs what is between them: with s = γ/√(σ² + ε), weights w·s and bias
 * β + (b − μ)·s. The new weights are nodes that depend on states only: see {@link staticFirst}.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const folded = new Map<Node, Node>();
  for (const [norm, { into }] of findFoldings(graph)) if (into) folded.set(norm, into);
  if (!folded.size) return graph;
  const g = GraphBuilder.extend({ ...graph, nodes: [], outputs: new Map(), updates: new Map() });
  const renewed = new Map<Value, Value>();
  const now = (value: Value) => renewed.get(value) ?? value;
  const layers = new Set(folded.values());
  for (const node of graph.nodes) {
    if (layers.has(node)) continue;
    const layer = folded.get(node);
    const outputs = layer
      ? [foldOne(g, layer, layer.inputs.map(now), node, node.inputs.map(now))]
      : g.apply(node.op, node.inputs.map(now), node.attrs, node.name);
    node.outputs.forEach((value, i) => {
      renewed.set(value, outputs[i]);
    });
  }
  for (const [name, value] of graph.outputs) g.output(name, now(value));
  for (const [state, value] of graph.updates) g.update(state, now(value));
  return g.build();
}

/** Where a batch norm goes, or what keeps it where it is. */
export type Folding =
  | { readonly into: Node; readonly obstacle?: undefined }
  | { readonly into?: undefined; readonly obstacle: Obstacle };

/**
 * `nothing`: it reads an input, a constant or a state. `other`: what is in front is no convolution or
 * dense layer, or has an activation or a residual in it. `shared`: something else needs what is between.
 * `half`: the weights would be rounded to f16 twice.
 */
export type Obstacle = 'nothing' | 'other' | 'shared' | 'half';

/** What becomes of each batch norm of the graph that uses given statistics. */
export function findFoldings(graph: Graph): Map<Node, Folding> {
  const producers = producersOf(graph);
  const uses = useCounts(graph);
  const found = new Map<Node, Folding>();
  for (const node of graph.nodes) {
    if (node.op !== batchNormInferenceOp) continue;
    const [x] = node.inputs;
    const layer = producers.get(x);
    if (!layer) found.set(node, { obstacle: 'nothing' });
    else if (!FOLDS_INTO.includes(layer.op) || layer.attrs.activation || layer.attrs.residual) {
      found.set(node, { obstacle: 'other' });
    } else if (uses.get(x) !== 1) found.set(node, { obstacle: 'shared' });
    else if (x.dtype !== 'f32') found.set(node, { obstacle: 'half' });
    else found.set(node, { into: layer });
  }
  return found;
}

function foldOne(
  g: GraphBuilder,
  layer: Node,
  [x, weights, ...bias]: readonly Value[],
  norm: Node,
  [, ...vectors]: readonly Value[],
): Value {
  const { epsilon } = norm.attrs;
  return g.scoped(norm.name, () => {
    const folded = g.apply(batchNormFoldOp, [weights, ...vectors, ...bias], { epsilon }, 'fold');
    return g.op(layer.op, [x, ...folded], layer.attrs, layer.name);
  });
}
