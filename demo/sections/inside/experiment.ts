import { type Program, watch } from 'webgpu-batchnorm';
import type { Digits } from '../../parts/digits';
import { Histories, type Source } from './histories';
import { bins, percentiles, range, tracks, watchedLayers } from './layers';
import { Rows } from './rows';
import { createTwins, type Twin } from './twin';

/** A batch norm's channels at one step: of the probe's batch, the running ones, and what is learned. */
export interface Channels {
  readonly batchMean: readonly number[];
  readonly batchVariance: readonly number[];
  readonly movingMean: readonly number[];
  readonly movingVariance: readonly number[];
  readonly gamma: readonly number[];
  readonly beta: readonly number[];
}

const channelNames = [
  'batchMean',
  'batchVariance',
  'movingMean',
  'movingVariance',
  'gamma',
  'beta',
] as const satisfies readonly (keyof Channels)[];

/** What was seen at one step, but for the histograms, which stay on the GPU. */
export interface Snapshot {
  readonly step: number;
  /** For each track. */
  readonly percentiles: readonly (readonly number[])[];
  /** L2 norm of the gradient by each watched layer's weights, with and without batch norm. */
  readonly gradientNorms: readonly (readonly number[])[];
  /** For each watched layer with a batch norm. */
  readonly channels: readonly (Channels | undefined)[];
}

export interface ExperimentOptions {
  readonly train: Digits;
  /** What the layers are watched on: always the same images. */
  readonly probe: Digits;
  readonly seed: number;
  readonly batch: number;
  /** Most rows that are kept. */
  readonly capacity: number;
}

/** Two networks in lockstep, with and without batch norm, and what moves inside them. */
export class Experiment {
  step = 0;
  readonly rows: Rows;
  readonly histories: Histories;
  /** Oldest first; among them one for each row. */
  readonly snapshots: Snapshot[] = [];
  /** With batch norm, without: the step whose loss was no longer a number. */
  readonly divergedAt: (number | undefined)[] = [undefined, undefined];
  readonly #sources: readonly Source[];

  private constructor(
    device: GPUDevice,
    private readonly twins: readonly [Twin, Twin],
    private readonly watchers: readonly Program[],
    private readonly options: ExperimentOptions,
  ) {
    this.rows = new Rows(options.capacity);
    this.histories = new Histories(device, tracks.length, options.capacity);
    this.#sources = tracks.map(({ place, source }) => ({
      program: watchers[place === 'plain' ? 1 : 0],
      output: `${source}/histogram`,
    }));
  }

  static async create(
    device: GPUDevice,
    options: ExperimentOptions,
    compiling: (done: number, total: number) => void,
  ): Promise<Experiment> {
    const twins = await createTwins(device, options, compiling);
    const watchers = await Promise.all(
      twins.map(({ network }, lane) =>
        watch(network, {
          batch: options.probe.count,
          layers: watchedLayers.flatMap(({ layer, norm }) =>
            norm && lane === 0 ? [layer, norm] : [layer],
          ),
          histogram: { bins, range },
          percentiles,
          channels: lane === 0,
          gradients: { loss: 'crossEntropy' },
        }),
      ),
    );
    const experiment = new Experiment(device, twins, watchers, options);
    await experiment.#look();
    return experiment;
  }

  get diverged(): boolean {
    return this.divergedAt.every((step) => step !== undefined);
  }

  /** How many numbers a track has at each step. */
  elementsOf(track: number): number {
    const { place, source } = tracks[track];
    const { model } = this.twins[place === 'plain' ? 1 : 0].network;
    const shape = model.places.find(({ name }) => name === source)?.outputs[0].shape ?? [];
    return shape.reduce((product, extent) => product * extent, this.options.probe.count);
  }

  /** At most `count` steps, up to the next look inside; says how many it took. */
  async advance(count: number, rate: number): Promise<number> {
    const until = this.rows.next(this.step);
    const steps = Math.min(count, until - this.step);
    await Promise.all(
      this.twins.map(async (twin, lane) => {
        if (this.divergedAt[lane] !== undefined) return;
        const losses = await twin.train(steps, rate);
        const bad = losses.findIndex((loss) => !Number.isFinite(loss));
        if (bad >= 0) this.divergedAt[lane] = this.step + bad + 1;
      }),
    );
    this.step += steps;
    if (this.step >= until) await this.#look();
    return steps;
  }

  async dispose(): Promise<void> {
    for (const watcher of this.watchers) watcher.dispose();
    this.histories.dispose();
    await Promise.all(this.twins.map((twin) => twin.dispose()));
  }

  async #look(): Promise<void> {
    const { images, labels } = this.options.probe;
    const inputs = { input: images, 'training/targets': labels };
    const seen = await Promise.all(
      this.watchers.map((watcher) => watcher.run(inputs, { fetch: smallOutputs(watcher) })),
    );
    const { step, slot } = this.rows.add(this.step);
    this.histories.keep(slot, this.#sources);
    this.snapshots.push({
      step,
      percentiles: tracks.map(({ place, source }) => [
        ...seen[place === 'plain' ? 1 : 0][`${source}/percentiles`],
      ]),
      gradientNorms: seen.map((outputs) =>
        watchedLayers.map(({ layer }) => outputs[`${layer}/kernel/gradientNorm`][0]),
      ),
      channels: watchedLayers.map(({ norm }) => {
        if (!norm) return undefined;
        const numbers = channelNames.map((name) => [name, [...seen[0][`${norm}/${name}`]]]);
        return Object.fromEntries(numbers) as Channels;
      }),
    });
  }
}

/** All but the histograms, which are not read back. */
function smallOutputs({ graph }: Program): string[] {
  return [...graph.outputs.keys()].filter((name) => !name.endsWith('/histogram'));
}
