import { DeviceError } from '../core/errors';
import { GpuProgram } from './gpu-program';
import type { Program } from './program';

/** What one run of a program does. */
export interface ProgramCosts {
  /** Operations of its formulas: a multiply-add is two. */
  readonly flops: number;
  /** Least bytes moved: each tensor that a dispatch binds, once. */
  readonly bytes: number;
  readonly dispatches: number;
  /** Bytes of GPU memory that it needs beyond its inputs, states and constants. */
  readonly peakBytes: number;
}

/**
 * What a run costs by its plan, on any machine alike: a time makes rates of it. Throws a DeviceError for a
 * program on the CPU, which has no plan.
 */
export function programCosts(program: Program): ProgramCosts {
  if (!(program instanceof GpuProgram)) {
    const remedy = 'Compile with backend gpu.';
    throw new DeviceError({ where: 'programCosts', rule: 'the program is one on a GPU', remedy });
  }
  const { steps, peakBytes } = program.plan;
  const dispatches = steps.flatMap((step) => (step.kind === 'dispatch' ? [step] : []));
  return {
    flops: dispatches.reduce((sum, { flops }) => sum + flops, 0),
    bytes: dispatches.reduce((sum, { bytes }) => sum + bytes, 0),
    dispatches: dispatches.length,
    peakBytes,
  };
}
