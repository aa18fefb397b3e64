// What is watched, and where it is shown.
import { digitNetwork } from '../../parts/digit-network';

/** The middle 70 % of the numbers, and the middle one. */
export const percentiles = [15, 50, 85] as const;
/** The same for all layers and both networks, so that they can be compared; outliers are counted apart. */
export const range = [-5, 5] as const;
export const bins = 100;

/** A layer that both networks have; its batch norm, where the normalised one has one behind it. */
export interface WatchedLayer {
  readonly name: string;
  readonly layer: string;
  readonly norm?: string;
}

const conv = (i: number): WatchedLayer => {
  const number = i ? `_${i}` : '';
  return { name: `Layer ${i + 1}`, layer: `conv2d${number}`, norm: `batchNorm${number}` };
};

export const watchedLayers: readonly WatchedLayer[] = [
  ...[0, 1, 2, 3].map(conv),
  { name: 'Outputs', layer: 'dense' },
];

/** Places in the networks: behind the layer, in both, and behind its batch norm. */
export const places = ['before', 'after', 'plain'] as const;
export type Place = (typeof places)[number];

/** A tensor whose distribution is kept. */
export interface Track {
  readonly layer: number;
  readonly place: Place;
  /** Its layer's name in the network. */
  readonly source: string;
}

export const tracks: readonly Track[] = watchedLayers.flatMap(({ layer, norm }, i) => [
  { layer: i, place: 'before' as const, source: layer },
  ...(norm ? [{ layer: i, place: 'after' as const, source: norm }] : []),
  { layer: i, place: 'plain' as const, source: layer },
]);

/** Undefined: the layer has no batch norm behind it. */
export function trackOf(layer: number, place: Place): number | undefined {
  const found = tracks.findIndex((track) => track.layer === layer && track.place === place);
  return found < 0 ? undefined : found;
}

const sizes = new Map(
  digitNetwork(true).tensors.map(({ call, shape }) => [
    call.layer.name,
    shape.reduce((product, extent) => product * extent, 1),
  ]),
);

/** How many numbers a track has for each image. */
export function imageElements(track: number): number {
  return sizes.get(tracks[track].source) as number;
}

/** Where a bin begins and ends; bin 0 is all that is below the range, the last all that is above. */
export function edgesOf(bin: number): readonly [low: number, high: number] {
  const edge = (number: number) => (range[0] * bins + number * (range[1] - range[0])) / bins;
  if (bin === 0) return [Number.NEGATIVE_INFINITY, range[0]];
  if (bin > bins) return [range[1], Number.POSITIVE_INFINITY];
  return [edge(bin - 1), edge(bin)];
}
