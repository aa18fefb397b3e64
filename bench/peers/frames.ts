// The peers from the page's side: a frame each, in which they are checked and timed.
import { type Contestant, type Failure, referenceOf, wrongness } from '../contender';
import { messageOf, type Rivals } from '../measure';
import { relativeError, type Work } from '../roof';
import type { Spec, Workload } from '../workloads';
import type { Host, Seat } from './frame';
import { PEERS } from './names';

/** For a peer to start, to run a workload for the first time, and for each sample. */
const LIMIT_MS = 60_000;

/** All peers on each workload that they can do. */
export function peersInFrames(): Rivals {
  const frames = PEERS.map((name) => new Frame(name));
  return async (workload, work) => {
    const entries: (Contestant | Failure)[] = [];
    for (const frame of frames) {
      const entry = await frame.enter(workload, work);
      if (entry) entries.push(entry);
    }
    return entries;
  };
}

class Frame {
  #element: HTMLIFrameElement | undefined;
  /** A peer that does not even start is not asked again. */
  #refused: string | undefined;

  constructor(private readonly name: string) {}

  async enter(workload: Workload, work: Work): Promise<Contestant | Failure | undefined> {
    try {
      if (this.#refused) throw new Error(this.#refused);
      return await this.#prepare(workload, work);
    } catch (error) {
      this.#close();
      return { contender: this.name, workload: workload.name, failure: messageOf(error) };
    }
  }

  /** What the peer gives is compared before it is timed. */
  async #prepare({ name, spec, check }: Workload, work: Work): Promise<Contestant | undefined> {
    const host = await this.#start();
    const first = await inTime('its first run', host(check ?? spec));
    if (!first) return undefined;
    const maxRelErr = await compare(first, check ?? spec);
    const wrong = wrongness(maxRelErr);
    if (wrong) throw new Error(wrong);
    let seat = first;
    if (check) {
      first.dispose();
      seat = (await inTime('its first run', host(spec))) as Seat;
    }
    const dispatches = await inTime('a run', seat.count());
    return {
      contender: this.name,
      workload: name,
      work,
      dispatches,
      peakBytes: null,
      compileMs: seat.compileMs,
      maxRelErr,
      sample: async (runs) => {
        try {
          return await inTime(runs === 1 ? 'a run' : `${runs} runs`, seat.sample(runs));
        } catch (error) {
          this.#close();
          throw error;
        }
      },
      dispose: () => seat.dispose(),
    };
  }

  async #start(): Promise<Host> {
    if (!this.#element) {
      const element = document.createElement('iframe');
      element.src = `frame.html#${encodeURIComponent(this.name)}`;
      const loaded = new Promise((done) => element.addEventListener('load', done));
      document.body.append(element);
      this.#element = element;
      await loaded;
    }
    try {
      const { host } = this.#element.contentWindow as Window;
      if (!host) throw new Error('its frame did not load');
      return await inTime('its start', host);
    } catch (error) {
      this.#refused = messageOf(error);
      throw error;
    }
  }

  /** Takes its device with it, and whatever still waits there. */
  #close(): void {
    this.#element?.remove();
    this.#element = undefined;
  }
}

async function compare(seat: Seat, spec: Spec): Promise<number> {
  const { outputs, updates } = referenceOf(spec);
  let worst = 0;
  for (const [name, got] of Object.entries(await seat.outputs())) {
    const want = outputs.get(name) ?? updates.get(name);
    if (!want) throw new Error(`${name} is no output of the workload`);
    worst = Math.max(worst, relativeError(got, want));
  }
  return worst;
}

async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    const message = `${what} took more than ${LIMIT_MS / 1000} s`;
    timer = setTimeout(() => fail(new Error(message)), LIMIT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
