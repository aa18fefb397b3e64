// The demo as a visitor meets it: what they click and what they see.
import { describe, expect, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';

const demo = useDemoPage();
const race = () => demo.section('race');
const text = (name: string) => race().text(name);
const stepCount = async () => Number((await text('step-count')).replace(/\D/g, ''));
const play = () => race().button(/^(Play|Pause)$/);
const lane = (name: 'bn' | 'plain') => race().part(`lane-${name}`);
const status = (name: 'bn' | 'plain') => lane(name).getAttribute('data-status');
const accuracy = async (name: 'bn' | 'plain') =>
  Number.parseFloat(await lane(name).locator('[data-part="accuracy"]').innerText());

/** Opens the page and waits until it can be played. */
async function open(hash = ''): Promise<void> {
  await demo.open(hash);
  await race().playable();
}

async function reach(step: number): Promise<void> {
  await expect.poll(stepCount, { timeout: 100_000, interval: 100 }).toBeGreaterThanOrEqual(step);
}

async function isAt(step: number): Promise<void> {
  await expect.poll(stepCount, { timeout: 30_000 }).toBe(step);
}

/** Losses of both networks after one step from a standstill. */
async function lossesAfterOneStep(): Promise<string[]> {
  const before = await stepCount();
  await race().button('Step').click();
  await isAt(before + 1);
  return demo.page.locator('.lane [data-part="loss"]').allInnerTexts();
}

describe('the race', () => {
  test('opens, trains at once, and the curves move', async () => {
    await open();
    await reach(12);
    expect(await demo.page.locator('[data-part="adapter"]').innerText()).toMatch(/\w/);
    expect(Number.parseFloat(await text('speed'))).toBeGreaterThan(0);
    const plot = demo.page.locator('[data-part="loss-chart"] canvas');
    const before = await plot.screenshot();
    await reach(24);
    expect((await plot.screenshot()).equals(before)).toBe(false);
    expect(await demo.page.locator('[data-part="loss-chart"] tbody tr').count()).toBeGreaterThan(2);
  });

  test('at ×30 the plain network is lost and the normalised one learns', async () => {
    await open();
    await reach(10);
    await race().button('×30').click();
    // After a click, space still pauses and plays; it does not press the button again.
    await demo.page.keyboard.press(' ');
    expect(await play().innerText()).toBe('Play');
    await demo.page.keyboard.press(' ');
    await reach(120);
    await expect.poll(() => status('plain'), { timeout: 60_000 }).toMatch(/stuck|diverged/);
    await expect.poll(() => accuracy('bn'), { timeout: 60_000 }).toBeGreaterThan(60);
    expect(await status('bn')).toBe('learning');
  });

  test('pauses, steps, resets to the same run, and takes a new seed', async () => {
    await open();
    await reach(2);
    await play().click();
    expect(await play().innerText()).toBe('Play');
    await race().button('Reset').click();
    await isAt(0);
    const first = await lossesAfterOneStep();
    expect(first.map(Number).every((loss) => loss > 1 && loss < 5)).toBe(true);
    await race().button('Reset').click();
    await isAt(0);
    expect(await lossesAfterOneStep()).toEqual(first);
    await race().button('New seed').click();
    await isAt(0);
    expect(await text('seed')).not.toBe('1');
    expect(await lossesAfterOneStep()).not.toEqual(first);
  });

  test('a link restores the settings and the run', async () => {
    await open('#v=2&race.lr=0.2&race.seed=7&race.batch=16&race.paused=1');
    expect(await text('seed')).toBe('7');
    expect(await race().part('batch').inputValue()).toBe('16');
    const losses = await lossesAfterOneStep();
    await demo.page.getByLabel('Learning rate, as a number').fill('0.3');
    await demo.page.keyboard.press('Enter');
    await expect
      .poll(() => demo.page.url())
      .toContain('#v=2&race.lr=0.3&race.seed=7&race.batch=16&race.paused=1');

    const link = demo.page.url();
    await demo.page.goto('about:blank');
    await open(link.slice(link.indexOf('#')));
    expect(await stepCount()).toBe(0);
    expect(await demo.page.getByLabel('Learning rate, as a number').inputValue()).toBe('0.3');
    expect(await play().innerText()).toBe('Play');
    // The first loss is from before the first update: the same at any learning rate.
    expect(await lossesAfterOneStep()).toEqual(losses);
  });

  test('works by keyboard alone', async () => {
    await open('#race.paused=1');
    await demo.page.keyboard.press('.');
    await isAt(1);
    await demo.page.keyboard.press(' ');
    await reach(4);
    await demo.page.keyboard.press(' ');
    expect(await play().innerText()).toBe('Play');
    await demo.page.keyboard.press('r');
    await isAt(0);
    await demo.page.keyboard.press('n');
    await expect.poll(() => text('seed')).not.toBe('1');
    await isAt(0);

    // Not while typing.
    const seed = await text('seed');
    await demo.page.getByLabel('Learning rate, as a number').focus();
    await demo.page.keyboard.press('n');
    await demo.page.keyboard.press('.');
    expect(await text('seed')).toBe(seed);

    await demo.page.getByLabel('Learning rate', { exact: true }).focus();
    await demo.page.keyboard.press('ArrowRight');
    const rate = demo.page.getByLabel('Learning rate, as a number');
    expect(Number(await rate.inputValue())).toBeGreaterThan(0.03);

    await demo.page.getByLabel(/^Training loss over steps/).focus();
    await demo.page.keyboard.press('.');
    await isAt(1);
    await demo.page.keyboard.press('Home');
    await expect.poll(demo.announcement).toMatch(/^step 1: With batch norm [\d.]+, Without/);
  });
});

test('fits a phone, at rest and with reduced motion', async () => {
  await demo.page.setViewportSize({ width: 360, height: 740 });
  await demo.page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
  await open();
  await reach(2);
  expect(await demo.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

describe('without a GPU it says what is missing', () => {
  test('no WebGPU', async () => {
    await demo.page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
    });
    await demo.open();
    await race().notice.waitFor();
    expect(await race().notice.getAttribute('data-kind')).toBe('no-api');
    expect(await race().notice.innerText()).toMatch(/This browser has no WebGPU[\s\S]*version 113/);
    expect(await play().isVisible()).toBe(false);
    expect(await demo.page.getByText('What you are looking at').isVisible()).toBe(true);
  });

  test('no secure connection', async () => {
    await demo.page.addInitScript(() => {
      Object.defineProperty(window, 'isSecureContext', { value: false });
    });
    await demo.open();
    expect(await race().notice.getAttribute('data-kind')).toBe('insecure');
    expect(await race().notice.innerText()).toContain('https');
  });

  test('no adapter', async () => {
    await demo.page.addInitScript(() => {
      GPU.prototype.requestAdapter = async () => null;
    });
    await demo.open();
    await race().notice.waitFor();
    expect(await race().notice.getAttribute('data-kind')).toBe('no-adapter');
    expect(await race().notice.innerText()).toContain('graphics acceleration');
  });

  test('a device lost on the way, and starting again', async () => {
    await demo.page.addInitScript(() => {
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        const device = await requestDevice.call(this, descriptor);
        Object.assign(window, { lastDevice: device });
        return device;
      };
    });
    await open();
    await reach(2);
    await demo.page.evaluate('window.lastDevice.destroy()');
    await race().notice.waitFor();
    expect(await race().notice.getAttribute('data-kind')).toBe('lost');
    await race().button('Start again').click();
    await race().playable();
    await reach(2);
    expect(await race().notice.isVisible()).toBe(false);
  });
});
