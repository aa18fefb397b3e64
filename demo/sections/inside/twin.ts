import { compile, fit, type Network, sgd, type Training } from 'webgpu-batchnorm';
import { digitNetwork } from '../../parts/digit-network';
import type { Digits } from '../../parts/digits';

export interface TwinOptions {
  readonly train: Digits;
  /** Of the weights and of the order of the images. */
  readonly seed: number;
  readonly batch: number;
}

/** One of the two networks, in training. */
export class Twin {
  private constructor(
    /** Its numbers are those of the training, always. */
    readonly network: Network,
    private readonly training: Training,
  ) {}

  /** `compiling` is told how many of the training's kernels are compiled, with the first step. */
  static async create(
    device: GPUDevice,
    normalised: boolean,
    { train, seed, batch }: TwinOptions,
    compiling: (done: number, total: number) => void,
  ): Promise<Twin> {
    const network = await compile(digitNetwork(normalised), { device, seed });
    const training = fit(
      network,
      { x: train.images, y: train.labels },
      {
        loss: 'crossEntropy',
        optimizer: sgd(),
        metrics: [],
        epochs: Number.POSITIVE_INFINITY,
        batch,
        lastBatch: 'drop',
        seed,
        compiling,
      },
    );
    return new Twin(network, training);
  }

  /** Takes `steps` training steps, or fewer where the loss stops being a number; the loss of each. */
  async train(steps: number, learningRate: number): Promise<number[]> {
    this.training.learningRate = learningRate;
    const reports = await this.training.advance(steps);
    return reports.map(({ loss }) => loss);
  }

  async dispose(): Promise<void> {
    await this.training.dispose();
    this.network.dispose();
  }
}

/** The same network with and without batch norm: the same start, the same images in the same order. */
export async function createTwins(
  device: GPUDevice,
  options: TwinOptions,
  compiling: (done: number, total: number) => void,
): Promise<readonly [Twin, Twin]> {
  const counts = [
    { done: 0, total: 0 },
    { done: 0, total: 0 },
  ];
  const [normalised, plain] = await Promise.all(
    counts.map((count, i) =>
      Twin.create(device, i === 0, options, (done, total) => {
        Object.assign(count, { done, total });
        compiling(counts[0].done + counts[1].done, counts[0].total + counts[1].total);
      }),
    ),
  );
  return [normalised, plain];
}
