// The demo as a visitor meets it: what they click and what they see.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../support/browser';

const url = inject('demoUrl');
let browser: Browser;
let page: Page;
let problems: string[];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  problems = [];
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('requestfailed', (request) => problems.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'data:' && host !== new URL(url).host) problems.push(request.url());
  });
});

afterEach(async () => {
  const text = await page.locator('body').innerText();
  await page.close();
  expect(problems).toEqual([]);
  expect(text).not.toMatch(/\bNaN\b|undefined|\[object/);
});

const partOf = (name: string) => page.locator(`[data-part="${name}"]`);
const text = (name: string) => partOf(name).first().innerText();
const stepCount = async () => Number((await text('step-count')).replace(/\D/g, ''));
const play = () => page.getByRole('button', { name: /^(Play|Pause)$/ });
const status = (lane: 'bn' | 'plain') => partOf(`lane-${lane}`).getAttribute('data-status');
const accuracy = async (lane: 'bn' | 'plain') =>
  Number.parseFloat(await partOf(`lane-${lane}`).locator('[data-part="accuracy"]').innerText());

/** Opens the page and waits until it can be played. */
async function open(hash = '', target = page): Promise<void> {
  await target.goto(url + hash);
  await target.locator('[data-part="play"]:enabled').waitFor();
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
  await page.getByRole('button', { name: 'Step' }).click();
  await isAt(before + 1);
  return page.locator('.lane [data-part="loss"]').allInnerTexts();
}

describe('the race', () => {
  test('opens, trains at once, and the curves move', async () => {
    await open();
    await reach(12);
    expect(await text('adapter')).toMatch(/\w/);
    expect(Number.parseFloat(await text('speed'))).toBeGreaterThan(0);
    const plot = page.locator('[data-part="loss-chart"] canvas');
    const before = await plot.screenshot();
    await reach(24);
    expect((await plot.screenshot()).equals(before)).toBe(false);
    expect(await page.locator('[data-part="loss-chart"] tbody tr').count()).toBeGreaterThan(2);
  });

  test('at ×30 the plain network is lost and the normalised one learns', async () => {
    await open();
    await reach(10);
    await page.getByRole('button', { name: '×30' }).click();
    // After a click, space still pauses and plays; it does not press the button again.
    await page.keyboard.press(' ');
    expect(await play().innerText()).toBe('Play');
    await page.keyboard.press(' ');
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
    await page.getByRole('button', { name: 'Reset' }).click();
    await isAt(0);
    const first = await lossesAfterOneStep();
    expect(first.map(Number).every((loss) => loss > 1 && loss < 5)).toBe(true);
    await page.getByRole('button', { name: 'Reset' }).click();
    await isAt(0);
    expect(await lossesAfterOneStep()).toEqual(first);
    await page.getByRole('button', { name: 'New seed' }).click();
    await isAt(0);
    expect(await text('seed')).not.toBe('1');
    expect(await lossesAfterOneStep()).not.toEqual(first);
  });

  test('a link restores the settings and the run', async () => {
    await open('#v=2&race.lr=0.2&race.seed=7&race.batch=16&race.paused=1');
    expect(await text('seed')).toBe('7');
    expect(await partOf('batch').inputValue()).toBe('16');
    const losses = await lossesAfterOneStep();
    await page.getByLabel('Learning rate, as a number').fill('0.3');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.url())
      .toContain('#v=2&race.lr=0.3&race.seed=7&race.batch=16&race.paused=1');

    const link = page.url();
    await page.goto('about:blank');
    await open(link.slice(link.indexOf('#')));
    expect(await stepCount()).toBe(0);
    expect(await page.getByLabel('Learning rate, as a number').inputValue()).toBe('0.3');
    expect(await play().innerText()).toBe('Play');
    // The first loss is from before the first update: the same at any learning rate.
    expect(await lossesAfterOneStep()).toEqual(losses);
  });

  test('works by keyboard alone', async () => {
    await open('#race.paused=1');
    await page.keyboard.press('.');
    await isAt(1);
    await page.keyboard.press(' ');
    await reach(4);
    await page.keyboard.press(' ');
    expect(await play().innerText()).toBe('Play');
    await page.keyboard.press('r');
    await isAt(0);
    await page.keyboard.press('n');
    await expect.poll(() => text('seed')).not.toBe('1');
    await isAt(0);

    // Not while typing.
    const seed = await text('seed');
    await page.getByLabel('Learning rate, as a number').focus();
    await page.keyboard.press('n');
    await page.keyboard.press('.');
    expect(await text('seed')).toBe(seed);

    await page.getByLabel('Learning rate', { exact: true }).focus();
    await page.keyboard.press('ArrowRight');
    const rate = page.getByLabel('Learning rate, as a number');
    expect(Number(await rate.inputValue())).toBeGreaterThan(0.03);

    await page.getByLabel(/^Training loss over steps/).focus();
    await page.keyboard.press('.');
    await isAt(1);
    await page.keyboard.press('Home');
    await expect
      .poll(() => text('announcements'))
      .toMatch(/^step 1: With batch norm [\d.]+, Without/);
  });
});

test('fits a phone, at rest and with reduced motion', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
  await open();
  await reach(2);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

describe('without a GPU it says what is missing', () => {
  const notice = () => page.getByRole('alert');

  test('no WebGPU', async () => {
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
    });
    await page.goto(url);
    await notice().waitFor();
    expect(await notice().getAttribute('data-kind')).toBe('no-api');
    expect(await notice().innerText()).toMatch(/This browser has no WebGPU[\s\S]*version 113/);
    expect(await play().isVisible()).toBe(false);
    expect(await page.getByText('What you are looking at').isVisible()).toBe(true);
  });

  test('no secure connection', async () => {
    await page.addInitScript(() => {
      Object.defineProperty(window, 'isSecureContext', { value: false });
    });
    await page.goto(url);
    expect(await notice().getAttribute('data-kind')).toBe('insecure');
    expect(await notice().innerText()).toContain('https');
  });

  test('no adapter', async () => {
    await page.addInitScript(() => {
      GPU.prototype.requestAdapter = async () => null;
    });
    await page.goto(url);
    await notice().waitFor();
    expect(await notice().getAttribute('data-kind')).toBe('no-adapter');
    expect(await notice().innerText()).toContain('graphics acceleration');
  });

  test('a device lost on the way, and starting again', async () => {
    await page.addInitScript(() => {
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        const device = await requestDevice.call(this, descriptor);
        Object.assign(window, { lastDevice: device });
        return device;
      };
    });
    await open();
    await reach(2);
    await page.evaluate('window.lastDevice.destroy()');
    await notice().waitFor();
    expect(await notice().getAttribute('data-kind')).toBe('lost');
    await page.getByRole('button', { name: 'Start again' }).click();
    await page.locator('[data-part="play"]:enabled').waitFor();
    await reach(2);
    expect(await notice().isVisible()).toBe(false);
  });
});
