import { expect, test } from 'vitest';
import { ArgumentError } from '../../src/core/errors';
import {
  cosineDecay,
  exponentialDecay,
  oneCycle,
  piecewise,
  type Schedule,
  stepDecay,
} from '../../src/train/schedules';

const at = (schedule: Schedule, ...steps: number[]) => steps.map(schedule);
const close = (got: number[], want: number[]) =>
  got.forEach((rate, i) => {
    expect(rate).toBeCloseTo(want[i], 12);
  });

test('steps and pieces', () => {
  close(at(stepDecay({ rate: 1, every: 3 }), 0, 2, 3, 6), [1, 1, 0.1, 0.01]);
  close(at(stepDecay({ rate: 1, every: 1, factor: 0.5 }), 0, 1, 3), [1, 0.5, 0.125]);
  const pieces = piecewise({ boundaries: [2, 5], rates: [3, 2, 1] });
  expect(at(pieces, 0, 1, 2, 4, 5, 100)).toEqual([3, 3, 2, 2, 1, 1]);
  expect(at(piecewise({ boundaries: [], rates: [7] }), 0, 9)).toEqual([7, 7]);
});

test('exponential', () => {
  close(at(exponentialDecay({ rate: 2, decay: 0.25, every: 4 }), 0, 2, 4), [2, 1, 0.5]);
});

test('cosine, with a warm-up', () => {
  close(at(cosineDecay({ rate: 1, steps: 10 }), 0, 5, 10, 99), [1, 0.5, 0, 0]);
  const warm = cosineDecay({ rate: 1, steps: 14, warmup: 4, end: 0.2 });
  close(at(warm, 0, 1, 3, 4, 9, 14), [0.2, 0.4, 0.8, 1, 0.6, 0.2]);
  // All of it warm-up.
  close(at(cosineDecay({ rate: 1, steps: 2, warmup: 2 }), 0, 1, 3), [1 / 3, 2 / 3, 0]);
});

/** torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=10), cosine, by its documentation. */
test('one cycle', () => {
  const cycle = oneCycle({ rate: 1, steps: 10 });
  close(at(cycle, 0, 1, 2, 9, 50), [0.04, 0.52, 1, 0.04 / 1e4, 0.04 / 1e4]);
  for (let step = 3; step < 10; step++) expect(cycle(step)).toBeLessThan(cycle(step - 1));
});

test('numbers out of range are typed errors', () => {
  const bad = [
    () => stepDecay({ rate: Number.NaN, every: 1 }),
    () => stepDecay({ rate: 1, every: 0 }),
    () => stepDecay({ rate: -1, every: 1 }),
    () => piecewise({ boundaries: [1], rates: [1] }),
    () => piecewise({ boundaries: [2, 2], rates: [1, 1, 1] }),
    () => exponentialDecay({ rate: 1, decay: 0 }),
    () => cosineDecay({ rate: 1, steps: 0 }),
    () => cosineDecay({ rate: 1, steps: 3, warmup: 4 }),
    () => oneCycle({ rate: Number.POSITIVE_INFINITY, steps: 3 }),
    () => oneCycle({ rate: 1, steps: 3, rise: 2 }),
  ];
  for (const make of bad) expect(make).toThrow(ArgumentError);
});
