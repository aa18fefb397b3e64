// “In your app”: a network in the frames of an app that draws with three.js.
import { expect, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';

const demo = useDemoPage();
const guest = () => demo.section('guest');
const button = (name: string) => guest().button(name);

/** What the panel says of `row`: with three.js alone, and now. */
async function meter(row: string): Promise<string[]> {
  return guest().root.locator(`[data-row="${row}"] td`).allInnerTexts();
}

const steps = async () => Number((await guest().text('steps')).replace(/\D/g, ''));

test('trains in the app’s frames, reads nothing back, and leaves nothing behind', async () => {
  await demo.open('#guest');
  await guest().playable();
  const still = await guest().part('canvas').screenshot();
  await button('Play').click();
  await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(4);
  await button('Pause').click();
  expect((await guest().part('canvas').screenshot()).equals(still)).toBe(false);
  expect(await meter('readBack')).toEqual(['0 B', '0 B']);

  const [alone, now] = await meter('buffers');
  expect(Number(now)).toBeGreaterThan(Number(alone));
  const compiled = await meter('pipelines');
  await button('Give the network back').click();
  await expect.poll(() => meter('buffers')).toEqual([alone, alone]);
  const [bytesAlone, bytesNow] = await meter('bytes');
  expect(bytesNow).toBe(bytesAlone);

  await button('Bring the network in').click();
  await button('Give the network back').waitFor();
  await expect.poll(async () => (await meter('buffers'))[1]).not.toBe(alone);
  expect(await meter('pipelines')).toEqual(compiled);
});

test('a device lost: the app starts again, with a network that begins anew, as it says', async () => {
  await demo.open('#guest');
  await guest().playable();
  await button('Play').click();
  await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(4);
  await demo.loseDevice();
  await guest().notice.waitFor();
  expect(await guest().notice.getAttribute('data-kind')).toBe('lost');
  expect(await guest().notice.innerText()).toMatch(/never read back[\s\S]*destroyed/);
  expect(await button('Pause').isEnabled()).toBe(false);
  await button('Start again').click();
  await guest().playable();
  await expect.poll(steps, { timeout: 60_000 }).toBeLessThan(4);
  await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(4);
  expect(await guest().notice.isVisible()).toBe(false);
});

test('without WebGPU it says so, and what works in its place', async () => {
  await demo.page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
  });
  await demo.open('#guest');
  await guest().notice.waitFor();
  expect(await guest().notice.getAttribute('data-kind')).toBe('no-api');
  expect(await guest().notice.innerText()).toMatch(/no WebGPU[\s\S]*recorded run/);
  expect(await button('Play').isVisible()).toBe(false);
  expect(await button('Start again').isVisible()).toBe(false);
});

test('turns by keyboard', async () => {
  await demo.open('#guest');
  await guest().playable();
  const canvas = guest().part('canvas');
  await canvas.focus();
  const before = await canvas.screenshot();
  await demo.page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await canvas.screenshot()).equals(before)).toBe(false);
});
