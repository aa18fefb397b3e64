import { compile, fit, type Network, sgd, type Training } from 'webgpu-batchnorm';
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

/** One of the six networks, in training. */
export class Run {
  /** Typical error on unseen cars, in thousands of euros. */
  error = Number.NaN;
  /** The step whose loss was no longer a number. */
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
      },
    );
    return new Run(scaling, normalised, network, training, cars);
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

  private constructor(readonly all: readonly Run[]) {}

  static async create(where: Place['where'], data: PriceData, seed: number): Promise<Runs> {
    const kinds = scalings.flatMap((scaling) =>
      [true, false].map((normalised) => ({ scaling, normalised, seed })),
    );
    return new Runs(await Promise.all(kinds.map((kind) => Run.create(where, data, kind))));
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

  async measure(): Promise<void> {
    await Promise.all(this.all.map((run) => run.measure()));
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
