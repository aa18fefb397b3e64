// "Get code" of the race: the file runs by itself, and trains to the page's own losses.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import library from '../../package.json' with { type: 'json' };
import { useDemoPage } from '../support/demo-page';

const root = join(import.meta.dirname, '../..');
const cdn = `https://esm.sh/webgpu-batchnorm@${library.version}`;
const demo = useDemoPage();
let dist: string;

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'dist-'));
  await build({
    configFile: join(root, 'vite.config.ts'),
    root,
    logLevel: 'warn',
    build: { outDir: dist },
  });
});
afterAll(() => rm(dist, { recursive: true, force: true }));

/** Answers for the CDN with the library's own build. */
async function serveLibrary(): Promise<void> {
  await demo.page.route('https://esm.sh/**', async (route) => {
    const url = route.request().url();
    const contentType = 'text/javascript';
    const headers = { 'access-control-allow-origin': '*' };
    const entries = new Map([
      [cdn, 'index.js'],
      [`${cdn}/formats`, 'formats/index.js'],
    ]);
    const entry = entries.get(url);
    const body = entry
      ? `export * from 'https://esm.sh/dist/${entry}';`
      : await readFile(join(dist, new URL(url).pathname.replace('/dist/', '')), 'utf8');
    await route.fulfill({ body, contentType, headers });
  });
}

test('the code of a race gives the losses of the race', async () => {
  const { page } = demo;
  await demo.open(
    '#race.net=mlp&race.lanes=bn.sigmoid.b8_plain.x5_bn.d50&race.batch=4&race.lr=0.1&race.seed=3',
  );
  const race = demo.section('race');
  await race.playable();
  const stepCount = async () => Number((await race.text('step-count')).replace(/\D/g, ''));
  await expect.poll(stepCount, { timeout: 60_000 }).toBeGreaterThanOrEqual(20);
  await race.button('Pause').click();
  const save = page.waitForEvent('download');
  await race.button('Save this run as a file').click();
  const saved = JSON.parse(await readFile(await (await save).path(), 'utf8'));

  await race.button('Get code').click();
  await expect.poll(() => page.getByLabel('The file').inputValue()).toContain(cdn);
  const take = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  const code = await readFile(await (await take).path(), 'utf8');

  await serveLibrary();
  const address = new URL('race-alone.html', page.url()).href;
  await page.route(address, (route) => route.fulfill({ body: code, contentType: 'text/html' }));
  await page.goto(address);
  const row = page.locator('tbody tr').nth(1);
  await row.locator('td').nth(3).filter({ hasText: /\d/ }).waitFor({ timeout: 60_000 });
  const cells = (await row.locator('td').allInnerTexts()).map(Number);
  expect(await page.locator('thead th').allInnerTexts()).toEqual([
    'step',
    'With batch norm, sigmoid, batch 8',
    'Without, rate ×5',
    'With batch norm, dropout 0.5',
  ]);
  expect(cells).toEqual([20, ...saved.losses.map((losses: number[]) => losses[19])]);
  // It came from where a visitor would get it; the rest of this page's requests did not.
  expect(demo.problems.every((problem) => problem.includes('https://esm.sh/'))).toBe(true);
  demo.problems.length = 0;
});
