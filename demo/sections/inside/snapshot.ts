import type { Outputs } from 'webgpu-batchnorm';
import { tracks, watchedLayers } from './layers';

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

/** `seen`: what was read of each network, with and without batch norm. */
export function snapshotOf(step: number, seen: readonly [Outputs, Outputs]): Snapshot {
  return {
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
  };
}
