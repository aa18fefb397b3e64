import { bytesOf } from '../core/dtype';
import { type Graph, type Node, rootsOf, type Value } from '../ir/graph';
import { verify } from '../ir/verify';
import { batchNormOp } from '../ops/batch-norm';
import { batchNormAgainOp } from '../ops/batch-norm-again';
import { batchNormInferenceOp } from '../ops/batch-norm-inference';
import { withResidual } from '../ops/epilogue';
import { producersOf } from './uses';

/** Steps at which a value is made and last read. */
interface Life {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  /** Steps at which it is read, under its own name and not through a view. */
  readonly reads: readonly number[];
  /** It is read in no other way, and not put out or kept. */
  readonly plain: boolean;
}

/** An output of a batch norm that is computed again before step `at`. */
interface Candidate {
  readonly norm: Node;
  readonly at: number;
  readonly bytes: number;
}

/**
 * For graphs with gradients, after `fuse`: what a batch norm puts out (with the sum and the activation behind
 * it) is computed again, from its input and statistics, before the gradients read it, so that it need
 * not be kept from the forward pass on. Only what is kept at the step with the most memory, and
 * only from tensors that are there anyway.
 */
export function recompute(graph: Graph): Graph {
  let best = graph;
  for (;;) {
    const lives = livesOf(best);
    const peak = peakOf(best, lives);
    const [candidate] = candidatesAt(peak, best, lives).sort((a, b) => b.bytes - a.bytes);
    if (!candidate) break;
    best = again(best, candidate);
  }
  if (best !== graph) verify(best);
  return best;
}

function livesOf(graph: Graph): Map<Value, Life> {
  const root = new Map<Value, Value>();
  const rootOf = (value: Value) => root.get(value) ?? value;
  const lives = new Map<
    Value,
    { -readonly [key in keyof Life]: Life[key] } & { reads: number[] }
  >();
  graph.nodes.forEach(({ op, inputs, outputs }, step) => {
    for (const value of new Set(inputs)) {
      const life = lives.get(rootOf(value));
      if (!life) continue;
      life.last = step;
      if (rootOf(value) === value && !op.view) life.reads.push(step);
      else life.plain = false;
    }
    for (const value of outputs) {
      if (op.view) root.set(value, rootOf(inputs[0]));
      else
        lives.set(value, {
          first: step,
          last: step,
          bytes: bytesOf(value),
          reads: [],
          plain: true,
        });
    }
  });
  // New values of states mostly lie where the old ones did.
  for (const value of graph.outputs.values()) {
    const life = lives.get(rootOf(value));
    if (life) life.last = graph.nodes.length;
  }
  for (const value of rootsOf(graph)) {
    const life = lives.get(rootOf(value));
    if (life) life.plain = false;
  }
  return lives;
}

/** The step at which the most bytes are alive. */
function peakOf({ nodes }: Graph, lives: ReadonlyMap<Value, Life>): number {
  const change = new Array<number>(nodes.length + 2).fill(0);
  for (const { first, last, bytes } of lives.values()) {
    change[first] += bytes;
    change[last + 1] -= bytes;
  }
  let [live, most, peak] = [0, 0, 0];
  change.forEach((delta, step) => {
    live += delta;
    if (live > most) [most, peak] = [live, step];
  });
  return peak;
}

/** Outputs of batch norms that are alive at step `peak` and read before and after it only. */
function candidatesAt(
  peak: number,
  { nodes }: Graph,
  lives: ReadonlyMap<Value, Life>,
): Candidate[] {
  return nodes.slice(0, peak).flatMap((norm) => {
    const isNorm = norm.op === batchNormOp || norm.op === batchNormInferenceOp;
    const life = isNorm ? lives.get(norm.outputs[0]) : undefined;
    if (!life?.plain || life.reads.includes(peak)) return [];
    const at = life.reads.find((step) => step > peak);
    if (at === undefined || life.first >= peak) return [];
    // Inputs and states are always there.
    const there = (value: Value) => (lives.get(value)?.last ?? at) >= at;
    return nodeAgain(norm).inputs.every(there) ? [{ norm, at, bytes: life.bytes }] : [];
  });
}

/** What gives the first output of `norm` once more. */
function nodeAgain(norm: Node): Pick<Node, 'op' | 'inputs' | 'attrs'> {
  if (norm.op === batchNormInferenceOp) return norm;
  const { inputs, outputs } = norm;
  const { own, residual } = withResidual(inputs, norm.attrs);
  const { blend, epsilon, momentum, unbiased, cumulative, ...attrs } = norm.attrs;
  const [x, gamma, beta] = own;
  return {
    op: batchNormAgainOp,
    inputs: [x, gamma, beta, outputs[1], ...(residual ? [residual] : [])],
    attrs,
  };
}

function again(graph: Graph, { norm, at }: Candidate): Graph {
  const [y] = norm.outputs;
  const values = [...producersOf(graph).keys()];
  const copy = { ...y, id: nextId(values), name: `${y.name} again` };
  const { op, inputs, attrs } = nodeAgain(norm);
  const id = nextId(graph.nodes);
  const node: Node = { id, op, name: `${norm.name} again`, inputs, outputs: [copy], attrs };
  const late = graph.nodes.slice(at).map((one) => ({
    ...one,
    inputs: one.inputs.map((value) => (value === y ? copy : value)),
  }));
  return { ...graph, nodes: [...graph.nodes.slice(0, at), node, ...late] };
}

function nextId(those: readonly { readonly id: number }[]): number {
  return 1 + those.reduce((most, { id }) => Math.max(most, id), 0);
}
