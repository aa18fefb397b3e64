// npm run record [-- NAME…]: runs the race of the demo page, experiment by experiment, on this machine's
// GPU, and saves what it shows into demo/data/runs. The page plays it until it has a run of its own.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './environment.mjs';
import { main, setup } from './setup.mjs';

/** Steps of each experiment; `press` is a button pressed on the way, after the first so many. */
const runs = [
  { title: 'With and without', steps: 200, first: 30, press: '×30' },
  { title: 'Learning rates', steps: 200 },
  { title: 'Sigmoid', steps: 200 },
  { title: 'Batch sizes', steps: 150 },
  { title: 'Dropout', steps: 200 },
  { title: 'The paper’s Figure 1', steps: 600 },
];

await main(async () => {
  const { browser: executablePath, browserFlags, variables } = setup();
  Object.assign(process.env, variables);
  const { chromium } = await import('playwright-core');
  const { createServer } = await import('vite');
  const wanted = process.argv.slice(2);
  const server = await createServer({
    configFile: join(root, 'demo/vite.config.ts'),
    // The page must not load again when a file changes.
    server: { port: 0, hmr: false, watch: null },
    logLevel: 'warn',
  });
  await server.listen();
  const browser = await chromium.launch({ executablePath, args: browserFlags });
  const folder = join(root, 'demo/data/runs');
  mkdirSync(folder, { recursive: true });
  try {
    for (const { title, steps, first, press } of runs) {
      if (wanted.length && !wanted.some((name) => title.includes(name))) continue;
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(`${server.resolvedUrls?.local[0]}#race.paused=1`);
      const race = page.locator('#race');
      const button = (/** @type {string | RegExp} */ name) =>
        race.getByRole('button', { name, exact: true });
      await race.locator('[data-part="play"]:enabled').waitFor({ timeout: 120_000 });
      await button(title).click();
      await race.locator('[data-part="play"]:enabled').waitFor({ timeout: 120_000 });
      /** Takes steps until there are `count`; single ones at the end, so that there are no more. */
      const reach = async (/** @type {number} */ count) => {
        const taken = async () =>
          Number((await race.locator('[data-part="step-count"]').innerText()).replace(/\D/g, ''));
        const play = async () => {
          await button(/^(Play|Pause)$/).click();
        };
        await play();
        while ((await taken()) < count - 20) await page.waitForTimeout(100);
        await play();
        await page.waitForTimeout(1000);
        while ((await taken()) < count) {
          const before = await taken();
          await button('Step').click();
          while ((await taken()) === before) await page.waitForTimeout(20);
        }
      };
      if (press) {
        await reach(first);
        await button(press).click();
      }
      await reach(steps);
      const file = page.waitForEvent('download');
      await button('Save this run as a file').click();
      const download = await file;
      const path = join(folder, download.suggestedFilename());
      await download.saveAs(path);
      console.log(`${path}: ${Math.ceil(statSync(path).size / 1000)} kB`);
      await page.close();
    }
  } finally {
    await browser.close();
    await server.close();
  }
  return 0;
});
