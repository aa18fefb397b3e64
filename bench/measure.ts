// Ceilings, then workloads, in whatever host there is: the same code in Node and in a page.
import { describeAdapter, requestDevice, traitsOf } from '../src/gpu/device';
import { EFFORT, Gauges } from './ceilings';
import { type Contestant, prepare } from './contender';
import { type Peer, preparePeer } from './peers/peer';
import { type Ceilings, median } from './roof';
import { selectWorkloads, type Workload } from './workloads';

/** A contestant and its times, plain data that can leave the page. */
export interface Measured extends Omit<Contestant, 'run' | 'settle' | 'dispose'> {
  readonly medianMs: number;
}

export interface Measurement {
  readonly adapter: string;
  readonly software: boolean;
  readonly ceilings: Ceilings;
  readonly measured: readonly Measured[];
}

export interface MeasureOptions {
  readonly gpu: GPU;
  /** Part of the names of the workloads wanted; default all. */
  readonly only?: string;
  /** Seconds that the rounds of one workload may take; default 3. */
  readonly budget?: number;
  /** Other runtimes, timed in the same rounds where they can do a workload. */
  readonly peers?: readonly Peer[];
  /** Told what is going on. */
  readonly log?: (line: string) => void;
}

const MIN_SAMPLE_MS = 20;
const MAX_RUNS = 1000;
const [MIN_ROUNDS, MAX_ROUNDS] = [5, 15];
/** Contestants on the device at once: those whose rounds are interleaved. */
const TOGETHER_BYTES = 2 ** 30;

export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { gpu, only, budget = 3, peers = [], log = () => {} } = options;
  const device = await requestDevice({ gpu, powerPreference: 'high-performance' });
  const { software } = traitsOf(device);
  const adapter = describeAdapter(device);
  const chosen = selectWorkloads(software, only);
  log(`ceilings of ${adapter}`);
  const gauges = await Gauges.create(device, EFFORT[software ? 'software' : 'gpu']);
  const measured: Measured[] = [];
  for await (const group of groups(chosen, gpu, peers, log)) {
    try {
      const times = await timeRounds(group, gauges, budget * 1000, log);
      group.forEach(({ run, settle, dispose, ...facts }, i) => {
        measured.push({ ...facts, medianMs: median(times[i]) });
      });
    } finally {
      for (const contestant of group) contestant.dispose();
    }
  }
  if (!measured.length) await gauges.sample();
  const ceilings = gauges.ceilings();
  device.destroy();
  return { adapter, software, ceilings, measured };
}

async function* groups(
  workloads: readonly Workload[],
  gpu: GPU,
  peers: readonly Peer[],
  log: (line: string) => void,
): AsyncGenerator<Contestant[]> {
  let group: Contestant[] = [];
  let bytes = 0;
  for (const workload of workloads) {
    log(`checking ${workload.name}`);
    const contestant = await prepare(workload, gpu);
    group.push(contestant);
    bytes += contestant.peakBytes ?? 0;
    for (const peer of peers) {
      const other = await preparePeer(peer, workload, contestant.work);
      if (other) group.push(other);
    }
    if (bytes < TOGETHER_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length) yield group;
}

/**
 * Milliseconds a run, of each round, of each contestant: a round times every one of them once, and
 * the ceilings with them.
 */
async function timeRounds(
  contestants: readonly Contestant[],
  gauges: Gauges,
  budgetMs: number,
  log: (line: string) => void,
): Promise<number[][]> {
  const plans: { readonly runs: number; readonly rounds: number }[] = [];
  for (const contestant of contestants) {
    await sample(contestant, 1);
    const once = await sample(contestant, 1);
    const runs = Math.min(MAX_RUNS, Math.ceil(MIN_SAMPLE_MS / once));
    const rounds = Math.round(budgetMs / (runs * once));
    plans.push({ runs, rounds: Math.max(MIN_ROUNDS, Math.min(MAX_ROUNDS, rounds)) });
  }
  const times = contestants.map((): number[] => []);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const due = contestants.filter((_, i) => round < plans[i].rounds);
    if (!due.length) break;
    log(`round ${round + 1}: ${due.length} rows`);
    await gauges.sample();
    for (const [i, contestant] of contestants.entries()) {
      if (round < plans[i].rounds) times[i].push(await sample(contestant, plans[i].runs));
    }
  }
  return times;
}

async function sample({ run, settle }: Contestant, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; i++) run();
  await settle();
  return (performance.now() - start) / runs;
}
