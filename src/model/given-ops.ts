import { GraphError } from '../core/errors';
import type { OpDef } from '../ir/op';

/** Ops that a page does without where it only infers, in f32. */
export interface GivenOps {
  /** Takes statistics of batches. */
  readonly batchNorm: OpDef;
  /** Counts steps and batches. */
  readonly increment: OpDef;
  /** For activations in f16. */
  readonly cast: OpDef;
}

/** The one called `name`. Throws a {@link GraphError} where the graph is built without it. */
export function opGiven(ops: Partial<GivenOps>, name: keyof GivenOps): OpDef {
  const op = ops[name];
  if (op) return op;
  throw new GraphError({ where: `op "${name}"`, rule: 'the graph is built with it' });
}
