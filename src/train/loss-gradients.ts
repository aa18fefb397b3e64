import { GraphBuilder } from '../ir/builder';
import type { Graph, Value } from '../ir/graph';
import { affineOp } from '../ops/activations';
import { differentiate } from '../passes/differentiate';
import type { Loss } from './losses';

interface LossOptions {
  readonly batch: number;
  readonly storage: 'f32' | 'f16';
  readonly loss: Loss;
}

interface LossGradients {
  /** Goes on where `graph` ends and the gradients are. */
  readonly g: GraphBuilder;
  /** One for each of the parameters, f32. */
  readonly gradients: readonly Value[];
}

/** At most so much: it is no gradient of a weight that would overflow by it. */
const MOST = 256;

/**
 * The gradients of `mean`, the mean of `loss` over a batch, for `parameters`, which are f32.
 *
 * The mean divides all gradients by the batch, and halves lose bits below 2⁻¹⁴ and everything below 2⁻²⁵. So with
 * f16 storage what flows back is the gradient of the mean times the batch, rounded up to a power of two, and the
 * parameters' gradients are divided by it in f32, exactly. Only of losses whose slope for an output is at most
 * 1: others might overflow.
 */
export function lossGradients(
  graph: Graph,
  mean: Value,
  parameters: readonly Value[],
  { batch, storage, loss }: LossOptions,
): LossGradients {
  const bounded = loss.name === 'crossEntropy' || loss.name === 'binaryCrossEntropy';
  const factor =
    storage === 'f16' && bounded ? Math.min(MOST, 2 ** Math.ceil(Math.log2(batch))) : 1;
  const backward = differentiate(graph, new Map([[mean, factor]]), parameters);
  const g = GraphBuilder.extend(backward.graph);
  const gradients = parameters.map((parameter) => {
    const gradient = backward.gradients.get(parameter) as Value;
    if (factor === 1) return gradient;
    return g.op(affineOp, [gradient], { scale: 1 / factor }, `grad/${parameter.name}`);
  });
  return { g, gradients };
}
