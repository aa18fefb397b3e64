import {
  compile,
  fit,
  type Network,
  sgd,
  type Training,
  type TrainingState,
} from 'webgpu-batchnorm';
import type { Digits } from '../../parts/digits';
import { type NetName, networks } from './networks';
import type { Variant } from './variants';

/** What the networks of a race have in common. */
export interface Course {
  readonly net: NetName;
  /** Of the weights and of the order of the images. */
  readonly seed: number;
  /** Images a step, where a variant has no number of its own. */
  readonly batch: number;
}

export interface RaceData {
  readonly train: Digits;
  readonly test: Digits;
}

/** One network of a race, in training. */
export interface Runner {
  /** Takes `steps` training steps, or fewer where the loss stops being a number; the loss of each. */
  train(steps: number, learningRate: number): Promise<number[]>;
  /** For each test image the probability of each digit. */
  predict(): Promise<Float32Array>;
  /** All that is needed to go on later. */
  state(): Promise<TrainingState>;
  dispose(): Promise<void>;
}

/** Images that are read at a time; divides the number of test images. */
const readingBatch = 100;

/** Where a network runs. */
export type Place = { readonly device: GPUDevice } | { readonly backend: 'cpu' };

/** A network of the library, here. */
export class LocalRunner implements Runner {
  private constructor(
    private readonly network: Network,
    private readonly training: Training,
    private readonly test: Float32Array,
  ) {}

  /**
   * `resume`: goes on from there. `compiling` is told how many of the training's kernels are
   * compiled, with the first step.
   */
  static async create(
    place: Place,
    variant: Variant,
    { net, seed, batch }: Course,
    { train, test }: RaceData,
    resume?: TrainingState,
    compiling?: (done: number, total: number) => void,
  ): Promise<LocalRunner> {
    const { build, imagesOf } = networks[net];
    const network = await compile(build(variant), { ...place, seed });
    const training = fit(
      network,
      { x: imagesOf(train), y: train.labels },
      {
        loss: 'crossEntropy',
        optimizer: sgd(),
        metrics: [],
        epochs: Number.POSITIVE_INFINITY,
        batch: variant.batch || batch,
        lastBatch: 'drop',
        seed,
        resume,
        compiling,
      },
    );
    return new LocalRunner(network, training, imagesOf(test));
  }

  async train(steps: number, learningRate: number): Promise<number[]> {
    this.training.learningRate = learningRate;
    const reports = await this.training.advance(steps);
    return reports.map(({ loss }) => loss);
  }

  async predict(): Promise<Float32Array> {
    const { data } = await this.network.predict(this.test, { batch: readingBatch });
    return data as Float32Array;
  }

  state(): Promise<TrainingState> {
    return this.training.state();
  }

  async dispose(): Promise<void> {
    await this.training.dispose();
    this.network.dispose();
  }
}
