// The race of the demo, run with networks whose losses are given.
import { expect, test } from 'vitest';
import { presets } from '../../demo/sections/race/presets';
import { Race } from '../../demo/sections/race/race';
import type { Runner } from '../../demo/sections/race/runner';
import { Playback, RunRecorder, type SavedRun } from '../../demo/sections/race/saved-run';
import { settings } from '../../demo/sections/race/settings';
import { formatVariants, nameOf, parseVariants } from '../../demo/sections/race/variants';

const classes = 10;
const recordings = import.meta.glob('../../demo/data/runs/*.json', { import: 'default' });
const test10 = {
  images: new Float32Array(),
  labels: Int32Array.from({ length: 10 }, (_, i) => i),
  count: 10,
};
const data = { train: { ...test10, count: 100 }, test: test10 };
const course = { net: 'conv', seed: 1, batch: 16 } as const;
const twins = settings.lanes.initial;

/** Its loss at step i is `losses(i)`; it reads all digits, or always a 0. */
function runner(losses: (step: number) => number, reads = true) {
  const state = { steps: 0, rates: [] as number[], disposed: false };
  const fake: Runner = {
    async train(steps, rate) {
      const found: number[] = [];
      while (found.length < steps && Number.isFinite(found.at(-1) ?? 0)) {
        state.rates.push(rate);
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
    async state() {
      return { step: state.steps, epoch: 0, position: 0, seed: 1, batch: 10, tensors: new Map() };
    },
    async dispose() {
      state.disposed = true;
    },
  };
  return { fake, state };
}

async function started(fakes: readonly { fake: Runner }[], lanes = twins): Promise<Race> {
  const race = new Race(course, lanes);
  race.setLearningRate(0.1);
  const left = [...fakes];
  await race.start(
    async () => left.shift()!.fake,
    data,
    () => {},
  );
  return race;
}

async function run(race: Race, steps: number): Promise<void> {
  while (race.scores.step < steps) await race.advance(steps - race.scores.step);
}

const lostAt7 = (step: number) => (step < 7 ? 2 : Number.NaN);

test('a loss that is no number is a result, and the other network goes on', async () => {
  const [good, bad] = [runner(() => 1), runner(lostAt7)];
  const race = await started([good, bad]);
  await run(race, 30);
  const { scores } = race;
  const [lane, lost] = scores.lanes;
  expect([scores.statusOf(lane), scores.statusOf(lost)]).toEqual(['learning', 'diverged']);
  expect(lost.divergedAt).toBe(7);
  expect(race.over).toBe(false);
  expect([good.state.steps, bad.state.steps]).toEqual([30, 7]);
  expect(scores.losses.series[1].slice(0, 8).map((loss) => loss?.toFixed(6) ?? null)).toEqual([
    ...Array(6).fill('2.000000'),
    null,
    null,
  ]);
  expect(scores.losses.series.flat().some(Number.isNaN)).toBe(false);
  expect(scores.accuracies.x).toEqual([0, 10, 20, 30]);
  expect(scores.accuracies.series).toEqual([
    [1, 1, 1, 1],
    [1, null, null, null],
  ]);
});

test('a network that only guesses is stuck after a while', async () => {
  const race = await started([runner(() => 1), runner(() => 2.3, false)]);
  const guesses = () => race.scores.statusOf(race.scores.lanes[1]);
  await run(race, 50);
  expect(guesses()).toBe('guessing');
  await run(race, 120);
  expect(guesses()).toBe('stuck');
});

test('a new learning rate takes effect with the next step and leaves one mark', async () => {
  const [a, b] = [runner(() => 1), runner(() => 1)];
  const race = await started([a, b], parseVariants('bn_plain.x5'));
  await run(race, 4);
  for (const rate of [0.2, 0.3, 0.4]) {
    race.setLearningRate(rate);
    await run(race, race.scores.step + 1);
  }
  await run(race, 20);
  race.setLearningRate(0.1);
  await run(race, 22);
  expect(a.state.rates.slice(0, 8)).toEqual([0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.4, 0.4]);
  expect(b.state.rates).toEqual(a.state.rates.map((rate) => 5 * rate));
  expect(race.scores.rateChanges).toEqual([
    { step: 0, rate: 0.1 },
    { step: 4, rate: 0.4 },
    { step: 20, rate: 0.1 },
  ]);
  await race.dispose();
  expect([a.state.disposed, b.state.disposed]).toEqual([true, true]);
});

test('on a new device it goes on from the last copy, with the same curves', async () => {
  const loss = (k: number) => (step: number) => 2 / (step + k);
  const whole = await started([runner(loss(1)), runner(loss(2))]);
  await run(whole, 60);

  const race = await started([runner(loss(1)), runner(loss(2))]);
  await run(race, 47);
  expect(race.checkpoint).toBe(40);
  const resumed: number[] = [];
  await race.start(
    async (_, resume) => {
      const step = resume?.step ?? 0;
      const k = resumed.push(step);
      return runner((more) => loss(k)(step + more)).fake;
    },
    data,
    () => {},
  );
  expect(resumed).toEqual([40, 40]);
  expect(race.scores.step).toBe(40);
  expect(race.scores.losses.x.at(-1)).toBe(40);
  await run(race, 60);
  expect(race.scores.losses.x).toEqual(whole.scores.losses.x);
  expect(race.scores.losses.series).toEqual(whole.scores.losses.series);
  expect(race.scores.accuracies.series).toEqual(whole.scores.accuracies.series);
});

test('a saved run shows what the run showed', async () => {
  const race = await started([runner((step) => 2 / step), runner(lostAt7, false)]);
  const recorder = new RunRecorder(race.scores);
  recorder.note();
  while (race.scores.step < 40) {
    await race.advance(16);
    recorder.note();
  }
  const values = { ...valuesOfTwins, lr: 0.1 };
  const saved = JSON.parse(JSON.stringify(recorder.save(values, 100, 'A card')));
  const playback = new Playback(saved);
  expect(playback.length).toBe(40);
  expect(playback.scores.accuracies.series).toEqual([[1], [0.1]]);
  playback.seek(40);
  const { scores } = playback;
  expect(scores.losses.x).toEqual(race.scores.losses.x);
  expect(scores.losses.series[1]).toEqual(race.scores.losses.series[1]);
  scores.losses.series[0].forEach((loss, i) => {
    const live = race.scores.losses.series[0][i] as number;
    expect(Math.abs((loss as number) / live - 1)).toBeLessThan(1e-3);
  });
  expect(scores.accuracies.series).toEqual(race.scores.accuracies.series);
  expect(scores.lanes[1].divergedAt).toBe(7);
  expect(playback.passes).toEqual(race.passes);
  playback.seek(3);
  expect(playback.scores.lanes[1].divergedAt).toBe(undefined);
  expect(playback.scores.losses.x).toEqual([1, 2, 3]);
});

const valuesOfTwins = {
  net: 'conv',
  lanes: twins,
  seed: 1,
  batch: 16,
  lr: 0.03,
  paused: false,
} as const;

test('networks in the link: names, limits, and what it does not know', () => {
  const text = 'bn.x30.sigmoid.b128.d50_plain';
  const variants = parseVariants(text)!;
  expect(formatVariants(variants)).toBe(text);
  expect(variants.map(nameOf)).toEqual([
    'With batch norm, rate ×30, sigmoid, batch 128, dropout 0.5',
    'Without',
  ]);
  expect(formatVariants(parseVariants('bn_bn.x7_plain.<b>_plain.x1.relu')!)).toBe('bn_plain');
  expect(parseVariants(Array(9).fill('bn').join('_'))?.length).toBe(4);
  expect(['', '_', 'x', 'toString'].map(parseVariants)).toEqual(Array(4).fill(undefined));
});

test.each(Object.keys(recordings))(
  '%s is of an experiment of the page, as it is now',
  async (path) => {
    const preset = presets.find(({ id }) => path.endsWith(`/${id}.json`))!;
    const run = (await recordings[path]()) as SavedRun;
    const { net, lanes, batch, lr } = preset;
    expect(run).toMatchObject({ format: 'webgpu-batchnorm race', version: 1, net, lanes, batch });
    expect(run.rates[0]).toEqual({ step: 0, rate: lr });
    const playback = new Playback(run);
    playback.seek(playback.length);
    expect(playback.length).toBeGreaterThanOrEqual(150);
    expect(playback.scores.losses.x).toEqual(run.steps);
    expect(playback.scores.lanes[0].bestAccuracy).toBeGreaterThan(0.7);
  },
);

test('the first experiment has a recorded run: it is what moves when the page opens', () => {
  expect(Object.keys(recordings).some((path) => path.endsWith(`/${presets[0].id}.json`))).toBe(
    true,
  );
});
