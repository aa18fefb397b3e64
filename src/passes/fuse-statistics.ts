import type { Graph, Node, Value } from '../ir/graph';
import { verify } from '../ir/verify';
import { batchNormOp } from '../ops/batch-norm';
import { conv2dOp } from '../ops/conv';
import { conv2dBatchNormOp } from '../ops/conv2d-batch-norm';
import { producersOf } from './uses';

/**
 * After `fuse`: makes one node of a convolution and the batch norm of its output that uses the batch's
 * statistics, so that a lowering can sum them up where the output is made. Values keep their identities.
 */
export function fuseStatistics(graph: Graph): Graph {
  const producers = producersOf(graph);
  const firstReads = new Map<Value, Node>();
  for (const node of graph.nodes) {
    for (const value of node.inputs) if (!firstReads.has(value)) firstReads.set(value, node);
  }
  const gone = new Set<Node>();
  const made = new Map<Node, Node>();
  for (const norm of graph.nodes) {
    const [x, ...rest] = norm.inputs;
    const conv = producers.get(x);
    if (norm.op !== batchNormOp || norm.attrs.blend === 0 || conv?.op !== conv2dOp) continue;
    if (conv.attrs.activation || conv.attrs.residual) continue;
    // The convolution's output will come as late as the batch norm's, and cannot be its residual too.
    if (firstReads.get(x) !== norm || rest.includes(x)) continue;
    gone.add(conv);
    made.set(norm, {
      ...conv,
      op: conv2dBatchNormOp,
      inputs: [...conv.inputs, ...rest],
      outputs: [...conv.outputs, ...norm.outputs],
      attrs: { ...conv.attrs, ...norm.attrs, bias: conv.inputs.length === 3 },
    });
  }
  if (!made.size) return graph;
  const nodes = graph.nodes.filter((node) => !gone.has(node)).map((node) => made.get(node) ?? node);
  const fused = { ...graph, nodes };
  verify(fused);
  return fused;
}
