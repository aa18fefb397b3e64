import { planLimitsOf, traitsOf } from '../gpu/device';
import { Executor } from '../gpu/executor';
import type { CompileProgress } from '../gpu/pipelines';
import type { GpuVariables } from '../gpu/variables';
import type { Graph } from '../ir/graph';
import { foldBatchNorm } from '../passes/fold-batch-norm';
import { fuse } from '../passes/fuse';
import { removeDead } from '../passes/remove-dead';
import { split } from '../passes/split';
import { staticFirst } from '../passes/static-first';
import { type PlanOptions, plan } from '../plan/plan';
import type { Plan } from '../plan/types';
import type { Tuner } from '../tune/tuner';
import { checkVariables } from './check-variables';
import { GpuProgram } from './gpu-program';

export interface CompileOptions {
  /** Called after each pipeline: how many are compiled, of how many. */
  readonly progress?: CompileProgress;
  /** Whether batch norms fold into the layers before them; default true. */
  readonly fold?: boolean;
  /** Picks a lowering for each node; default the one that each op prefers on this adapter. */
  readonly choose?: PlanOptions['choose'];
  /** Picks lowerings by what was measured, where `choose` is not there. */
  readonly tuner?: Tuner;
  /** A last pass over the graph, when all else is fused: see {@link STEP_OPTIONS}. */
  readonly rewrite?: (graph: Graph) => Graph;
  /** Rearranges dispatches: see {@link STEP_OPTIONS}. */
  readonly arrange?: PlanOptions['arrange'];
}

/**
 * Plans a graph for the device of `variables` and compiles its pipelines, all at once and
 * asynchronously. Throws a `LimitError` for what the device can't hold, before anything is allocated.
 */
export async function compileGpu(
  graph: Graph,
  variables: GpuVariables,
  options: CompileOptions = {},
): Promise<GpuProgram> {
  const { device } = variables;
  const live = removeDead(graph);
  checkVariables(live, variables);
  const fused = fuse(removeDead(options.fold === false ? live : foldBatchNorm(live)));
  const { graph: ordered, count } = staticFirst(options.rewrite?.(fused) ?? fused);
  const halves = count ? split(ordered, count) : { tail: ordered };
  const planWith = (choose: PlanOptions['choose']) =>
    [halves.tail, ...('head' in halves ? [halves.head] : [])].map((half) =>
      plan(half, {
        adapter: traitsOf(device),
        limits: planLimitsOf(device),
        homeOf: (state) => variables.homeOf(state),
        choose,
        arrange: options.arrange,
      }),
    );
  const { tuner } = options;
  // What does not fit is said at once, not after measuring.
  if (tuner?.measures) planWith(options.choose);
  const plans = planWith(options.choose ?? (await tuner?.chooseFor(halves.tail)));
  const progress = options.progress && joinProgress(options.progress, plans.length);
  const [main, prologue] = await createAll(device, plans, variables, progress);
  const program = new GpuProgram(live, variables, main, prologue);
  await program.prepare();
  return program;
}

/** Executors for all plans, or for none. */
async function createAll(
  device: GPUDevice,
  plans: readonly Plan[],
  variables: GpuVariables,
  progress?: (part: number) => CompileProgress,
): Promise<Executor[]> {
  const made = await Promise.allSettled(
    plans.map((one, part) => Executor.create(device, one, variables, progress?.(part))),
  );
  const failed = made.find((result) => result.status === 'rejected');
  if (!failed) return made.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  for (const result of made) if (result.status === 'fulfilled') result.value.dispose();
  throw failed.reason;
}

/** One count of pipelines from several. */
function joinProgress(progress: CompileProgress, parts: number): (part: number) => CompileProgress {
  const counts = Array.from({ length: parts }, () => ({ done: 0, total: 0 }));
  return (part) => (done, total) => {
    counts[part] = { done, total };
    const sum = (key: 'done' | 'total') => counts.reduce((all, count) => all + count[key], 0);
    progress(sum('done'), sum('total'));
  };
}
