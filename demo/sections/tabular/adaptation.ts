import {
  compile,
  fit,
  type ModelState,
  type Network,
  type Program,
  sgd,
  watch,
} from 'webgpu-batchnorm';
import type { Place } from '../../parts/place';
import { join, type Vehicles } from './data';
import { normNames, priceNetwork, recalibrating, type Scaling } from './network';
import { type PriceData, predict, typicalError } from './runs';

/** What statistics are re-estimated from. */
export type Source = 'both' | 'bikes';

export interface Errors {
  readonly cars: number;
  readonly bikes: number;
  readonly both: number;
}

/** Each channel of a batch norm: its running statistics, and those of the data that comes now. */
export interface NormStatistics {
  readonly name: string;
  readonly running: { readonly mean: Float32Array; readonly variance: Float32Array };
  readonly now: { readonly mean: Float32Array; readonly variance: Float32Array };
}

export interface Measured {
  readonly errors: Errors;
  /** Of cars, and then of motorbikes, in thousands of euros. */
  readonly predictions: Float32Array;
  readonly statistics: readonly NormStatistics[];
}

const batch = 64;
/** Passes over the examples: after so many batches next to nothing of the old statistics is left. */
const passes = 6;
const stepsAtOnce = 4;

/** A trained network on its own, whose running statistics can be estimated again, and put back. */
export class Adaptation {
  /** What it was before its statistics were estimated again. */
  #before?: ModelState;
  readonly #watchers = new Map<Source, Promise<Program>>();

  private constructor(
    private readonly network: Network,
    private readonly data: PriceData,
  ) {}

  static async create(
    where: Place['where'],
    data: PriceData,
    trained: { scaling: Scaling; state: ModelState },
  ): Promise<Adaptation> {
    const { scaling, state } = trained;
    const model = recalibrating(priceNetwork(scaling, true, data.train.features));
    return new Adaptation(await compile(model, { ...where, state }), data);
  }

  get adapted(): boolean {
    return this.#before !== undefined;
  }

  /**
   * Shows the network unlabelled examples until its running statistics are theirs. `shown` is told how
   * many it has seen. Gives the number in all.
   */
  async recalibrate(source: Source, shown: (examples: number) => void): Promise<number> {
    this.#before ??= await this.network.getState();
    const { features, count } = this.#examples(source);
    const steps = passes * Math.floor(count / batch);
    // Nothing learns, so that targets and loss make no difference: zeros for prices nobody told.
    const training = fit(
      this.network,
      { x: features, y: new Float32Array(count) },
      {
        loss: 'meanSquaredError',
        optimizer: sgd(),
        steps,
        batch,
        lastBatch: 'drop',
      },
    );
    for (let step = 0; step < steps; step += stepsAtOnce) {
      await training.advance(Math.min(stepsAtOnce, steps - step));
      shown(batch * Math.min(steps, step + stepsAtOnce));
    }
    await training.dispose();
    return batch * steps;
  }

  /** Puts the running statistics back, to the last bit. */
  undo(): void {
    if (this.#before) this.network.setState(this.#before);
    this.#before = undefined;
  }

  async measure(source: Source): Promise<Measured> {
    const { cars, bikes } = this.data;
    const [predictions, statistics] = await Promise.all([
      predict(this.network, join(cars, bikes)),
      this.#statistics(source),
    ]);
    return { predictions, statistics, errors: errorsOf(predictions, this.data) };
  }

  #examples(source: Source): Vehicles {
    const { cars, bikes } = this.data;
    return source === 'both' ? join(cars, bikes) : bikes;
  }

  async #statistics(source: Source): Promise<NormStatistics[]> {
    const { features, count } = this.#examples(source);
    let watcher = this.#watchers.get(source);
    if (!watcher) {
      const how = { batch: count, layers: normNames, channels: true } as const;
      watcher = watch(this.network, { ...how, statistics: 'running' });
      this.#watchers.set(source, watcher);
    }
    const got = await (await watcher).run({ input: features });
    const numbers = (name: string) => got[name] as Float32Array;
    return normNames.map((name) => ({
      name,
      running: {
        mean: numbers(`${name}/movingMean`),
        variance: numbers(`${name}/movingVariance`),
      },
      now: {
        mean: numbers(`${name}/batchMean`),
        variance: numbers(`${name}/batchVariance`),
      },
    }));
  }

  dispose(): void {
    for (const watcher of this.#watchers.values()) {
      watcher.then(
        (program) => program.dispose(),
        () => {},
      );
    }
    this.network.dispose();
  }
}

/** `predictions`: of cars, and then of motorbikes. */
export function errorsOf(predictions: Float32Array, { cars, bikes }: PriceData): Errors {
  return {
    cars: typicalError(predictions.subarray(0, cars.count), cars.prices),
    bikes: typicalError(predictions.subarray(cars.count), bikes.prices),
    both: typicalError(predictions, join(cars, bikes).prices),
  };
}
