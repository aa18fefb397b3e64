import { describeAdapter, planLimitsOf, traitsOf } from '../gpu/device';
import { Executor } from '../gpu/executor';
import type { CompileProgress } from '../gpu/pipelines';
import { GpuVariables } from '../gpu/variables';
import type { Graph } from '../ir/graph';
import { ops } from '../ops';
import { removeDead } from '../passes/remove-dead';
import { type PlanOptions, plan } from '../plan/plan';
import { CpuProgram, CpuVariables } from './cpu-program';
import { GpuProgram } from './gpu-program';

/** Where programs run. */
export type Backend =
  | { readonly kind: 'gpu'; readonly device: GPUDevice }
  | { readonly kind: 'cpu' };

export interface CompileOptions {
  /** Called after each pipeline: how many are compiled, of how many. */
  readonly progress?: CompileProgress;
  /** Picks a lowering for each node; default the one that each op prefers on this adapter. */
  readonly choose?: PlanOptions['choose'];
}

/** Plans a graph for `variables.device` and compiles its pipelines, all at once and asynchronously. */
export async function compileGpu(
  graph: Graph,
  variables: GpuVariables,
  options: CompileOptions = {},
): Promise<GpuProgram> {
  const { device } = variables;
  const live = removeDead(graph);
  const planned = plan(live, ops, {
    adapter: traitsOf(device),
    limits: planLimitsOf(device),
    choose: options.choose,
  });
  const executor = await Executor.create(device, planned, variables, options.progress);
  return new GpuProgram(live, planned, variables, executor);
}

export function compileCpu(graph: Graph, variables: CpuVariables): CpuProgram {
  return new CpuProgram(removeDead(graph), ops, variables);
}

export { CpuVariables, describeAdapter, GpuVariables };
