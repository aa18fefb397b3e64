import type { Digits } from '../../parts/digits';
import { History } from '../../parts/history';
import type { Twin } from '../../parts/twin';

/** How much of the smoothed loss is the last step's. */
const smoothing = 0.2;
const classes = 10;
/** Guessing gets a tenth of the digits right; below this a network is not better than that. */
const chance = 0.2;

export type Status = 'waiting' | 'guessing' | 'learning' | 'stuck' | 'diverged';

/** One of the two networks, and how it is doing. */
export interface Lane {
  readonly twin: Twin;
  /** Geometric mean of the last steps' losses, exponentially weighted: one bad step passes. */
  loss: number;
  weight: number;
  /** Share of the test digits that it reads correctly. */
  accuracy: number;
  bestAccuracy: number;
  /** The step whose loss was no longer a number. */
  divergedAt?: number;
  /** For each test image the probability of each digit. */
  predictions?: Float32Array;
}

/** Two networks in lockstep: the same seed, the same images in the same order. */
export class Race {
  step = 0;
  /** Smoothed losses of both, then the loss of each step. */
  readonly losses = new History(4);
  readonly accuracies = new History(2);
  readonly rateChanges: { step: number; rate: number }[] = [];
  readonly lanes: readonly [Lane, Lane];
  #usedRate?: number;

  constructor(
    twins: readonly [Twin, Twin],
    private readonly data: { train: Digits; test: Digits; batch: number },
    private rate: number,
  ) {
    const lane = (twin: Twin): Lane => ({
      twin,
      loss: Number.NaN,
      weight: 0,
      accuracy: Number.NaN,
      bestAccuracy: 0,
    });
    this.lanes = [lane(twins[0]), lane(twins[1])];
  }

  /** How often each training image has been seen. */
  get passes(): number {
    return (this.step * this.data.batch) / this.data.train.count;
  }

  /** Takes effect with the next step that is not yet under way. */
  setLearningRate(rate: number): void {
    this.rate = rate;
  }

  /** At most `count` steps, up to the next look at the test digits; says how many it took. */
  async advance(count: number): Promise<number> {
    const until = nextEvaluation(this.step);
    const steps = Math.min(count, until - this.step);
    this.#noteRate();
    const losses = await Promise.all(
      this.lanes.map((lane) => (lane.divergedAt ? [] : lane.twin.train(steps, this.rate))),
    );
    for (let i = 0; i < steps; i++) {
      this.step++;
      this.lanes.forEach((lane, k) => {
        if (i < losses[k].length) addLoss(lane, losses[k][i], this.step);
      });
      const alive = this.lanes.map((lane) => (lane.divergedAt ? null : lane.loss));
      const raw = this.lanes.map((lane, k) => (lane.divergedAt ? null : losses[k][i]));
      this.losses.push(this.step, [...alive, ...raw]);
    }
    if (this.step >= until) await this.evaluate();
    return steps;
  }

  /** Lets both read the test digits. */
  async evaluate(): Promise<void> {
    await Promise.all(
      this.lanes.map(async (lane) => {
        if (lane.divergedAt) return;
        const predictions = await lane.twin.predict();
        lane.predictions = predictions;
        lane.accuracy = accuracyOf(predictions, this.data.test.labels);
        lane.bestAccuracy = Math.max(lane.bestAccuracy, lane.accuracy);
      }),
    );
    const alive = this.lanes.map((lane) => (lane.divergedAt ? null : lane.accuracy));
    this.accuracies.push(this.step, alive);
  }

  #noteRate(): void {
    if (this.#usedRate === this.rate) return;
    this.#usedRate = this.rate;
    const { step } = this;
    const last = this.rateChanges.at(-1);
    // A slider on its way makes one mark, not twenty.
    if (last && step - last.step <= 5) last.rate = this.rate;
    else if (step > 0) this.rateChanges.push({ step, rate: this.rate });
  }

  statusOf(lane: Lane): Status {
    if (lane.divergedAt) return 'diverged';
    if (this.step === 0) return 'waiting';
    if (lane.accuracy >= chance) return 'learning';
    return lane.bestAccuracy > 2 * chance || this.step >= 100 ? 'stuck' : 'guessing';
  }

  async dispose(): Promise<void> {
    await Promise.all(this.lanes.map(({ twin }) => twin.dispose()));
  }
}

/** Index of the largest probability. */
export function bestOf(predictions: Float32Array, image: number): number {
  const row = predictions.subarray(image * classes, (image + 1) * classes);
  return row.reduce((best, value, digit) => (value > row[best] ? digit : best), 0);
}

export function probabilityOf(predictions: Float32Array, image: number, digit: number): number {
  return predictions[image * classes + digit];
}

function accuracyOf(predictions: Float32Array, labels: Int32Array): number {
  const right = labels.reduce(
    (count, label, image) => count + (bestOf(predictions, image) === label ? 1 : 0),
    0,
  );
  return right / labels.length;
}

/** Often at first, when much happens; the same steps in every run. */
function nextEvaluation(step: number): number {
  const every = step < 100 ? 10 : 25;
  return (Math.floor(step / every) + 1) * every;
}

function addLoss(lane: Lane, loss: number, step: number): void {
  if (lane.divergedAt) return;
  if (!Number.isFinite(loss)) {
    lane.divergedAt = step;
    lane.accuracy = Number.NaN;
    lane.predictions = undefined;
    return;
  }
  // A plain mean at first, so that the curve starts where the loss does.
  lane.weight = (1 - smoothing) * lane.weight + smoothing;
  const share = smoothing / lane.weight;
  const before = share < 1 ? (1 - share) * Math.log(lane.loss) : 0;
  lane.loss = Math.exp(before + share * Math.log(Math.max(loss, 1e-9)));
}
