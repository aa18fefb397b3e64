import { describeError, type Problem, problemOf } from './device';

/** What a section does on a device: one thing after another, and what goes wrong is told once. */
export class Work {
  #last: Promise<void> = Promise.resolve();
  #begun = new AbortController();
  #device?: GPUDevice;

  constructor(private readonly onFail: (problem: Problem) => void) {}

  /** Resolves when all that was asked for until now is done. */
  get done(): Promise<void> {
    return this.#last;
  }

  /** Begins anew when all before is done. `signal`: something else was begun since, or something failed. */
  begin(task: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    this.giveUp();
    const { signal } = this.#begun;
    return this.add(async () => {
      if (!signal.aborted) await task(signal);
    });
  }

  /** Goes on with what was begun, when all before is done. */
  add(task: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#begun;
    this.#last = this.#last.then(() => this.#try(task, signal));
    return this.#last;
  }

  /** Does something at once, beside the rest. */
  beside(task: () => Promise<unknown>): Promise<void> {
    return this.#try(task, this.#begun.signal);
  }

  /** What was begun is no longer wanted, and what becomes of it is of no interest. */
  giveUp(): void {
    this.#begun.abort();
    this.#begun = new AbortController();
  }

  /** All work fails when this device is lost. Undefined: it is done on the CPU. */
  follow(device: GPUDevice | undefined): void {
    if (device === this.#device) return;
    this.#device = device;
    void device?.lost.then(({ message }) => {
      if (device === this.#device) this.#fail(problemOf('lost', message));
    });
  }

  async #try(task: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    try {
      await task();
    } catch (error) {
      const problem = await describeError(error, this.#device);
      // A lost device makes all that was under way fail.
      if (!signal.aborted) this.#fail(problem);
    }
  }

  #fail(problem: Problem): void {
    this.giveUp();
    this.#device = undefined;
    this.onFail(problem);
  }
}
