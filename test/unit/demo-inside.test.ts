// The parts of the section "What moves inside" that need no page.
import { describe, expect, test } from 'vitest';
import { axisOf } from '../../demo/sections/inside/axis';
import {
  between,
  type Camera,
  matrixOf,
  pick,
  presetOf,
  presets,
  project,
  turned,
  zoomed,
} from '../../demo/sections/inside/camera';
import { gradientCurves, percentileCurves, sharedLimit } from '../../demo/sections/inside/curves';
import { Journal } from '../../demo/sections/inside/journal';
import {
  bins,
  edgesOf,
  range,
  trackOf,
  tracks,
  watchedLayers,
} from '../../demo/sections/inside/layers';
import { readoutOf } from '../../demo/sections/inside/readout';
import { Rows, rowAt } from '../../demo/sections/inside/rows';
import type { Snapshot } from '../../demo/sections/inside/snapshot';

describe('rows', () => {
  /** Keeps the steps that are due, up to `last`. */
  function train(capacity: number, last: number): Rows {
    const rows = new Rows(capacity);
    for (let step = 0; step <= last; step = rows.next(step)) rows.add(step);
    return rows;
  }

  test('every step at first, then every second, fourth, …: evenly spaced from the first', () => {
    const steps = (rows: Rows) => rows.list.map(({ step }) => step);
    expect(steps(train(4, 3))).toEqual([0, 1, 2, 3]);
    expect(steps(train(4, 4))).toEqual([0, 2, 4]);
    expect(steps(train(4, 9))).toEqual([0, 4, 8]);
    expect(steps(train(24, 1000))).toEqual(Array.from({ length: 16 }, (_, i) => 64 * i));
  });

  test('no two rows share a place', () => {
    for (const last of [3, 17, 100, 513]) {
      const slots = train(8, last).list.map(({ slot }) => slot);
      expect(new Set(slots).size).toBe(slots.length);
      expect(Math.max(...slots)).toBeLessThan(8);
    }
  });

  test('the row that shows a step, or comes nearest', () => {
    const { list } = train(4, 9);
    expect(rowAt(list, undefined)).toBe(2);
    expect([0, 1, 5, 7, 100].map((step) => rowAt(list, step))).toEqual([0, 0, 1, 2, 2]);
    expect(rowAt([], undefined)).toBe(-1);
  });
});

describe('journal', () => {
  const seen = (step: number): Snapshot => ({
    step,
    percentiles: [],
    gradientNorms: [],
    channels: [],
  });

  test('goes back to a bookmark, and on from there as if nothing had been', () => {
    const journal = new Journal(16, 4);
    const train = (last: number) => {
      while (journal.step < last) {
        journal.addSteps(1, [[1], [journal.step === 5 ? Number.NaN : 1]]);
        if (journal.rows.next(journal.step - 1) === journal.step) journal.add(seen(journal.step));
      }
    };
    journal.add(seen(0));
    train(3);
    const bookmark = journal.bookmark();
    train(9);
    const [rows, snapshots] = [journal.rows.list, [...journal.snapshots]];
    expect(journal.divergedAt).toEqual([undefined, 6]);
    for (let again = 0; again < 2; again++) {
      journal.goBack(bookmark);
      expect(journal.step).toBe(3);
      expect(journal.divergedAt).toEqual([undefined, undefined]);
      expect(journal.snapshots.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
      expect(journal.rows.list.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
      train(9);
      expect(journal.rows.list).toEqual(rows);
      expect(journal.snapshots).toEqual(snapshots);
    }
    expect(journal.over).toBe(false);
  });

  test('counts the numbers of a track by the images looked at', () => {
    expect(new Journal(16, 4).elementsOf(trackOf(0, 'plain') as number)).toBe(16 * 14 * 14 * 8);
  });
});

describe('camera', () => {
  const camera = (angles: Partial<Camera>): Camera => ({
    azimuth: 0,
    elevation: 0,
    zoom: 1,
    perspective: false,
    ...angles,
  });
  const close = (got: readonly number[], want: readonly number[]) =>
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(want[i], 4);
    });

  test('presets: from the side steps fall together, from the top shares do', () => {
    const side = matrixOf(camera(presets.side), 1.5);
    close(project(side, [0.3, 0.2, -1]), project(side, [0.3, 0.2, 1]));
    expect(project(side, [0.3, 0.4, 0])[1]).toBeGreaterThan(project(side, [0.3, 0.2, 0])[1]);
    const top = matrixOf(camera(presets.top), 1.5);
    close(project(top, [0.3, 0, 0.5]), project(top, [0.3, 0.5, 0.5]));
    // Later steps are below, nearer to who looks.
    expect(project(top, [0, 0, 1])[1]).toBeLessThan(project(top, [0, 0, -1])[1]);
    expect(presetOf(presets.top)).toBe('top');
    expect(presetOf({ azimuth: 1, elevation: 90 })).toBeUndefined();
  });

  test('all that may be drawn is in the picture, in front of the eye', () => {
    for (const perspective of [false, true])
      for (const aspect of [0.6, 1, 2.5])
        for (const azimuth of [-170, -24, 0, 90])
          for (const elevation of [0, 34, 90]) {
            const matrix = matrixOf(camera({ azimuth, elevation, perspective }), aspect);
            for (const x of [-1.1, 1.1])
              for (const y of [0, 0.62])
                for (const z of [-1, 1]) {
                  const [right, up] = project(matrix, [x, y, z]);
                  expect(Math.abs(right)).toBeLessThanOrEqual(perspective ? 1.35 : 1);
                  expect(Math.abs(up)).toBeLessThanOrEqual(perspective ? 1.35 : 1);
                }
          }
  });

  test('what is pointed at is what is seen there', () => {
    for (const perspective of [false, true])
      for (const angles of [presets.oblique, presets.top, { azimuth: 130, elevation: 12 }]) {
        const matrix = matrixOf(camera({ ...angles, perspective, zoom: 1.4 }), 1.3);
        const { x, z } = pick(matrix, ...project(matrix, [0.4, 0, -0.7]));
        close([x, z as number], [0.4, -0.7]);
      }
  });

  test('from the side only the value is known', () => {
    const matrix = matrixOf(camera(presets.side), 1.3);
    const at = pick(matrix, ...project(matrix, [0.4, 0.3, -0.7]));
    expect(at.x).toBeCloseTo(0.4, 4);
    expect(at.z).toBeUndefined();
  });

  test('turns around, and up as far as the top; turns the shorter way', () => {
    expect(turned(camera({ azimuth: 170 }), 20, 200)).toMatchObject({
      azimuth: -170,
      elevation: 90,
    });
    expect(turned(camera({ elevation: 3 }), 0, -20).elevation).toBe(0);
    expect(zoomed(camera({}), 100).zoom).toBe(4);
    const way = between(camera({ azimuth: 170 }), camera({ azimuth: -170, elevation: 90 }), 0.5);
    expect(way).toMatchObject({ azimuth: 180, elevation: 45 });
  });
});

describe('what is said of a histogram', () => {
  test('bins tile the range, and the rest lies outside', () => {
    expect(edgesOf(0)).toEqual([Number.NEGATIVE_INFINITY, range[0]]);
    expect(edgesOf(bins + 1)).toEqual([range[1], Number.POSITIVE_INFINITY]);
    expect(edgesOf(1)[0]).toBe(range[0]);
    expect(edgesOf(bins)[1]).toBeCloseTo(range[1], 12);
    for (let bin = 1; bin < bins; bin++)
      expect(edgesOf(bin)[1]).toBeCloseTo(edgesOf(bin + 1)[0], 12);
  });

  test('in words', () => {
    const counts = new Float32Array(bins + 2);
    counts.set([3], 0);
    counts.set([25], 1 + bins / 2);
    counts.set([2], bins + 1);
    expect(readoutOf(40, 1 + bins / 2, counts, 100)).toBe('step 40 · 0 to 0.1: 25.0 %');
    expect(readoutOf(40, 0, counts, 100)).toBe('step 40 · below −5: 3.0 %');
    expect(readoutOf(40, bins + 1, counts, 100)).toBe('step 40 · 5 and above: 2.0 %');
    expect(readoutOf(40, undefined, counts, 100)).toBe('step 40 · outside −5 to 5: 5.0 %');
  });
});

test('channels: an outlier is beyond the axis, and does not flatten the others', () => {
  const calm = [-1.5, -0.2, 0, 0.4, 1.8];
  expect(axisOf(calm)).toEqual([-1.5, 1.8]);
  expect(axisOf([...calm, 1e6, -1e6, Number.POSITIVE_INFINITY])).toEqual([-12, 12]);
  expect(axisOf([...calm, Number.NaN])).toEqual([-1.5, 1.8]);
  // All are large: that is no outlier.
  expect(axisOf([900, 1000, 1100])).toEqual([-0.5, 1100]);
  expect(axisOf([])).toEqual([-0.5, 1]);
});

describe('curves', () => {
  const snapshot = (step: number, scale: number): Snapshot => ({
    step,
    percentiles: tracks.map(({ place }) => {
      const size = place === 'plain' ? scale : 1;
      return [-size, 0, size];
    }),
    gradientNorms: [0, 1].map((lane) => watchedLayers.map((_, layer) => (lane ? scale : layer))),
    channels: watchedLayers.map(() => undefined),
  });

  test('a network that breaks flattens nothing', () => {
    const calm = [snapshot(0, 2), snapshot(1, 3)];
    expect(sharedLimit(calm, 1)).toBeCloseTo(3.3, 10);
    for (const scale of [1e6, Number.POSITIVE_INFINITY]) {
      expect(sharedLimit([...calm, snapshot(2, scale)], 1)).toBe(
        Number.isFinite(scale) ? range[1] : sharedLimit(calm, 1),
      );
    }
    const plain = trackOf(1, 'plain') as number;
    const { x, series } = percentileCurves([...calm, snapshot(2, Number.NaN)], plain);
    expect(x).toEqual([0, 1, 2]);
    expect(series).toEqual([
      [-2, -3, null],
      [0, 0, 0],
      [2, 3, null],
    ]);
  });

  test('gradients: the layer shown first, with and without; none of length 0', () => {
    const { series } = gradientCurves([snapshot(0, 2)], 3);
    expect(series.slice(0, 2)).toEqual([[3], [2]]);
    expect(series.slice(2)).toEqual([null, 1, 2, 3, 4, 2, 2, 2, 2, 2].map((norm) => [norm]));
  });
});
