import { positiveInteger } from '../core/check';

export interface Speed {
  readonly stepsPerSecond: number;
  readonly samplesPerSecond: number;
}

/** Time that a submit should take: long enough to be worth its overhead, short enough to stay live. */
const SUBMIT_MS = 50;
const MOST_STEPS = 64;
/** Weight of the newest measurement. */
const NEWEST = 0.2;

/** Measures steps, and says how many go into a submit. */
export class Pace {
  /** Steps of the next submit. */
  steps: number;
  #stepMs?: number;
  #settledAt = 0;

  /** `fixed`: the number of steps, where the caller wants one. */
  constructor(private readonly fixed?: number) {
    if (fixed !== undefined) positiveInteger(fixed, 'fit', 'stepsPerSubmit');
    this.steps = fixed ?? 1;
  }

  /** Takes note of a submit of `steps` steps that was launched at `launched` and has just ended. */
  settled(steps: number, samples: number, launched: number): Speed {
    const now = performance.now();
    // With several under way, one begins when the one before has ended.
    const ms = Math.max(now - Math.max(launched, this.#settledAt), 1e-3) / steps;
    this.#settledAt = now;
    this.#stepMs = this.#stepMs === undefined ? ms : this.#stepMs + NEWEST * (ms - this.#stepMs);
    const most = Math.min(MOST_STEPS, Math.floor(SUBMIT_MS / this.#stepMs));
    this.steps = this.fixed ?? Math.max(1, most);
    const stepsPerSecond = 1000 / this.#stepMs;
    return { stepsPerSecond, samplesPerSecond: (stepsPerSecond * samples) / steps };
  }
}
