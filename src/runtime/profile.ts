import { positiveInteger } from '../core/check';
import { DeviceError } from '../core/errors';
import { checkTimestamps, timeSteps } from '../gpu/timing';
import { formatType } from '../ir/verify';
import { kernelLabel, tableLines } from '../plan/describe';
import { GpuProgram } from './gpu-program';
import { isGpuBuffer } from './inputs';
import type { Inputs, Program } from './program';

/** A dispatch, or a copy, which is not timed: its kernel is `copy` and `ms` and rates are NaN. */
export interface ProfileRow {
  /** The node that it computes, as in `describe()`. */
  readonly node: string;
  readonly op: string;
  readonly kernel: string;
  /** Types of the node's outputs, e.g. `f32[8,28,28,32]`. */
  readonly outputs: string;
  /** Mean milliseconds on the device. */
  readonly ms: number;
  /** Of the least bytes it moves: each tensor that it binds, once. */
  readonly gbps: number;
  /** Of the operations of its formula. */
  readonly gflops: number;
}

export interface Profile {
  readonly rows: readonly ProfileRow[];
  /** Sum over the rows. */
  readonly ms: number;
}

/**
 * How long each dispatch of a program takes, by the device's own clock: the mean of `runs` runs
 * (default 10) with `inputs`; those left out are as last given to `writeInput`. Each is a run as any
 * other: states are updated. Folding, which happens only when weights have changed, is not in it.
 * Browsers round the clock to 0.1 ms or so, which more runs make up for. Throws a DeviceError on the CPU
 * and on a device without the feature timestamp-query.
 */
export async function profile(
  program: Program,
  inputs: Inputs = {},
  { runs = 10 }: { readonly runs?: number } = {},
): Promise<Profile> {
  positiveInteger(runs, 'profile', 'runs');
  if (!(program instanceof GpuProgram)) {
    const remedy = 'Compile with backend gpu.';
    throw new DeviceError({ where: 'profile', rule: 'the program is one on a GPU', remedy });
  }
  const { device } = program.variables;
  checkTimestamps(device);
  const buffers: Record<string, GPUBuffer> = {};
  for (const [name, data] of Object.entries(inputs)) {
    if (isGpuBuffer(data)) buffers[name] = data;
    else program.writeInput(name, data);
  }
  await program.prepare();
  const { plan } = program;
  const times = await timeSteps(
    device,
    plan,
    (encoder, timestampsOf) => program.encode(encoder, { inputs: buffers }, timestampsOf),
    runs,
  );
  const rows = plan.steps.map((step, i): ProfileRow => {
    const { node, op } = step;
    const ms = times[i];
    if (step.kind === 'copy') {
      return { node, op, kernel: 'copy', outputs: '', ms, gbps: Number.NaN, gflops: Number.NaN };
    }
    return {
      node,
      op,
      kernel: kernelLabel(plan, step),
      outputs: step.outputs.map(formatType).join(' '),
      ms,
      gbps: step.bytes / ms / 1e6,
      gflops: step.flops / ms / 1e6,
    };
  });
  const timed = rows.filter(({ ms }) => !Number.isNaN(ms));
  return { rows, ms: timed.reduce((sum, { ms }) => sum + ms, 0) };
}

/** A profile as a table, a row a dispatch. */
export function formatProfile({ rows, ms: total }: Profile): string {
  const header = ['#', 'node', 'kernel', 'outputs', 'ms', '%', 'GB/s', 'GFLOP/s'];
  const number = (value: number, digits: number) =>
    Number.isFinite(value) ? value.toFixed(digits) : '';
  const lines = tableLines(
    header,
    rows.map(({ node, kernel, outputs, ms, gbps, gflops }, i) => [
      String(i),
      node,
      kernel,
      outputs,
      number(ms, 3),
      number((100 * ms) / total, 1),
      number(gbps, 2),
      number(gflops, 2),
    ]),
    3,
  );
  return [...lines, '', `${total.toFixed(3)} ms in ${rows.length} steps`, ''].join('\n');
}
