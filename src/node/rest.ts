// Dawn in Node learns that work is done by asking again in each turn of the event loop. Nothing else to do, the
// loop spins, and takes a core from a software adapter that could compute with it. So turns rest while
// something is awaited, for a share of the time that it has taken so far: what is soon done is soon known.

/** Of the time waited so far; so much longer a wait can be at most. */
const SHARE = 0.1;
const LONGEST_MS = 0.5;

/** What answers later, by the names of its objects. */
const WAITS: Readonly<Record<string, readonly string[]>> = {
  GPUBuffer: ['mapAsync'],
  GPUDevice: ['createComputePipelineAsync', 'createRenderPipelineAsync'],
  GPUQueue: ['onSubmittedWorkDone'],
};

interface Clock {
  now(): number;
  /** Blocks for so many milliseconds. */
  sleep(ms: number): void;
  /** Calls back in the next turn. */
  next(turn: () => void): void;
}

const cell = new Int32Array(new SharedArrayBuffer(4));
const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => Atomics.wait(cell, 0, 0, ms),
  next: setImmediate,
};

/** Rests between turns while promises are waited for. */
export class Rests {
  #waits = 0;
  #since = 0;
  #turning = false;

  constructor(private readonly clock = realClock) {}

  /** The promise, to be waited for. */
  until<T>(promise: Promise<T>): Promise<T> {
    this.#waits++;
    this.#since = this.clock.now();
    if (!this.#turning) {
      this.#turning = true;
      this.clock.next(this.#turn);
    }
    return promise.finally(() => {
      this.#waits--;
      this.#since = this.clock.now();
    });
  }

  #turn = (): void => {
    this.#turning = this.#waits > 0;
    if (!this.#turning) return;
    this.clock.sleep(Math.min(SHARE * (this.clock.now() - this.#since), LONGEST_MS));
    this.clock.next(this.#turn);
  };
}

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** Has everything that is awaited of Dawn's `types` rest meanwhile; versions of it may lack some. */
export function restWhileWaiting(types: Readonly<Record<string, unknown>>): void {
  const rests = new Rests();
  for (const [type, methods] of Object.entries(WAITS)) {
    const { prototype } = (types[type] ?? { prototype: {} }) as { prototype: Methods };
    for (const method of methods) {
      const original = prototype[method];
      if (!original) continue;
      prototype[method] = function (this: unknown, ...args) {
        return rests.until(original.apply(this, args));
      };
    }
  }
}
