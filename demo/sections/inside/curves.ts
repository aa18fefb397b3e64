import type { Curves } from '../../parts/chart';
import { percentiles, range, trackOf, watchedLayers } from './layers';
import type { Snapshot } from './snapshot';

/** A number that a chart can show, or a gap. */
const shown = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** Percentiles of one track over the steps. */
export function percentileCurves(snapshots: readonly Snapshot[], track: number): Curves {
  return {
    x: snapshots.map(({ step }) => step),
    series: percentiles.map((_, p) => snapshots.map((seen) => shown(seen.percentiles[track]?.[p]))),
  };
}

/** Gradient norms of the layer shown, with and without batch norm, then of all layers, faintly. */
export function gradientCurves(snapshots: readonly Snapshot[], layer: number): Curves {
  const curve = (lane: number, of: number) =>
    snapshots.map(({ gradientNorms }) => {
      const norm = shown(gradientNorms[lane]?.[of]);
      // Nothing to see on a logarithmic scale.
      return norm === 0 ? null : norm;
    });
  const others = [0, 1].flatMap((lane) => watchedLayers.map((_, of) => curve(lane, of)));
  return {
    x: snapshots.map(({ step }) => step),
    series: [curve(0, layer), curve(1, layer), ...others],
  };
}

/**
 * What charts of percentiles reach to, the same for both networks: as far as the curves go, but no further than
 * the histograms do, so that a network that breaks does not flatten the other.
 */
export function sharedLimit(snapshots: readonly Snapshot[], layer: number): number {
  const drawn = [trackOf(layer, 'after') ?? trackOf(layer, 'before'), trackOf(layer, 'plain')];
  const sizes = snapshots.flatMap(({ percentiles }) =>
    drawn.flatMap((track) => (track === undefined ? [] : percentiles[track].map(Math.abs))),
  );
  const largest = sizes.filter(Number.isFinite).reduce((most, size) => Math.max(most, size), 0);
  return Math.min(range[1], Math.max(1, 1.1 * largest));
}
