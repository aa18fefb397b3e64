import { playwright } from '@vitest/browser-playwright';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { environment } from './scripts/environment.mjs';

const root = import.meta.dirname;
const env = environment();
Object.assign(process.env, env.variables);

export const alias = [
  { find: /^webgpu-batchnorm$/, replacement: `${root}/src/index.ts` },
  { find: /^webgpu-batchnorm\/(node|formats)$/, replacement: `${root}/src/$1/index.ts` },
];

/** Shaders go into the bundle as text; comments and blank lines only cost bytes there. */
export function slimShaders(): Plugin {
  return {
    name: 'slim-shaders',
    apply: 'build',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith('.wgsl?raw')) return null;
      const text = await this.fs.readFile(id.slice(0, -'?raw'.length), { encoding: 'utf8' });
      const code = text
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .split('\n')
        .map((line) => (line.trimStart().startsWith('//! @include') ? line : line.replace(/\/\/.*/, '')))
        .map((line) => line.trimEnd().replace(/^\s+/, ''))
        .filter(Boolean)
        .join('\n');
      return { code: `export default ${JSON.stringify(code)}`, moduleType: 'js' };
    },
  };
}

// One worker that keeps its modules: starting Dawn or a page costs more than most test files. A
// process, not a thread: it takes LD_LIBRARY_PATH along, and Dawn's abort would end it alone.
const shared = { pool: 'forks', isolate: false, maxWorkers: 1 } as const;
const gpu = {
  include: ['test/gpu/**/*.test.ts'],
  setupFiles: ['test/support/setup-gpu.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  resolve: { alias },
  plugins: [slimShaders()],
  build: {
    target: 'es2022',
    minify: false,
    emptyOutDir: true,
    lib: {
      entry: {
        index: 'src/index.ts',
        'node/index': 'src/node/index.ts',
        'formats/index': 'src/formats/index.ts',
      },
      formats: ['es'],
    },
    rolldownOptions: {
      external: [/^node:/, 'webgpu'],
      output: { chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  test: {
    // Several projects at once would share two cores with a software GPU: one after the other.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'shaders',
          include: ['test/shaders/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { ...shared, ...gpu, name: 'gpu-node', sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: {
          ...gpu,
          name: 'gpu-browser',
          isolate: false,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            isolate: false,
            provider: playwright({
              launchOptions: { executablePath: env.browser, args: env.browserFlags },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/serve-demo.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
