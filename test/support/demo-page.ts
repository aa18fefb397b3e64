// The demo page in a real browser, for the tests in test/e2e: a new page for each test, watched for
// errors, for requests to other hosts, and for what no visitor should read.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from 'vitest';
import { launchBrowser } from './browser';

export interface DemoPage {
  /** The page of the test that runs. */
  readonly page: Page;
  /** Opens the demo with this hash, or the section of that name: `#v=2&race.lr=0.2`, `#look`. */
  open(hash?: string): Promise<void>;
  /** Destroys the newest device of the page, as a reset of the driver would. */
  loseDevice(): Promise<void>;
  section(id: string): DemoSection;
  /** What a screen reader was told last. */
  announcement(): Promise<string>;
  /** What went wrong so far; a test that brings about an error empties it. */
  readonly problems: string[];
}

export interface DemoSection {
  readonly root: Locator;
  /** The first element with `data-part="name"`. */
  part(name: string): Locator;
  text(name: string): Promise<string>;
  button(name: string | RegExp): Locator;
  /** The section's notice of what is missing or went wrong. */
  readonly notice: Locator;
  /** Waits until the section's code has come and its buttons are there. */
  mounted(): Promise<void>;
  /** Waits until the section's training can be played. */
  playable(): Promise<void>;
}

/**
 * Call it once at the top of a test file. `offline`: with the page's service worker, past which no test can
 * answer requests.
 */
export function useDemoPage({ offline = false } = {}): DemoPage {
  const url = inject('demoUrl');
  const { host } = new URL(url);
  const problems: string[] = [];
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    problems.length = 0;
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      serviceWorkers: offline ? 'allow' : 'block',
    });
    page = await context.newPage();
    await page.addInitScript(() => {
      // There is none where a page has no secure connection.
      if (!('GPUAdapter' in window)) return;
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (descriptor) {
        const device = await requestDevice.call(this, descriptor);
        Object.assign(window, { newestDevice: device });
        return device;
      };
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      if (/^Service Worker registration blocked/.test(message.text())) return;
      problems.push(message.text());
    });
    page.on('requestfailed', (request) => problems.push(`failed: ${request.url()}`));
    page.on('request', (request) => {
      const to = new URL(request.url());
      if (!['data:', 'blob:'].includes(to.protocol) && to.host !== host) {
        problems.push(`to another host: ${request.url()}`);
      }
    });
  });

  afterEach(async () => {
    const text = await page.locator('body').innerText();
    // Closing the page breaks off what it still loads.
    const found = [...problems];
    await context.close();
    expect(found).toEqual([]);
    // "loss NaN" is what a network that diverged is said to have.
    expect(text.replaceAll('(loss NaN)', '')).not.toMatch(/\bNaN\b|undefined|\[object/);
  });

  return {
    problems,
    get page() {
      return page;
    },
    async open(hash = '') {
      await page.goto(url + hash);
    },
    async loseDevice() {
      await page.evaluate('window.newestDevice.destroy()');
    },
    section(id) {
      const root = page.locator(`#${id}`);
      const part = (name: string) => root.locator(`[data-part="${name}"]`).first();
      return {
        root,
        part,
        text: (name) => part(name).innerText(),
        button: (name) => root.getByRole('button', { name }),
        notice: root.getByRole('alert'),
        mounted: () =>
          root.locator('[data-part="section-tools"]:not([hidden])').waitFor({ state: 'attached' }),
        // Compiling on a software adapter, beside other work.
        playable: () => root.locator('[data-part="play"]:enabled').waitFor({ timeout: 100_000 }),
      };
    },
    announcement: () => page.locator('[data-part="announcements"]').innerText(),
  };
}
