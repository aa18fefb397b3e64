// The page around its sections: navigation, code, sources, lessons, offline, and who cannot see or click.
import AxeBuilder from '@axe-core/playwright';
import type { Locator } from 'playwright-core';
import { describe, expect, inject, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';

const demo = useDemoPage();
const race = () => demo.section('race');
const sections = () => demo.page.locator('.section');

test('the navigation leads to a section and its heading', async () => {
  await demo.open('#v=2&race.paused=1');
  await demo.page.getByRole('navigation').getByRole('link', { name: 'In your app' }).click();
  await expect.poll(() => demo.page.evaluate(() => document.activeElement?.id)).toBe('guest-title');
  // The settings in the address are still those of the page.
  await expect.poll(() => demo.page.locator('nav [aria-current]').innerText()).toBe('In your app');
});

test('a link to a section loads that one, and its neighbours when the visitor scrolls near', async () => {
  const mounted = () =>
    sections().evaluateAll((all) =>
      all
        .filter((section) => section.querySelector('[data-part="section-body"]')?.hasChildNodes())
        .map(({ id }) => id),
    );
  await demo.open('#v=2&at=look');
  await expect
    .poll(() => demo.section('look').part('answers').getAttribute('aria-busy'), { timeout: 60_000 })
    .toBe('false');
  expect(await mounted()).toEqual(['look']);
  // A click within it is no reason either.
  await demo.section('look').button('Other company').click();
  await demo.page.getByRole('navigation').getByRole('link', { name: 'In your app' }).click();
  await demo.section('guest').playable();
  expect(await mounted()).toEqual(['look', 'guest']);
  await demo.page.mouse.move(600, 400);
  await demo.page.mouse.wheel(0, -20);
  await expect.poll(mounted).toEqual(['look', 'model', 'guest']);
});

describe('a section that is loaded above the one in view leaves it where it is', () => {
  // Once the page has moved, no link holds the section; then the one above is loaded.
  test('after a wheel', async () => {
    await showModel();
    await demo.page.mouse.move(600, 500);
    await demo.page.mouse.wheel(0, 20);
    await stays(52);
  });

  test('after a screen reader has scrolled', async () => {
    await showModel();
    await demo.page.evaluate(() => scrollBy(0, -200));
    await stays(272);
  });

  async function showModel(): Promise<void> {
    await demo.open('#v=2&at=model&tabular.paused=1');
    await demo.section('model').mounted();
  }

  async function stays(top: number): Promise<void> {
    const tabular = demo.section('tabular');
    await tabular.mounted();
    const height = async () => (await tabular.root.boundingBox())?.height ?? 0;
    await expect.poll(height).toBeGreaterThan(1000);
    const y = async () => (await demo.section('model').root.boundingBox())?.y;
    await expect.poll(y).toBeCloseTo(top, -2);
  }
});

test('on a phone a finger scrolls the page, also where it turns a picture; two do on the board', async () => {
  const { page } = demo;
  await page.setViewportSize({ width: 360, height: 740 });
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  /** How far the page scrolls when so many fingers that begin in the middle of `place` move up. */
  const swipe = async (place: Locator, fingers: number) => {
    await place.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    const box = await place.boundingBox();
    if (!box) throw new Error('It cannot be seen.');
    const top = () => place.evaluate((element) => element.getBoundingClientRect().top);
    const before = await top();
    const touch = (type: 'touchStart' | 'touchMove', up: number) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: Array.from({ length: fingers }, (_, id) => ({
          x: box.x + box.width / 2 + 40 * id,
          y: box.y + box.height / 2 - up,
          id,
        })),
      });
    await touch('touchStart', 0);
    for (let up = 10; up <= 120; up += 10) await touch('touchMove', up);
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(async () => before - (await top())).toBeGreaterThan(50);
  };
  await demo.open('#v=2&at=inside&inside.paused=1');
  await demo.section('inside').part('experiment').waitFor({ timeout: 60_000 });
  await swipe(demo.section('inside').part('after').getByRole('group'), 1);
  await swipe(demo.section('inside').part('gradients'), 1);
  const look = demo.section('look');
  await page.getByRole('navigation').getByRole('link', { name: 'Look' }).click();
  await look.mounted();
  const board = look.part('board');
  await swipe(board, 2);
  // Nothing was drawn by that.
  expect(page.url()).not.toContain('look.drawing');
});

test('a section’s code and source to take home', async () => {
  await demo.open('#v=2&race.paused=1&race.seed=7');
  await race().mounted();
  await race().button('Get code').click();
  const dialog = demo.page.getByRole('dialog');
  const text = dialog.locator('textarea');
  expect(await text.inputValue()).toMatch(/seed: 7/);
  const download = demo.page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toBe('race.html');
  await demo.page.keyboard.press('Escape');
  await race().button('View source').click();
  await expect.poll(() => text.inputValue()).toContain('export const mount');
  const files = await dialog.locator('option').allInnerTexts();
  expect(files).toContain('race.html');
});

test('no serious fault of accessibility, light and dark', async () => {
  await demo.open('#v=2&race.paused=1');
  // Every section is mounted when it comes into view.
  for (const section of await sections().all()) {
    await section.scrollIntoViewIfNeeded();
    await section.locator('[data-part="section-tools"]:not([hidden])').waitFor();
  }
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await demo.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page: demo.page }).analyze();
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      found.push(...nodes.map(({ target }) => `${colorScheme} ${id}: ${target}`));
    }
  }
  expect(found).toEqual([]);
});

test('the first view is under a megabyte', async () => {
  const bodies: Promise<Buffer>[] = [];
  demo.page.on('response', (response) => {
    bodies.push(response.body().catch(() => Buffer.alloc(0)));
  });
  await demo.open('#v=2&race.paused=1');
  await race().playable();
  const bytes = (await Promise.all(bodies)).reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(1_000_000);
});

test('a lesson shows one section, some controls, and asks before it tells', async () => {
  await demo.page.goto(`${inject('demoUrl')}?lesson=learning-rate#v=2&race.paused=1`);
  await race().mounted();
  expect(await sections().count()).toBe(1);
  expect(await race().button('Reset').isVisible()).toBe(true);
  expect(await race().button('New seed').isVisible()).toBe(false);
  const lesson = demo.page.getByRole('complementary');
  await lesson.getByRole('button', { name: 'Next' }).click();
  expect(await lesson.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
  await lesson.getByLabel(/plain network is lost/).check();
  await lesson.getByRole('button', { name: 'Predict' }).click();
  expect(await lesson.getByRole('status').innerText()).toMatch(/^Right\./);
  await lesson.getByRole('button', { name: 'Next' }).click();
  await expect.poll(() => demo.page.url()).toContain('race.lr=0.9');
});

test('a teacher makes an exercise, and its link opens it', async () => {
  await demo.open('#v=2&race.paused=1&race.seed=9');
  await race().mounted();
  await race().button('Make an exercise').click();
  const dialog = demo.page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Ours');
  await dialog.getByLabel('Question').fill('Which one?');
  await dialog.getByLabel('Answer 1', { exact: true }).fill('The first');
  await dialog.getByLabel('Answer 2', { exact: true }).fill('The second');
  await dialog.getByLabel('step', { exact: true }).uncheck();
  const popup = demo.page.waitForEvent('popup');
  await dialog.getByRole('button', { name: 'Open it' }).click();
  const exercise = await popup;
  await exercise.getByRole('heading', { name: 'Ours' }).waitFor();
  await exercise.getByText('Which one?').waitFor();
  expect(await exercise.getByRole('button', { name: 'Step' }).isVisible()).toBe(false);
  expect(exercise.url()).toContain('race.seed=9');
  await exercise.close();
});

test('in a frame of another page', async () => {
  await demo.open('#v=2&race.paused=1');
  await demo.page.evaluate(() => {
    const source = `${location.pathname}?lesson=learning-rate#v=2&race.paused=1`;
    document.body.innerHTML = `<iframe src="${source}" width="800" height="600"></iframe>`;
  });
  const frame = demo.page.frameLocator('iframe');
  await frame.locator('[data-part="section-tools"]').waitFor({ state: 'attached' });
  await frame.getByRole('heading', { name: 'How far can one step go?' }).waitFor();
});
