// The browser as a host: builds pages, serves them, and lets a real Chromium run them.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Alias, build, type Plugin } from 'vite';
import { root } from '../scripts/environment.mjs';
import { shaders } from '../scripts/vite-shaders.mjs';
import { alias } from '../scripts/vite-shared.mjs';
import { launchBrowser } from '../test/support/browser';
import { serveFiles } from '../test/support/serve-files';
import type {} from './cold/first-output';
import { coldModel } from './cold/peers/model';
import { OURS } from './contender';
import { type Measurement, messageOf } from './measure';
import type { PageOptions } from './page';
import { installPeers } from './peers/install';
import { PEERS } from './peers/names';

const COLD_LOADS = 3;
/** Of a whole page load, with a browser that may have to read 26 MB of WebAssembly first. */
const COLD_LIMIT_MS = 120_000;

type Log = (line: string) => void;

/** Measures in a page of the browser, with the peers if asked. `version` is the browser's. */
export async function measureInChromium(
  options: PageOptions,
  peers: boolean,
  log: Log,
): Promise<Measurement & { readonly version: string }> {
  const page = await buildPage(
    peers ? 'bench/peers' : 'bench/alone',
    peers ? installPeers(log) : [],
  );
  try {
    return await inBrowser(async (browser) => {
      const tab = await browser.newPage();
      await tab.exposeFunction('say', log);
      await tab.goto(page.url);
      const measurement = await tab.evaluate((options) => window.bench(options), options);
      return { ...measurement, version: browser.version() };
    });
  } finally {
    await page.close();
  }
}

/** Beside the contenders: a page that does next to nothing with WebGPU. */
export const FLOOR = 'floor';

/** A page that does one inference of the small CNN, by one contender. */
export interface ColdStart {
  readonly contender: string;
  /** From a fresh browser's start of loading to the first output, each time; or why there is none. */
  readonly ms: readonly number[] | string;
  /** Of all files that the page loads, gzipped one by one; and without WebAssembly. */
  readonly gzipBytes: number;
  readonly gzipBytesWithoutWasm: number;
}

/** Contenders in turn, so that each load of one has loads of the others beside it. */
export async function measureColdStart(peers: boolean, log: Log): Promise<ColdStart[]> {
  const packages = peers ? installPeers(log) : [];
  const pages: Entry[] = [];
  try {
    for (const [contender, folder] of [
      [OURS, 'bench/cold'],
      [FLOOR, 'bench/cold/floor'],
      ...(peers ? PEERS : []).map((peer) => [peer, `bench/cold/peers/${peer}`]),
    ]) {
      const page = await buildPage(folder, packages);
      pages.push({ contender, page, ms: [], loaded: new Set() });
    }
    for (let i = 0; i < COLD_LOADS; i++) {
      for (const entry of pages) {
        if (typeof entry.ms === 'string') continue;
        log(`cold start ${i + 1} of ${COLD_LOADS}: ${entry.contender}`);
        try {
          entry.ms.push(await loadCold(entry.page.url, entry.loaded));
        } catch (error) {
          entry.ms = messageOf(error);
        }
      }
    }
    return await Promise.all(
      pages.map(async ({ contender, page, ms, loaded }) => {
        const files = page.files.filter((file) => loaded.has(basename(file)));
        const sizes = await Promise.all(
          files.map(async (file) => {
            const bytes = gzipSync(await readFile(file), { level: 9 }).length;
            return { bytes, wasm: file.endsWith('.wasm') };
          }),
        );
        const sum = (of: typeof sizes) => of.reduce((total, { bytes }) => total + bytes, 0);
        return {
          contender,
          ms,
          gzipBytes: sum(sizes),
          gzipBytesWithoutWasm: sum(sizes.filter(({ wasm }) => !wasm)),
        };
      }),
    );
  } finally {
    for (const { page } of pages) await page.close();
  }
}

interface Entry {
  readonly contender: string;
  readonly page: Page;
  /** Names of the files that it asked for. */
  readonly loaded: Set<string>;
  ms: number[] | string;
}

function loadCold(url: string, loaded: Set<string>): Promise<number> {
  return inBrowser(async (browser) => {
    const tab = await browser.newPage();
    tab.on('request', (request) => {
      loaded.add(basename(new URL(request.url()).pathname) || 'index.html');
    });
    await tab.goto(url);
    await tab.waitForFunction(() => window.cold, undefined, { timeout: COLD_LIMIT_MS });
    return tab.evaluate(() => window.cold);
  });
}

type Browser = Awaited<ReturnType<typeof launchBrowser>>;

async function inBrowser<T>(body: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launchBrowser();
  try {
    return await body(browser);
  } finally {
    await browser.close();
  }
}

interface Page {
  readonly url: string;
  readonly files: readonly string[];
  close(): Promise<void>;
}

/** Builds the pages in `folder` as they would be published, and serves them. */
async function buildPage(folder: string, packages: Alias[]): Promise<Page> {
  const from = join(root, folder);
  const outDir = await mkdtemp(join(tmpdir(), 'bench-'));
  const remove = () => rm(outDir, { recursive: true, force: true });
  try {
    const entries = (await readdir(from)).filter((name) => name.endsWith('.html'));
    await build({
      configFile: false,
      root: from,
      base: './',
      logLevel: 'error',
      resolve: { alias: [...alias, ...packages] },
      plugins: [shaders(), modelFile()],
      build: {
        outDir,
        emptyOutDir: true,
        target: 'es2022',
        chunkSizeWarningLimit: 2000,
        rolldownOptions: { input: entries.map((name) => join(from, name)) },
      },
    });
    const names = await readdir(outDir, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const server = await serveFiles(outDir);
    return {
      url: server.url,
      files,
      async close() {
        await server.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** `import url from 'virtual:small-cnn.onnx'`: the model of the cold page that loads a file. */
function modelFile(): Plugin {
  const id = 'virtual:small-cnn.onnx';
  return {
    name: 'model-file',
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load(source) {
      if (source !== `\0${id}`) return null;
      const file = this.emitFile({ type: 'asset', name: 'small-cnn.onnx', source: coldModel() });
      return `export default import.meta.ROLLUP_FILE_URL_${file};`;
    },
  };
}
