// The race of the demo, run with networks whose losses are given.
import { expect, test } from 'vitest';
import type { Twin } from '../../demo/parts/twin';
import { Race } from '../../demo/sections/race/race';

const classes = 10;
const test10 = {
  images: new Float32Array(),
  labels: Int32Array.from({ length: 10 }, (_, i) => i),
  count: 10,
};
const data = { train: { ...test10, count: 100 }, test: test10, batch: 10 };

/** Its loss at step i is `losses(i)`; it reads all digits, or always a 0. */
function twin(losses: (step: number) => number, reads: boolean) {
  const rates: number[] = [];
  const state = { steps: 0, rates, disposed: false };
  const fake = {
    async train(steps: number, rate: number) {
      const found: number[] = [];
      while (found.length < steps && Number.isFinite(found.at(-1) ?? 0)) {
        rates.push(rate);
        found.push(losses(++state.steps));
      }
      return found;
    },
    async predict() {
      return Float32Array.from({ length: 10 * classes }, (_, i) => {
        const digit = reads ? Math.floor(i / classes) : 0;
        return i % classes === digit ? 1 : 0;
      });
    },
    async dispose() {
      state.disposed = true;
    },
  };
  return { fake: fake as unknown as Twin, state };
}

async function run(race: Race, steps: number): Promise<void> {
  while (race.step < steps) await race.advance(steps - race.step);
}

test('a loss that is no number is a result, and the other network goes on', async () => {
  const [good, bad] = [twin(() => 1, true), twin((step) => (step < 7 ? 2 : Number.NaN), true)];
  const race = new Race([good.fake, bad.fake], data, 0.1);
  await race.evaluate();
  await run(race, 30);
  const [lane, lost] = race.lanes;
  expect([race.statusOf(lane), race.statusOf(lost)]).toEqual(['learning', 'diverged']);
  expect(lost.divergedAt).toBe(7);
  expect([good.state.steps, bad.state.steps]).toEqual([30, 7]);
  expect(race.losses.series[1].slice(0, 8).map((loss) => loss?.toFixed(6) ?? null)).toEqual([
    ...Array(6).fill('2.000000'),
    null,
    null,
  ]);
  expect(race.losses.series.flat().some(Number.isNaN)).toBe(false);
  expect(race.accuracies.x).toEqual([0, 10, 20, 30]);
  expect(race.accuracies.series).toEqual([
    [1, 1, 1, 1],
    [1, null, null, null],
  ]);
});

test('a network that only guesses is stuck after a while', async () => {
  const race = new Race([twin(() => 1, true).fake, twin(() => 2.3, false).fake], data, 0.1);
  await run(race, 50);
  expect(race.statusOf(race.lanes[1])).toBe('guessing');
  await run(race, 120);
  expect(race.statusOf(race.lanes[1])).toBe('stuck');
});

test('a new learning rate takes effect with the next step and leaves one mark', async () => {
  const [a, b] = [twin(() => 1, true), twin(() => 1, true)];
  const race = new Race([a.fake, b.fake], data, 0.1);
  await run(race, 4);
  for (const rate of [0.2, 0.3, 0.4]) {
    race.setLearningRate(rate);
    await run(race, race.step + 1);
  }
  await run(race, 20);
  race.setLearningRate(0.1);
  await run(race, 22);
  expect(a.state.rates.slice(0, 8)).toEqual([0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.4, 0.4]);
  expect(b.state.rates).toEqual(a.state.rates);
  expect(race.rateChanges).toEqual([
    { step: 4, rate: 0.4 },
    { step: 20, rate: 0.1 },
  ]);
  await race.dispose();
  expect([a.state.disposed, b.state.disposed]).toEqual([true, true]);
});
