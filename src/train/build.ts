import { type BuildOptions, type BuiltModel, buildGraph } from '../model/build';
import type { Model } from '../model/model';
import { batchNormOp } from '../ops/batch-norm';
import { castOp } from '../ops/cast';
import { incrementOp } from '../ops/indices';

/** {@link buildGraph} for graphs that may take statistics of batches: to train, or to adapt. */
export function buildTrainable(model: Model, options: BuildOptions): BuiltModel {
  const ops = { batchNorm: batchNormOp, increment: incrementOp, cast: castOp };
  return buildGraph(model, { ...options, ops });
}
