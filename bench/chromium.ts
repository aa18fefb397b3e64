// The browser as a host: builds the page, serves it, and lets a real Chromium run it.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Alias, build } from 'vite';
import { root } from '../scripts/environment.mjs';
import { alias, shaders } from '../scripts/vite-shared.mjs';
import { launchBrowser } from '../test/support/browser';
import { serveFiles } from '../test/support/serve-files';
import type {} from './cold/cold';
import type { Measurement } from './measure';
import type {} from './page';
import { installPeers } from './peers/install';

const COLD_LOADS = 3;

/** Measures in a page of the browser, with the peers if asked. `version` is the browser's. */
export async function measureInChromium(
  only: string | undefined,
  peers: boolean,
  log: (line: string) => void,
): Promise<Measurement & { readonly version: string }> {
  const folder = peers ? 'bench/peers' : 'bench/alone';
  const packages = peers ? installPeers(log) : [];
  return withPage(folder, packages, async (url) => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.exposeFunction('say', log);
      await page.goto(url);
      const measurement = await page.evaluate((name) => window.bench(name), only);
      return { ...measurement, version: browser.version() };
    } finally {
      await browser.close();
    }
  });
}

export interface ColdStart {
  /** From a fresh browser's start of loading to the first output, each time. */
  readonly ms: readonly number[];
  /** All files of the page, gzipped one by one. */
  readonly gzipBytes: number;
}

export async function measureColdStart(log: (line: string) => void): Promise<ColdStart> {
  return withPage('bench/cold', [], async (url, files) => {
    const contents = await Promise.all(files.map((file) => readFile(file)));
    const sizes = contents.map((bytes) => gzipSync(bytes, { level: 9 }).length);
    const ms: number[] = [];
    for (let i = 0; i < COLD_LOADS; i++) {
      log(`cold start ${i + 1} of ${COLD_LOADS}`);
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        await page.goto(url);
        ms.push(await page.evaluate(() => window.cold));
      } finally {
        await browser.close();
      }
    }
    return { ms, gzipBytes: sizes.reduce((sum, size) => sum + size, 0) };
  });
}

/** Builds the page in `folder` as it would be published, and serves it while `body` runs. */
async function withPage<T>(
  folder: string,
  packages: Alias[],
  body: (url: string, files: readonly string[]) => Promise<T>,
): Promise<T> {
  const outDir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    await build({
      configFile: false,
      root: join(root, folder),
      base: './',
      logLevel: 'warn',
      resolve: { alias: [...alias, ...packages] },
      plugins: [shaders()],
      build: { outDir, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2000 },
    });
    const names = await readdir(outDir, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const server = await serveFiles(outDir);
    try {
      return await body(server.url, files);
    } finally {
      await server.close();
    }
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
