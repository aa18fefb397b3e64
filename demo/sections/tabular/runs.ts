import {
  compile,
  fit,
  type Network,
  sgd,
  type Training,
  type TrainingState,
} from 'webgpu-batchnorm';
import { type Checkpoint, isDue } from '../../parts/checkpoint';
import { History } from '../../parts/history';
import type { Place } from '../../parts/place';
import type { Vehicles } from './data';
import { priceNetwork, type Scaling, scalings } from './network';

export interface PriceData {
  /** Cars to learn from. */
  readonly train: Vehicles;
  /** Cars that no network learns from. */
  readonly cars: Vehicles;
  readonly bikes: Vehicles;
}

const batch = 64;
/** Errors are measured so often. */
const measureEvery = 10;
export const lastStep = 600;

/** How one of the networks is doing. */
interface Standing {
  /** Typical error on unseen cars, in thousands of euros. */
  readonly error: number;
  /** The step whose loss was no longer a number. */
  readonly divergedAt?: number;
}

/** Where one of them goes on. */
interface Resumed extends Standing {
  readonly state?: TrainingState;
}

/** One of the six networks, in training. */
export class Run implements Standing {
  error = Number.NaN;
  divergedAt?: number;

  private constructor(
    readonly scaling: Scaling,
    readonly normalised: boolean,
    readonly network: Network,
    private readonly training: Training,
    private readonly cars: Vehicles,
  ) {}

  static async create(
    where: Place['where'],
    { train, cars }: PriceData,
    options: { scaling: Scaling; normalised: boolean; seed: number },
    resumed?: Resumed,
  ): Promise<Run> {
    const { scaling, normalised, seed } = options;
    const model = priceNetwork(scaling, normalised, train.features);
    const network = await compile(model, { ...where, seed });
    const training = fit(
      network,
      { x: train.features, y: train.prices },
      {
        loss: 'meanSquaredError',
        optimizer: sgd(),
        epochs: Number.POSITIVE_INFINITY,
        batch,
        lastBatch: 'drop',
        seed,
        resume: resumed?.state,
      },
    );
    const run = new Run(scaling, normalised, network, training, cars);
    if (!resumed) return run;
    // Puts its numbers in place now, not with the first step: it is asked for prices before that.
    if (resumed.state) await training.state();
    return Object.assign(run, { error: resumed.error, divergedAt: resumed.divergedAt });
  }

  async advance(steps: number, rate: number): Promise<void> {
    if (this.divergedAt) return;
    this.training.learningRate = rate;
    const last = (await this.training.advance(steps)).at(-1);
    if (!last?.diverged) return;
    this.divergedAt = last.step;
    this.error = Number.NaN;
  }

  async measure(): Promise<void> {
    if (this.divergedAt) return;
    const predictions = await predict(this.network, this.cars);
    this.error = typicalError(predictions, this.cars.prices);
  }

  /** All that is needed to go on later; undefined where it has diverged, and does not. */
  async state(): Promise<TrainingState | undefined> {
    return this.divergedAt ? undefined : this.training.state();
  }

  async dispose(): Promise<void> {
    await this.training.dispose();
    this.network.dispose();
  }
}

/** Three scalings, each with and without batch norm, in lockstep. */
export class Runs {
  step = 0;
  /** By scaling: errors with batch norm, and without. */
  readonly errors = new Map(scalings.map((scaling) => [scaling, new History(2)]));

  #all: readonly Run[] = [];
  #checkpoint?: Checkpoint<readonly Standing[]>;

  constructor(
    private readonly data: PriceData,
    private readonly seed: number,
  ) {}

  /** Makes the networks run, from the start or from where they were last copied. */
  async start(where: Place['where']): Promise<void> {
    const { data, seed } = this;
    const checkpoint = this.#checkpoint;
    const kinds = scalings.flatMap((scaling) =>
      [true, false].map((normalised) => ({ scaling, normalised, seed })),
    );
    this.#all = await Promise.all(
      kinds.map((kind, k) =>
        Run.create(
          where,
          data,
          kind,
          checkpoint && { ...checkpoint.known[k], state: checkpoint.states[k] },
        ),
      ),
    );
    if (!checkpoint) return this.measure();
    this.step = checkpoint.step;
    for (const errors of this.errors.values()) errors.cut(checkpoint.step);
  }

  get all(): readonly Run[] {
    return this.#all;
  }

  /** The step that a new device would go on from; undefined where it would have to start. */
  get checkpoint(): number | undefined {
    return this.#checkpoint?.step;
  }

  get finished(): boolean {
    return this.step >= lastStep;
  }

  find(scaling: Scaling, normalised: boolean): Run {
    const wanted = (run: Run) => run.scaling === scaling && run.normalised === normalised;
    return this.all.find(wanted) as Run;
  }

  /** At most `count` steps, up to the next measurement; says how many it took. */
  async advance(count: number, rate: number): Promise<number> {
    const until = (Math.floor(this.step / measureEvery) + 1) * measureEvery;
    const steps = Math.min(count, until - this.step);
    await Promise.all(this.all.map((run) => run.advance(steps, rate)));
    this.step += steps;
    if (this.step >= until) await this.measure();
    return steps;
  }

  /** Takes the error of all, and now and then remembers where they are. */
  async measure(): Promise<void> {
    const { step } = this;
    await Promise.all(this.all.map((run) => run.measure()));
    if (isDue(step, this.#checkpoint)) {
      const states = await Promise.all(this.all.map((run) => run.state()));
      const known = this.all.map(({ error, divergedAt }) => ({ error, divergedAt }));
      this.#checkpoint = { step, states, known };
    }
    for (const scaling of scalings) {
      const errors = [true, false].map((normalised) => {
        const { error } = this.find(scaling, normalised);
        return Number.isFinite(error) ? error : null;
      });
      this.errors.get(scaling)?.push(this.step, errors);
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.all.map((run) => run.dispose()));
  }
}

/** Prices in thousands of euros. */
export async function predict(
  network: Network,
  { features, count }: Vehicles,
): Promise<Float32Array> {
  const { data } = await network.predict(features, { batch: count });
  return data as Float32Array;
}

/** The root of the mean squared difference. */
export function typicalError(predictions: ArrayLike<number>, prices: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < prices.length; i++) sum += (predictions[i] - prices[i]) ** 2;
  return Math.sqrt(sum / prices.length);
}
