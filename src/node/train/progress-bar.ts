import type { Progress } from '../../train/fit';

const WIDTH = 24;
/** Lines of a whole run where there is no terminal. */
const LINES = 10;
/** Weight of the newest step in the loss and the accuracy shown. */
const NEWEST = 0.1;

/** A bar on a terminal, plain lines elsewhere. */
export class ProgressBar {
  #loss?: number;
  #accuracy?: number;
  readonly #terminal = process.stdout.isTTY === true;

  constructor(private readonly steps: number) {}

  report({ step, loss, metrics, stepsPerSecond, validation }: Progress): void {
    this.#loss = blend(this.#loss, loss);
    this.#accuracy = blend(this.#accuracy, metrics.accuracy ?? 0);
    const left = Math.round((this.steps - step) / stepsPerSecond);
    const speed = stepsPerSecond < 10 ? stepsPerSecond.toFixed(1) : Math.round(stepsPerSecond);
    const text = [
      `step ${String(step).padStart(String(this.steps).length)}/${this.steps}`,
      `loss ${this.#loss.toFixed(4)}`,
      `accuracy ${this.#accuracy.toFixed(4)}`,
      `${speed} steps/s`,
    ].join('  ');
    if (this.#terminal) {
      const full = Math.round((WIDTH * step) / this.steps);
      const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
      process.stdout.write(`\r${bar}  ${text}  ${left} s left\x1b[K`);
    } else if (step === this.steps || step % Math.max(1, Math.round(this.steps / LINES)) === 0) {
      console.log(text);
    }
    if (!validation) return;
    this.end();
    const { accuracy = 0 } = validation.metrics;
    console.log(
      `step ${step}: test loss ${validation.loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`,
    );
  }

  /** Leaves the bar's line. */
  end(): void {
    if (this.#terminal) process.stdout.write('\n');
  }
}

function blend(before: number | undefined, now: number): number {
  return before === undefined ? now : before + NEWEST * (now - before);
}
