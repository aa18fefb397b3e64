// “Tabular”: its data, and what a shift and re-estimated statistics do, on the CPU reference.
import { expect, test } from 'vitest';
import { Adaptation } from '../../demo/sections/tabular/adaptation';
import { join, makeVehicles } from '../../demo/sections/tabular/data';
import { Runs, typicalError } from '../../demo/sections/tabular/runs';

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

test('vehicles are made by their formula, and a seed fixes them', () => {
  const cars = makeVehicles('car', 400, 1);
  expect(makeVehicles('car', 400, 1)).toEqual(cars);
  expect(makeVehicles('car', 400, 2).prices).not.toEqual(cars.prices);
  const yearly: number[] = [];
  cars.prices.forEach((price, i) => {
    const [age, kilometres] = cars.features.subarray(2 * i, 2 * i + 2);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(18);
    yearly.push(kilometres / age);
    // Luck is within five standard deviations.
    const fair = 32 * Math.exp(-0.09 * age - kilometres / 260_000);
    expect(Math.abs(Math.log(price / fair))).toBeLessThan(0.3);
  });
  expect(median(yearly)).toBeGreaterThan(12_500);
  expect(median(yearly)).toBeLessThan(15_500);
});

test('joined, cars come first', () => {
  const [cars, bikes] = [makeVehicles('car', 2, 1), makeVehicles('motorbike', 3, 1)];
  const both = join(cars, bikes);
  expect(both.count).toBe(5);
  expect([...both.prices]).toEqual([...cars.prices, ...bikes.prices]);
  expect([...both.features.subarray(4)]).toEqual([...bikes.features]);
});

test('a typical error is the root of the mean square', () => {
  expect(typicalError([1, 2, 3], [1, 4, 1])).toBeCloseTo(Math.sqrt(8 / 3), 12);
});

async function train(runs: Runs, until: number): Promise<void> {
  while (runs.step < until) await runs.advance(until - runs.step, 0.01);
}

test('a new device goes on from the last copy, to the same numbers', async () => {
  const data = {
    train: makeVehicles('car', 128, 1),
    cars: makeVehicles('car', 32, 2),
    bikes: makeVehicles('motorbike', 32, 3),
  };
  const [undisturbed, lost] = [new Runs(data, 1), new Runs(data, 1)];
  for (const runs of [undisturbed, lost]) await runs.start({ backend: 'cpu' });
  await train(undisturbed, 30);
  await train(lost, 17);
  await lost.start({ backend: 'cpu' });
  expect(lost.step).toBe(10);
  await train(lost, 30);
  const seen = ({ all, errors }: Runs) => [
    all.map(({ error, divergedAt }) => [error, divergedAt]),
    [...errors.values()].map(({ x, series }) => [x, series]),
  ];
  expect(seen(lost)).toEqual(seen(undisturbed));
  for (const runs of [undisturbed, lost]) await runs.dispose();
});

test('raw inputs need batch norm; re-estimated statistics help with motorbikes, and undo undoes', async () => {
  const data = {
    train: makeVehicles('car', 256, 1),
    cars: makeVehicles('car', 64, 2),
    bikes: makeVehicles('motorbike', 64, 3),
  };
  const runs = new Runs(data, 1);
  await runs.start({ backend: 'cpu' });
  await train(runs, 60);
  expect(runs.find('raw', false).divergedAt).toBeLessThan(10);
  expect(runs.find('raw', true).error).toBeLessThan(2.5);
  expect(runs.errors.get('raw')?.series[1].at(-1)).toBeNull();

  const state = await runs.find('raw', true).network.getState();

  const trained = { scaling: 'raw', state } as const;
  const adaptation = await Adaptation.create({ backend: 'cpu' }, data, trained);
  const before = await adaptation.measure('bikes');
  const [inputs] = before.statistics;
  // A third of the kilometres.
  expect(inputs.now.mean[1]).toBeLessThan(0.6 * inputs.running.mean[1]);

  const counts: number[] = [];
  const examples = await adaptation.recalibrate('bikes', (count) => counts.push(count));
  expect(counts.at(-1)).toBe(examples);
  expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
  const after = await adaptation.measure('bikes');
  expect(after.errors.bikes).toBeLessThan(before.errors.bikes);
  expect(after.errors.cars).toBeGreaterThan(before.errors.cars);
  // 0.9⁶ of the old mean is left.
  const [now] = after.statistics;
  const left = 0.9 ** (examples / 64);
  const expected = left * inputs.running.mean[1] + (1 - left) * inputs.now.mean[1];
  expect(now.running.mean[1] / expected).toBeCloseTo(1, 3);

  adaptation.undo();
  const undone = await adaptation.measure('bikes');
  expect(undone.predictions).toEqual(before.predictions);
  expect(undone.errors).toEqual(before.errors);
  adaptation.dispose();
  await runs.dispose();
});
