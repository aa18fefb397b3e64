// "Get code" as a visitor uses it: the file is downloaded and opened by itself. What it asks the CDN for comes
// from the library's own build.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect } from 'vitest';
import library from '../../package.json' with { type: 'json' };
import type { DemoPage, DemoSection } from './demo-page';

const root = join(import.meta.dirname, '../..');
const cdn = `https://esm.sh/webgpu-batchnorm@${library.version}`;

/** Call it once at the top of a test file. Gives what takes a section's code and opens it. */
export function useTakenHome(demo: DemoPage): (section: DemoSection) => Promise<void> {
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

  return async (section) => {
    const { page, problems } = demo;
    await section.button('Get code').click();
    const shown = page.getByLabel('The file', { exact: true });
    await expect.poll(() => shown.inputValue(), { timeout: 30_000 }).toContain(cdn);
    const take = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const code = await readFile(await (await take).path(), 'utf8');

    await page.route('https://esm.sh/**', async (route) => {
      const url = route.request().url();
      const entries = new Map([
        [cdn, 'index.js'],
        [`${cdn}/formats`, 'formats/index.js'],
      ]);
      const entry = entries.get(url);
      const body = entry
        ? `export * from 'https://esm.sh/dist/${entry}';`
        : await readFile(join(dist, new URL(url).pathname.replace('/dist/', '')), 'utf8');
      const headers = { 'access-control-allow-origin': '*' };
      await route.fulfill({ body, contentType: 'text/javascript', headers });
      // From where a visitor would get it: no problem.
      problems.splice(0, problems.length, ...problems.filter((text) => !text.includes(url)));
    });
    const address = new URL('alone.html', page.url()).href;
    await page.route(address, (route) => route.fulfill({ body: code, contentType: 'text/html' }));
    await page.goto(address);
  };
}
