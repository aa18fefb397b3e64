import {
  compile,
  fit,
  type Network,
  type Outputs,
  type Program,
  sgd,
  type Training,
  type TrainingState,
  watch,
} from 'webgpu-batchnorm';
import { digitNetwork } from '../../parts/digit-network';
import type { Digits } from '../../parts/digits';
import { bins, percentiles, range, watchedLayers } from './layers';

export interface TwinOptions {
  readonly train: Digits;
  /** What the layers are watched on: always the same images. */
  readonly probe: Digits;
  /** Of the weights and of the order of the images. */
  readonly seed: number;
  readonly batch: number;
}

/** Told how far the training's kernels are compiled. */
export type Compiling = (done: number, total: number) => void;

/** One of the two networks, in training, and looked into. */
export class Twin {
  private constructor(
    private readonly network: Network,
    private readonly training: Training,
    /** Sees the network as the training has left it. */
    readonly watcher: Program,
    private readonly probe: Digits,
  ) {}

  /**
   * `resume`: goes on from there. `compiling` is told how many of the training's kernels are compiled,
   * with the first step.
   */
  static async create(
    device: GPUDevice,
    normalised: boolean,
    { train, probe, seed, batch }: TwinOptions,
    resume: TrainingState | undefined,
    compiling: Compiling,
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
        resume,
        compiling,
      },
    );
    // Puts its numbers in place now, not with the first step: one that has diverged takes none.
    if (resume) await training.state();
    const watcher = await watch(network, {
      batch: probe.count,
      layers: watchedLayers.flatMap(({ layer, norm }) =>
        norm && normalised ? [layer, norm] : [layer],
      ),
      histogram: { bins, range },
      percentiles,
      channels: normalised,
      gradients: { loss: 'crossEntropy' },
    });
    return new Twin(network, training, watcher, probe);
  }

  /** Takes `steps` training steps, or fewer where the loss stops being a number; the loss of each. */
  async train(steps: number, learningRate: number): Promise<number[]> {
    this.training.learningRate = learningRate;
    const reports = await this.training.advance(steps);
    return reports.map(({ loss }) => loss);
  }

  /** All that the watcher sees but for the histograms, which are not read back. */
  look(): Promise<Outputs> {
    const { watcher, probe } = this;
    const fetch = [...watcher.graph.outputs.keys()].filter((name) => !name.endsWith('/histogram'));
    return watcher.run({ input: probe.images, 'training/targets': probe.labels }, { fetch });
  }

  /** All that is needed to go on later. */
  state(): Promise<TrainingState> {
    return this.training.state();
  }

  async dispose(): Promise<void> {
    this.watcher.dispose();
    await this.training.dispose();
    this.network.dispose();
  }
}

/**
 * The same network with and without batch norm: the same start, the same images in the same order.
 * `states`: where to go on, if not at the start.
 */
export async function createTwins(
  device: GPUDevice,
  options: TwinOptions,
  states: readonly (TrainingState | undefined)[],
  compiling: Compiling,
): Promise<readonly [Twin, Twin]> {
  const counts = [
    { done: 0, total: 0 },
    { done: 0, total: 0 },
  ];
  const [normalised, plain] = await Promise.all(
    counts.map((count, i) =>
      Twin.create(device, i === 0, options, states[i], (done, total) => {
        Object.assign(count, { done, total });
        compiling(counts[0].done + counts[1].done, counts[0].total + counts[1].total);
      }),
    ),
  );
  return [normalised, plain];
}
