import { History } from '../../parts/history';
import type { Variant } from './variants';

/** How much of the smoothed loss is the last step's. */
const smoothing = 0.2;
/** Guessing gets a tenth of the digits right; below this a network is not better than that. */
const chance = 0.2;

export type Status = 'waiting' | 'guessing' | 'learning' | 'stuck' | 'diverged';

/** How one network is doing. */
export interface Lane {
  readonly variant: Variant;
  /** Geometric mean of the last steps' losses, exponentially weighted: one bad step passes. */
  loss: number;
  weight: number;
  /** Share of the test digits that it reads correctly. */
  accuracy: number;
  bestAccuracy: number;
  /** The step whose loss was no longer a number, and what it was. */
  divergedAt?: number;
  lastLoss?: number;
  /** For each test image the probability of each digit. */
  predictions?: Float32Array;
}

export interface RateChange {
  readonly step: number;
  readonly rate: number;
}

/** A place to come back to. */
export interface Bookmark {
  readonly step: number;
  readonly lanes: readonly Lane[];
  readonly rateChanges: readonly RateChange[];
}

/** The curves of a race and where each network stands. */
export class Scores {
  step = 0;
  /** Smoothed losses of all, then the loss of each step of all. */
  readonly losses: History;
  readonly accuracies: History;
  rateChanges: readonly RateChange[] = [];
  lanes: readonly Lane[];

  constructor(readonly variants: readonly Variant[]) {
    this.losses = new History(2 * variants.length);
    this.accuracies = new History(variants.length);
    this.lanes = variants.map((variant) => ({
      variant,
      loss: Number.NaN,
      weight: 0,
      accuracy: Number.NaN,
      bestAccuracy: 0,
    }));
  }

  /** The losses of a step; undefined for a network that takes no more. */
  addStep(losses: readonly (number | undefined)[], step = this.step + 1): void {
    this.step = step;
    this.lanes.forEach((lane, k) => {
      const loss = losses[k];
      if (loss !== undefined) addLoss(lane, loss, this.step);
    });
    const smooth = this.lanes.map((lane) => (lane.divergedAt ? null : lane.loss));
    const raw = this.lanes.map((lane, k) => (lane.divergedAt ? null : (losses[k] ?? null)));
    this.losses.push(this.step, [...smooth, ...raw]);
  }

  /** How many of the test digits each reads at this step. */
  addAccuracies(accuracies: readonly number[]): void {
    this.lanes.forEach((lane, k) => {
      if (lane.divergedAt) return;
      lane.accuracy = accuracies[k];
      lane.bestAccuracy = Math.max(lane.bestAccuracy, lane.accuracy);
    });
    const alive = this.lanes.map((lane) => (lane.divergedAt ? null : lane.accuracy));
    this.accuracies.push(this.step, alive);
  }

  /** From the next step on the rate is this. */
  noteRate(rate: number): void {
    const { step, rateChanges } = this;
    const last = rateChanges.at(-1);
    // A slider on its way makes one mark, not twenty.
    const moving = last && last.step > 0 && step - last.step <= 5;
    this.rateChanges = moving
      ? [...rateChanges.slice(0, -1), { step: last.step, rate }]
      : [...rateChanges, { step, rate }];
  }

  statusOf(lane: Lane): Status {
    if (lane.divergedAt) return 'diverged';
    if (this.step === 0) return 'waiting';
    if (lane.accuracy >= chance) return 'learning';
    return lane.bestAccuracy > 2 * chance || this.step >= 100 ? 'stuck' : 'guessing';
  }

  bookmark(): Bookmark {
    const { step, rateChanges } = this;
    return { step, rateChanges, lanes: this.lanes.map((lane) => ({ ...lane })) };
  }

  /** Forgets what came after the bookmark. */
  goBack({ step, lanes, rateChanges }: Bookmark): void {
    this.step = step;
    this.lanes = lanes.map((lane) => ({ ...lane }));
    this.rateChanges = rateChanges;
    this.losses.cut(step);
    this.accuracies.cut(step);
  }
}

function addLoss(lane: Lane, loss: number, step: number): void {
  if (lane.divergedAt) return;
  if (!Number.isFinite(loss)) {
    lane.divergedAt = step;
    lane.lastLoss = loss;
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

/** What the label of a network that diverged says. */
export function divergence({ divergedAt, lastLoss }: Lane): string {
  return `diverged at step ${divergedAt} (loss ${Number.isNaN(lastLoss) ? 'NaN' : '∞'})`;
}
