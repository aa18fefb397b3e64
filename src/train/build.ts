import { type BuildOptions, type BuiltModel, buildGraph } from '../model/build';
import type { Model } from '../model/model';
import { batchNormOp } from '../ops/batch-norm';

/** {@link buildGraph} for graphs that may take statistics of batches: to train, or to adapt. */
export function buildTrainable(model: Model, options: BuildOptions): BuiltModel {
  return buildGraph(model, { ...options, batchNorm: batchNormOp });
}
