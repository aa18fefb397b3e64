// "What moves inside", by what a visitor does and sees there.
import { describe, expect, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';

const demo = useDemoPage();
const inside = () => demo.section('inside');
const picture = (place: 'before' | 'after' | 'plain') => inside().part(place);
const canvas = (place: 'before' | 'after' | 'plain') => picture(place).locator('canvas');
const readout = (place: 'before' | 'after' | 'plain') =>
  picture(place).locator('[data-part="readout"]').innerText();
const stepCount = async () => Number((await inside().text('step-count')).replace(/\D/g, ''));
const slow = { timeout: 60_000 };
/** A machine that shares its processors may take its time for any of these. */
const eventually = <T>(look: () => T) => expect.poll(look, { ...slow, interval: 100 });

async function reach(step: number): Promise<void> {
  await eventually(stepCount).toBeGreaterThanOrEqual(step);
}

const charts = ['bn-percentiles', 'plain-percentiles', 'gradients'] as const;

/** How much of the plot's height the chart's curves and the band between them take up. */
async function heightOfCurves(chart: (typeof charts)[number]): Promise<number> {
  const canvas = inside().part(chart).locator('canvas');
  return canvas.evaluate((element: HTMLCanvasElement) => {
    const { width, height } = element;
    const context = element.getContext('2d') as CanvasRenderingContext2D;
    const { data } = context.getImageData(0, 0, width, height);
    // Texts and lines of the grid are grey.
    const coloured = (pixel: number) => {
      const [r, g, b, alpha] = data.subarray(4 * pixel, 4 * pixel + 4);
      return alpha > 20 && Math.max(r, g, b) - Math.min(r, g, b) > 60;
    };
    const rows = Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => coloured(y * width + x)).some(Boolean),
    );
    return rows.filter(Boolean).length / height;
  });
}

/** Share of the plain network's numbers that lie outside the picture, by what the page says. */
async function outsideOfPlain(): Promise<number> {
  const text = await readout('plain');
  return Number.parseFloat(/outside −5 to 5: ([\d.]+) %/.exec(text)?.[1] ?? 'NaN');
}

/** Steps by the key, so that it stands exactly there. */
async function stepTo(last: number): Promise<void> {
  while ((await stepCount()) < last) {
    const next = (await stepCount()) + 1;
    await demo.page.keyboard.press('.');
    await eventually(stepCount).toBe(next);
  }
}

/** What the pictures and the channels show of the first step or the last, which a key leads to. */
async function seenAt(key: 'Home' | 'End', step: number): Promise<string[]> {
  await picture('after').getByRole('group').focus();
  await demo.page.keyboard.press(key);
  await eventually(() => inside().text('row-text')).toMatch(new RegExp(`^step ${step} `));
  const places = ['before', 'after', 'plain'] as const;
  for (const place of places) {
    await eventually(() => readout(place)).toMatch(new RegExp(`^Layer 2 · step ${step} ·`));
  }
  await eventually(() => inside().text('channels-title')).toContain(`at step ${step}`);
  const channels = await inside().part('channel-table').locator('td').allTextContents();
  return [...(await Promise.all(places.map(readout))), channels.join(' ')];
}

describe('what moves inside', () => {
  test('plays when asked; ridges and curves move; one slider and the keys move all of them', async () => {
    await demo.open('#v=2&at=inside&inside.paused=1&race.paused=1');
    await inside().part('experiment').waitFor(slow);
    expect(await stepCount()).toBe(0);
    await eventually(() => readout('plain')).toMatch(/^Layer \d · step 0 · outside/);
    const first = await canvas('after').screenshot();
    await inside().button('Play').click();
    await reach(3);
    await inside().button('Pause').click();
    await eventually(() => readout('plain')).toMatch(/^Layer 2 · step ([3-9]|\d\d+) · outside/);
    expect((await canvas('after').screenshot()).equals(first)).toBe(false);
    const rows = inside().part('gradients').locator('tbody tr');
    await eventually(() => rows.count()).toBeGreaterThan(2);

    // The slider: pictures, curves and channels show the same step.
    const newest = await canvas('after').screenshot();
    await inside().root.getByLabel('Step shown').fill('1');
    await eventually(() => inside().text('row-text')).toMatch(/^step 1 of \d+$/);
    for (const place of ['before', 'after', 'plain'] as const) {
      await eventually(() => readout(place)).toMatch(/^Layer 2 · step 1 ·/);
    }
    expect((await canvas('after').screenshot()).equals(newest)).toBe(false);
    for (const chart of charts) {
      expect(await inside().part(chart).locator('.readout').innerText()).toBe('Layer 2, step 1');
    }
    expect(await inside().text('channels-title')).toBe(
      'Layer 2: each channel’s statistics at step 1',
    );

    // The pointer: a value, a step and the layer, on a ridge and on a curve.
    await canvas('plain').hover();
    await eventually(() => readout('after')).toMatch(
      /^Layer 2 · step \d · −?[\d.]+ to −?[\d.]+: [\d.]+ %$/,
    );
    const curve = inside().part('bn-percentiles');
    const middle = () => curve.locator('.legend b').nth(1).innerText();
    const atStep1 = await middle();
    await curve.locator('.u-over').hover({ position: { x: 2, y: 40 } });
    await eventually(() => curve.locator('.readout').innerText()).toBe('Layer 2, step 0');
    expect(await middle()).not.toBe(atStep1);
    await demo.page.mouse.move(0, 0);
    await eventually(() => curve.locator('.readout').innerText()).toBe('Layer 2, step 1');

    // The keys: a value, a step, and what lies there.
    await picture('after').getByRole('group').focus();
    await demo.page.keyboard.press('ArrowRight');
    await eventually(() => readout('after')).toMatch(/^Layer 2 · step 1 · 0.1 to 0.2: [\d.]+ %$/);
    await demo.page.keyboard.press('ArrowUp');
    await eventually(() => readout('plain')).toMatch(/^Layer 2 · step 0 · 0.1 to 0.2: [\d.]+ %$/);
    await eventually(demo.announcement).toMatch(
      /^Layer 2. with batch norm, before it: step 0 · 0.1 to 0.2: .*; without: step 0/,
    );
    await eventually(() => inside().text('row-text')).toMatch(/^step 0 of \d+$/);

    // Another view, turned further; the link holds both, and the layer.
    const before = await canvas('plain').screenshot();
    await inside().button('Top, heat map').click();
    await eventually(async () => (await canvas('plain').screenshot()).equals(before)).toBe(false);
    await picture('plain').getByRole('group').focus();
    await demo.page.keyboard.press('Shift+ArrowLeft');
    await inside().root.getByLabel('Outputs', { exact: true }).check();
    await eventually(() => picture('after').isVisible()).toBe(false);
    for (const setting of ['layer=5', 'azimuth=-5', 'elevation=90']) {
      await eventually(() => demo.page.url()).toContain(`inside.${setting}`);
    }

    await inside().button('Get code').click();
    const code = demo.page.getByRole('dialog').locator('textarea');
    await eventually(() => code.inputValue()).toContain('watch(net, {');
  });

  test('a device lost on the way: it goes on from its last copy to the same numbers', async () => {
    await demo.page.setViewportSize({ width: 360, height: 740 });
    await demo.open('#v=2&at=inside&inside.paused=1');
    await inside().part('experiment').waitFor(slow);
    await stepTo(12);
    // A row that is in the copy, and one that comes after it.
    const before = [await seenAt('Home', 0), await seenAt('End', 12)];
    await demo.loseDevice();
    await inside().notice.waitFor(slow);
    expect(await inside().notice.getAttribute('data-kind')).toBe('lost');
    expect(await inside().notice.innerText()).toMatch(/was lost[\s\S]*last copied[\s\S]*destroyed/);
    // What was read back is still there.
    expect(await inside().part('gradients').isVisible()).toBe(true);
    await inside()
      .button(/^Go on from step 10$/)
      .click();
    await eventually(stepCount).toBe(10);
    await stepTo(12);
    expect(await inside().notice.isVisible()).toBe(false);
    expect([await seenAt('Home', 0), await seenAt('End', 12)]).toEqual(before);
  });

  test('numbers that leave the range are counted apart, and the rest stays as it was', async () => {
    await demo.page.setViewportSize({ width: 360, height: 740 });
    await demo.page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
    await demo.open('#v=2&at=inside&inside.paused=1&inside.lr=10&inside.layer=4&race.paused=1');
    await inside().part('experiment').waitFor(slow);
    expect(await demo.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await demo.page.keyboard.press('.');
    await reach(1);
    await demo.page.keyboard.press('.');
    await reach(2);
    await eventually(outsideOfPlain).toBeGreaterThan(20);
    // The curves of the other network keep their height, on the same scale.
    expect(await heightOfCurves('bn-percentiles')).toBeGreaterThan(0.15);
    await picture('plain').getByRole('group').focus();
    await demo.page.keyboard.press('Home');
    await eventually(() => readout('plain')).toMatch(/^Layer \d · step 0 · outside/);
    expect(await outsideOfPlain()).toBeLessThan(1);
  });
});
