// Ceilings, then workloads, in whatever host there is: the same code in Node and in a page.
import { describeAdapter, requestDevice, traitsOf } from '../src/gpu/device';
import { EFFORT, Gauges } from './ceilings';
import { type Contestant, type Facts, type Failure, OURS, prepare, TUNED } from './contender';
import { type Ceilings, median, type Work } from './roof';
import { selectWorkloads, type Workload } from './workloads';

/** A contender's facts and time, or why it has none; plain data that can leave the page. */
export type Measured = (Facts & { readonly medianMs: number }) | Failure;

/** Others beside this runtime, made ready for a workload of so much work. */
export type Rivals = (workload: Workload, work: Work) => Promise<readonly (Contestant | Failure)[]>;

export interface Measurement {
  readonly adapter: string;
  readonly software: boolean;
  readonly ceilings: Ceilings;
  readonly measured: readonly Measured[];
}

export interface MeasureOptions {
  readonly gpu: GPU;
  /** Parts of the names of the workloads wanted; default all. */
  readonly only?: readonly string[];
  /** Seconds that the rounds of one workload may take, for each contender; default 3, with rivals 2. */
  readonly budget?: number;
  /** Also the workloads meant for GPUs, on a software adapter too. */
  readonly large?: boolean;
  /** Also with lowerings chosen by measuring. */
  readonly tune?: boolean;
  /** Timed in the same rounds. */
  readonly rivals?: Rivals;
  /** Told what is going on. */
  readonly log?: (line: string) => void;
}

const MIN_SAMPLE_MS = 20;
const MAX_RUNS = 1000;
const [MIN_ROUNDS, MAX_ROUNDS] = [3, 15];
/** Rounds that the ceilings are sampled in, of each group. */
const GAUGED_ROUNDS = 5;
/** Contestants on the device at once: those whose rounds are interleaved. */
const TOGETHER_BYTES = 2 ** 30;

export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { gpu, only, large = false, log = () => {} } = options;
  const rivals = options.tune ? withTuned(gpu, log, options.rivals) : options.rivals;
  const { budget = options.rivals ? 2 : 3 } = options;
  const device = await requestDevice({ gpu, powerPreference: 'high-performance' });
  const { software } = traitsOf(device);
  const adapter = describeAdapter(device);
  const chosen = selectWorkloads(software && !large, only);
  log(`ceilings of ${adapter}`);
  const gauges = await Gauges.create(device, EFFORT[software ? 'software' : 'gpu']);
  const measured: Measured[] = [];
  for await (const group of groups(chosen, gpu, rivals, log)) {
    const contestants = group.filter((one): one is Contestant => 'sample' in one);
    try {
      const results = await timeRounds(contestants, gauges, budget * 1000, log);
      measured.push(...group.map((one) => ('sample' in one ? results.get(one)! : one)));
    } finally {
      for (const contestant of contestants) contestant.dispose();
    }
  }
  if (!measured.length) await gauges.sample();
  const ceilings = gauges.ceilings();
  device.destroy();
  return { adapter, software, ceilings, measured };
}

/** A tuned plan as the first of the rivals. */
function withTuned(gpu: GPU, log: (line: string) => void, rivals?: Rivals): Rivals {
  return async (workload, work) => {
    log(`tuning ${workload.name}`);
    const tuned = await prepare(workload, gpu, true).catch((error): Failure => {
      return { contender: TUNED, workload: workload.name, failure: messageOf(error) };
    });
    if ('changed' in tuned && tuned.changed) {
      const [ops, of] = tuned.changed;
      log(`${ops} of ${of} ops have another kernel than by default`);
    }
    return [tuned, ...((await rivals?.(workload, work)) ?? [])];
  };
}

/** With rivals one workload at a time: only rows of one workload are compared. */
async function* groups(
  workloads: readonly Workload[],
  gpu: GPU,
  rivals: Rivals | undefined,
  log: (line: string) => void,
): AsyncGenerator<(Contestant | Failure)[]> {
  let group: (Contestant | Failure)[] = [];
  let bytes = 0;
  for (const workload of workloads) {
    log(`checking ${workload.name}`);
    try {
      const contestant = await prepare(workload, gpu);
      group.push(contestant, ...((await rivals?.(workload, contestant.work)) ?? []));
      bytes += contestant.peakBytes ?? 0;
    } catch (error) {
      group.push({ contender: OURS, workload: workload.name, failure: messageOf(error) });
    }
    if (bytes < TOGETHER_BYTES && !rivals) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length) yield group;
}

/**
 * A round times every contestant once, and the ceilings with them; every other one goes backwards, so that
 * nobody always follows the same. One that fails drops out.
 */
export async function timeRounds(
  contestants: readonly Contestant[],
  gauges: Pick<Gauges, 'sample'>,
  budgetMs: number,
  log: (line: string) => void,
): Promise<Map<Contestant, Measured>> {
  const results = new Map<Contestant, Measured>();
  const plans = new Map<Contestant, { readonly runs: number; readonly rounds: number }>();
  const times = new Map(contestants.map((one) => [one, [] as number[]]));
  const attempt = async (contestant: Contestant, body: () => Promise<void>) => {
    try {
      await body();
    } catch (error) {
      const { contender, workload } = contestant;
      plans.delete(contestant);
      results.set(contestant, { contender, workload, failure: messageOf(error) });
    }
  };
  for (const contestant of contestants) {
    await attempt(contestant, async () => {
      await contestant.sample(1);
      const once = await contestant.sample(1);
      const runs = Math.min(MAX_RUNS, Math.ceil(MIN_SAMPLE_MS / once));
      const rounds = Math.round(budgetMs / (runs * once));
      plans.set(contestant, {
        runs,
        rounds: Math.max(MIN_ROUNDS, Math.min(MAX_ROUNDS, rounds)),
      });
    });
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const due = [...plans].filter(([, { rounds }]) => round < rounds);
    if (!due.length) break;
    if (round % 2) due.reverse();
    log(`round ${round + 1}: ${due.length} rows`);
    if (round < GAUGED_ROUNDS) await gauges.sample();
    for (const [contestant, { runs }] of due) {
      await attempt(contestant, async () => {
        times.get(contestant)!.push(await contestant.sample(runs));
      });
    }
  }
  for (const contestant of plans.keys()) {
    const { sample, dispose, ...facts } = contestant;
    results.set(contestant, { ...facts, medianMs: median(times.get(contestant)!) });
  }
  return results;
}

/** Also of an error from another frame, which is none of this one's classes. */
export function messageOf(error: unknown): string {
  const { message = String(error) } = (error ?? {}) as { readonly message?: string };
  return message.split('\n')[0].slice(0, 200);
}
