import { Repeat } from '../../parts/repeat';
import type { Preprocessing } from './preprocess';
import type { Results } from './results';
import type { Runner } from './runner';
import type { Sources } from './sources';

export interface RunLoopOptions {
  readonly sources: Sources;
  readonly results: Results;
  /** What runs now, if anything does. */
  runner(): Runner | undefined;
  how(): Preprocessing;
  say(message: string): void;
}

/** Runs a model on what there is now; what comes meanwhile is run after it, of several only the last. */
export class RunLoop {
  readonly #runs = new Repeat(() => this.#once());
  #aloud = false;

  constructor(private readonly options: RunLoopOptions) {}

  /** `aloud`: the answer is read to screen readers too. */
  run(aloud = false): Promise<void> {
    this.#aloud ||= aloud;
    return this.#runs.run();
  }

  async #once(): Promise<void> {
    const { sources, results, runner: current, how, say } = this.options;
    const aloud = this.#aloud;
    this.#aloud = false;
    const runner = current();
    const inputs = runner && (await sources.inputs(how()));
    if (!runner || runner !== current()) return;
    if (!inputs) return results.clear('Nothing to run on yet.');
    const result = await runner.run(inputs);
    if (runner !== current()) return;
    results.show(result, runner.backend);
    if (aloud) say(results.summary);
    if (!sources.isLive) return;
    // The camera's next picture, with the display's next frame.
    await new Promise(requestAnimationFrame);
    if (sources.isLive) void this.#runs.run();
  }
}
