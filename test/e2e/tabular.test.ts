// “Tabular”: car prices, and motorbikes that join.
import { beforeEach, expect, test } from 'vitest';
import { type DemoSection, useDemoPage } from '../support/demo-page';

const demo = useDemoPage();
let tabular: DemoSection;
beforeEach(() => {
  tabular = demo.section('tabular');
});

const step = async () => Number((await tabular.text('step-count')).replace(/\D/g, ''));

async function reach(wanted: number): Promise<void> {
  await expect.poll(step, { timeout: 100_000, interval: 100 }).toBeGreaterThanOrEqual(wanted);
}

/** The errors on cars, on motorbikes and on both, as trained and re-estimated. */
async function errors(): Promise<Record<string, readonly number[]>> {
  const rows = await tabular.part('errors').locator('tbody tr').all();
  const entries = await Promise.all(
    rows.map(async (row) => {
      const cells = await row.locator('td').allInnerTexts();
      return [(await row.getAttribute('data-row')) as string, cells.map(Number)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

const undo = () => tabular.button('Undo');

test('trains; motorbikes join; re-estimating lowers the error, and undo gives the old one', async () => {
  await demo.open('#v=2&at=tabular&race.paused=1');
  await tabular.playable();
  await reach(50);
  await demo.page.keyboard.press(' ');
  await expect.poll(() => tabular.button('Play').count()).toBe(1);
  const six = tabular.part('six');
  expect(await six.innerText()).toMatch(/Raw[\s\S]*diverged at step \d/);

  await tabular.root.getByLabel('Motorbikes have joined').check();
  await tabular.button('Re-estimate statistics').and(demo.page.locator(':enabled')).waitFor();
  // The running mean of the kilometres is that of cars; what comes now is less.
  const [running, now] = (
    await tabular.part('features').locator('tbody tr').nth(1).locator('td').allInnerTexts()
  )
    .slice(1, 3)
    .map((text) => Number(text.replace(/\s/g, '')));
  expect(now).toBeLessThan(0.8 * running);

  const before = await errors();
  expect(before.bikes[0]).toBeGreaterThan(before.cars[0]);
  await tabular.button('Re-estimate statistics').click();
  await undo().and(demo.page.locator(':enabled')).waitFor();
  expect(await tabular.text('count')).toMatch(/^3\s072 examples, 0 labels, [\d\s]+ ms$/);
  const after = await errors();
  expect(after.both[1]).toBeLessThan(before.both[0]);
  expect(after.bikes[1]).toBeLessThan(before.bikes[0]);

  await undo().click();
  await undo().and(demo.page.locator(':disabled')).waitFor();
  expect(await errors()).toEqual(before);
  expect(await tabular.text('count')).toBe('0 examples, 0 labels');
});

test('by keyboard, and a link restores the settings', async () => {
  await demo.open('#v=2&at=tabular&race.paused=1&tabular.paused=1&tabular.seed=5');
  await tabular.playable();
  expect(await tabular.text('seed')).toBe('5');
  await demo.page.keyboard.press('.');
  // The first step compiles the six trainings.
  await expect.poll(step, { timeout: 100_000 }).toBe(1);
  await tabular.root.getByLabel('Min–max scaled, with batch norm').focus();
  await demo.page.keyboard.press('ArrowDown');
  await tabular.part('rate').selectOption('0.03');
  await expect
    .poll(() => demo.page.url())
    .toMatch(/tabular\.rate=0\.03&tabular\.seed=5|tabular\.seed=5.*tabular\.rate=0\.03/);
  expect(demo.page.url()).toMatch(/tabular\.(scaling|norm)=/);
});

test('a device lost on the way: the training goes on, and statistics are to be estimated again', async () => {
  await demo.open('#v=2&at=tabular&tabular.bikes=1');
  await tabular.playable();
  await reach(45);
  await tabular.button('Pause').click();
  const recalibrate = tabular.button('Re-estimate statistics').and(demo.page.locator(':enabled'));
  await recalibrate.click();
  await undo().and(demo.page.locator(':enabled')).waitFor();
  const last = await step();
  const before = await errors();

  await demo.loseDevice();
  await tabular.notice.waitFor();
  expect(await tabular.notice.getAttribute('data-kind')).toBe('lost');
  expect(await tabular.notice.innerText()).toMatch(/was lost[\s\S]*estimate the statistics again/);
  expect(await recalibrate.count()).toBe(0);
  const copied = 10 * Math.floor(last / 10);
  await tabular.button(`Go on from step ${copied}`).click();
  await tabular.playable();
  await expect.poll(step).toBe(copied);
  expect(await tabular.notice.isVisible()).toBe(false);
  // Steps are taken one by one up to where it was, to the same numbers.
  while ((await step()) < last) {
    const next = (await step()) + 1;
    await tabular.button('Step').click();
    await expect.poll(step, { timeout: 60_000 }).toBe(next);
  }
  await recalibrate.click();
  await undo().and(demo.page.locator(':enabled')).waitFor();
  expect(await errors()).toEqual(before);
});

test('without WebGPU the CPU trains, and says so', async () => {
  await demo.page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
  });
  await demo.open('#v=2&at=tabular');
  await reach(10);
  expect(await tabular.text('cpu-note')).toContain('This browser has no WebGPU');
});
