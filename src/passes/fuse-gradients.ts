import type { Graph, Node, Value } from '../ir/graph';
import { verify } from '../ir/verify';
import { type ActivationOp, activationParams, isActivation } from '../ops/activations';
import { batchNormOp } from '../ops/batch-norm';
import { batchNormInferenceOp } from '../ops/batch-norm-inference';
import { addOp } from '../ops/binary';
import { producersOf, useCounts } from './uses';

/** The gradient of an activation, and the value in front of that activation. */
interface Slope {
  readonly node: Node;
  readonly activation: ActivationOp;
  readonly z: Value;
}

/**
 * For graphs with gradients, before `fuse`: makes one batchNormGrad of the gradient of an activation and of the batch norm in front of it. The
 * slope is found from x again, which is read anyway, so that the batch norm's output need not be kept.
 * Where a residual came between, it is found from the activation's output, and the batchNormGrad also
 * gives the gradient of the residual.
 */
export function fuseGradients(graph: Graph): Graph {
  const producers = producersOf(graph);
  const uses = useCounts(graph);
  const made = new Map<Node, Node>();
  const gone = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.op.gradientOf !== batchNormOp || node.attrs.activation) continue;
    const [x, dy, gamma, statistics] = node.inputs;
    const slope = slopeOf(producers.get(dy), producers);
    if (!slope || gone.has(slope.node)) continue;
    const { activation } = slope;
    const { byOutput, ...own } = slope.node.attrs;
    const [seen, dOutput] = slope.node.inputs;
    const attrs = { ...node.attrs, activation: activation.name, ...own };
    const norm = normOf(producers.get(slope.z), node, producers);
    if (norm && uses.get(dy) === 1) {
      const inputs = [x, dOutput, gamma, statistics, norm.inputs[2]];
      made.set(node, { ...node, inputs, attrs });
      gone.add(slope.node);
      continue;
    }
    const sum = producers.get(slope.z);
    const behindSum =
      sum?.op === addOp && sum.inputs.some((z) => normOf(producers.get(z), node, producers));
    if (byOutput && behindSum) {
      const inputs = [x, dOutput, gamma, statistics, seen];
      const outputs = [...node.outputs, dy];
      made.set(node, { ...node, inputs, outputs, attrs: { ...attrs, residual: true } });
      gone.add(slope.node);
    }
  }
  if (!made.size) return graph;
  const nodes = graph.nodes.filter((node) => !gone.has(node)).map((node) => made.get(node) ?? node);
  const fused = { ...graph, nodes: inOrder({ ...graph, nodes }) };
  verify(fused);
  return fused;
}

function slopeOf(node: Node | undefined, producers: ReadonlyMap<Value, Node>): Slope | undefined {
  const activation = node?.op.gradientOf;
  if (!node || !activation || !isActivation(activation)) return undefined;
  const [seen] = node.inputs;
  if (!node.attrs.byOutput) return { node, activation, z: seen };
  const forward = producers.get(seen);
  const params = (attrs: Node['attrs']) => activationParams(activation, attrs).join();
  if (forward?.op !== activation || params(forward.attrs) !== params(node.attrs)) return undefined;
  return { node, activation, z: forward.inputs[0] };
}

/** `norm`, if it is the batch norm whose gradient `gradient` is. */
function normOf(
  norm: Node | undefined,
  gradient: Node,
  producers: ReadonlyMap<Value, Node>,
): Node | undefined {
  const [x, , gamma, statistics] = gradient.inputs;
  if (norm?.inputs[0] !== x || norm.inputs[1] !== gamma) return undefined;
  if (norm.op === batchNormOp) return norm.outputs[1] === statistics ? norm : undefined;
  if (norm.op !== batchNormInferenceOp) return undefined;
  const given = producers.get(statistics);
  const same =
    given?.op.gradientOf === batchNormInferenceOp &&
    given.inputs[0] === norm.inputs[3] &&
    given.inputs[1] === norm.inputs[4] &&
    given.attrs.epsilon === norm.attrs.epsilon;
  return same ? norm : undefined;
}

/** The nodes in an order in which they can run, as near to the given one as that allows. */
function inOrder(graph: Graph): Node[] {
  const producers = producersOf(graph);
  const done = new Set<Node>();
  const ordered: Node[] = [];
  const visit = (node: Node) => {
    if (done.has(node)) return;
    done.add(node);
    for (const value of node.inputs) {
      const producer = producers.get(value);
      if (producer) visit(producer);
    }
    ordered.push(node);
  };
  for (const node of graph.nodes) visit(node);
  return ordered;
}
