// npm run screenshots: the demo at three sizes, light and dark, the race and the whole page, into
// .cache/screenshots for looking at, and the README's picture, docs/images/demo.png. One run of
// training serves them all.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root } from './environment.mjs';
import { main, setup } from './setup.mjs';

const sizes = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
];
const schemes = /** @type {const} */ (['light', 'dark']);
/** Steps at the first learning rate, and then at thirty times it. */
const [calmSteps, wildSteps] = [30, 170];
/** For sections to load and show what they show at first, in milliseconds. */
const settleTime = 20_000;

await main(async () => {
  const { browser: executablePath, browserFlags, variables } = setup();
  Object.assign(process.env, variables);
  const { chromium } = await import('playwright-core');
  const { createServer } = await import('vite');
  const server = await createServer({
    configFile: join(root, 'demo/vite.config.ts'),
    // The page must not load again when a file changes.
    server: { port: 0, hmr: false, watch: null },
    logLevel: 'warn',
  });
  await server.listen();
  const url = server.resolvedUrls?.local[0];
  const browser = await chromium.launch({ executablePath, args: browserFlags });
  try {
    const page = await browser.newPage({ viewport: sizes[1] });
    await page.goto(`${url}#v=2`);
    const reach = (/** @type {number} */ steps) =>
      page.waitForFunction(
        (wanted) =>
          Number(
            document.querySelector('#race [data-part=step-count]')?.textContent?.replace(/\D/g, ''),
          ) >= wanted,
        steps,
        { timeout: 300_000 },
      );
    await page
      .locator('#race [data-part="recorded"]')
      .waitFor({ state: 'hidden', timeout: 300_000 });
    // The counter is the live run's from the next frame on.
    await page.waitForTimeout(500);
    await reach(calmSteps);
    await page.click('#race [data-multiple="30"]');
    await reach(calmSteps + wildSteps);
    await page.keyboard.press(' ');
    await page.locator('#race').getByRole('button', { name: 'Play' }).waitFor();
    await page.mouse.move(0, 0);

    const folder = join(cache, 'screenshots');
    mkdirSync(folder, { recursive: true });
    const shot = async (/** @type {string} */ path, last = '') => {
      // The charts follow a new size with the next frames.
      await page.waitForTimeout(500);
      const end = last && (await page.locator(last).boundingBox());
      const { width = 0 } = page.viewportSize() ?? {};
      const clip = end ? { x: 0, y: 0, width, height: end.y + end.height + 32 } : undefined;
      await page.screenshot({ path, fullPage: true, clip });
      console.log(`${path}: ${Math.ceil(statSync(path).size / 1000)} kB`);
    };
    const everywhere = async (/** @type {string} */ name, last = '') => {
      for (const viewport of sizes) {
        for (const colorScheme of schemes) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme });
          await shot(join(folder, `${name}-${viewport.width}-${colorScheme}.png`), last);
        }
      }
    };
    await everywhere('race', '#race');
    await page.setViewportSize(sizes[1]);
    await page.emulateMedia({ colorScheme: 'light' });
    mkdirSync(join(root, 'docs/images'), { recursive: true });
    await shot(join(root, 'docs/images/demo.png'), '#race .digits');
    // The other sections are mounted when they are about to be seen.
    for (const section of await page.locator('.section').all()) {
      await section.scrollIntoViewIfNeeded();
      await section.locator('[data-part="section-tools"]:not([hidden])').waitFor();
    }
    await page.waitForTimeout(settleTime);
    await everywhere('page');
  } finally {
    await browser.close();
    await server.close();
  }
  return 0;
});
