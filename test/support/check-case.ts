// One line of a case table on the GPU, every lowering of it, against the float64 reference: as the
// self-test does it, but on a device that finds out what a kernel writes past its tensors.
import { worstError } from '../../src/core/compare';
import { LimitError } from '../../src/core/errors';
import type { GpuVariables } from '../../src/gpu/variables';
import type { Graph } from '../../src/ir/graph';
import { compileGpu } from '../../src/runtime/compile';
import type { GpuProgram } from '../../src/runtime/gpu-program';
import type { Check } from '../../src/self-test/checks';
import { type Choice, choices } from '../../src/self-test/lowerings';
import type { GuardedDevice } from './guarded-device';

/**
 * Undefined where every lowering gives what it should, or a line that names the worst element or the
 * tensor that was written past its end.
 */
export async function runCheck(
  { graph, inputs, expected }: Check,
  variables: GpuVariables,
  guarded: GuardedDevice,
): Promise<string | undefined> {
  for (const choice of choices()) {
    const program = await compileNarrow(graph, variables, guarded, choice);
    try {
      const got = await program.run(inputs);
      for (const one of expected) {
        const error = worstError(got[one.name], one.values, one);
        if (error) return `${choice.names()}: ${error}`;
      }
      const written = await guarded.overrun();
      if (written) return `${choice.names()}: ${written} was written past its end`;
    } finally {
      program.dispose();
    }
  }
  return undefined;
}

/** With as few workgroups a dimension as the graph's plan can do with: long grids wrap around. */
async function compileNarrow(
  graph: Graph,
  variables: GpuVariables,
  guarded: GuardedDevice,
  { choose }: Choice,
): Promise<GpuProgram> {
  for (const limit of [3, 7, 40]) {
    guarded.workgroupsPerDimension = limit;
    try {
      return await compileGpu(graph, variables, { choose });
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
    }
  }
  guarded.workgroupsPerDimension = undefined;
  return compileGpu(graph, variables, { choose });
}
