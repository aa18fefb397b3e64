import { describeAdapter } from 'webgpu-batchnorm';
import { describeError, openDevice, ProblemError } from '../../parts/device';
import { formatNumber } from '../../parts/format';
import { isSoftware } from '../../parts/gpu';
import { type Ceilings, Gauges } from './ceilings';
import { Clock } from './clock';
import { benchColumns } from './columns';
import { toMarkdown } from './export';
import { type Measured, type Phase, runWorkload } from './run-workload';
import { workloads } from './workloads';

/** Where and how a bench was run. */
export interface Bench {
  readonly adapter: string;
  readonly clock: Clock['source'];
  readonly ceilings: Ceilings;
}

export interface BenchHooks {
  readonly signal: AbortSignal;
  readonly phase: Phase;
  /** Before each workload: ceilings rise with what is seen. */
  onBench(bench: Bench): void;
  onRow(row: Measured): void;
  /** A workload that could not be measured. */
  onFailure(title: string, message: string): void;
}

/** Measures one workload, or all of them, on a device of its own: nothing is compiled beforehand. */
export async function runBench(only: string, hooks: BenchHooks): Promise<void> {
  const { signal, phase, onBench, onRow, onFailure } = hooks;
  phase('Opening the graphics device');
  const device = await openDevice();
  const clock = new Clock(device);
  try {
    const software = isSoftware(device);
    const gauges = await Gauges.create(device, clock, software);
    const wanted = workloads(software).filter(({ id }) => only === 'all' || only === id);
    for (const [i, workload] of wanted.entries()) {
      const { title } = workload;
      const own: Phase = (text, share = 0) =>
        phase(`${title}: ${text}`, (i + share) / wanted.length);
      own('measuring what the adapter can do');
      await gauges.sample();
      signal.throwIfAborted();
      const { ceilings } = gauges;
      onBench({ adapter: describeAdapter(device), clock: clock.source, ceilings });
      try {
        onRow(await runWorkload(workload, { device, clock, signal, phase: own }));
      } catch (error) {
        if (signal.aborted) throw error;
        const problem = await describeError(error, device);
        if (problem.kind === 'lost') throw new ProblemError(problem);
        onFailure(title, problem.detail ?? problem.title);
      }
    }
  } finally {
    clock.dispose();
    device.destroy();
  }
}

export function describeBench({ clock, ceilings }: Bench): string {
  const best = `At best this adapter copies ${formatNumber(ceilings.gbps)} GB/s and does ${formatNumber(ceilings.gflops)} GFLOP/s of multiply-adds, as measured here.`;
  const how =
    clock === 'device'
      ? 'Times are by the device’s own clock.'
      : 'Times are estimated: this device has no clock of its own to ask, so they count the way there and back.';
  return `${best} ${how}`;
}

export function benchMarkdown(bench: Bench, rows: readonly Measured[], version: string): string {
  return [
    `## Bench of webgpu-batchnorm ${version}`,
    '',
    `- Adapter: ${bench.adapter}`,
    `- ${describeBench(bench)}`,
    '- Median and 95th percentile of 30 runs.',
    '',
    toMarkdown(benchColumns(bench.ceilings), rows),
  ].join('\n');
}
