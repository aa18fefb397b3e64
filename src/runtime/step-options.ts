import { fuseStatistics } from '../passes/fuse-statistics';
import { recompute } from '../passes/recompute';
import { coalesce } from '../plan/coalesce';
import type { CompileOptions } from './compile';

/**
 * How training steps are compiled: what is cheap to compute again is not kept for the gradients, statistics
 * can be summed up where convolutions make their output, and all parameters are updated in one dispatch.
 */
export const STEP_OPTIONS: CompileOptions = {
  rewrite: (graph) => fuseStatistics(recompute(graph)),
  arrange: coalesce,
};
