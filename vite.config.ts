import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { environment } from './scripts/environment.mjs';
import { shaders } from './scripts/vite-shaders.mjs';
import { alias, keepUrls } from './scripts/vite-shared.mjs';

const env = environment();
Object.assign(process.env, env.variables);

// One worker that keeps its modules: starting Dawn or a page costs more than most test files. A
// process, not a thread: it takes LD_LIBRARY_PATH along, and Dawn's abort would end it alone.
const shared = { pool: 'forks', isolate: false, maxWorkers: 1 } as const;
const gpu = {
  include: ['test/gpu/**/*.test.ts'],
  setupFiles: ['test/support/setup-gpu.ts'],
  // Only there to end what hangs: some software drivers compile a kernel for half a minute.
  testTimeout: 300_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  resolve: { alias },
  plugins: [shaders(), keepUrls()],
  build: {
    target: 'es2022',
    minify: false,
    emptyOutDir: true,
    lib: {
      entry: {
        index: 'src/index.ts',
        'node/cli': 'src/node/cli.ts',
        'node/index': 'src/node/index.ts',
        'formats/index': 'src/formats/index.ts',
        'formats/keras/index': 'src/formats/keras/index.ts',
        'formats/keras/h5-worker': 'src/formats/keras/h5-worker.js',
        'formats/onnx/index': 'src/formats/onnx/index.ts',
        'formats/torch/index': 'src/formats/torch/index.ts',
        'self-test/index': 'src/self-test/index.ts',
      },
      formats: ['es'],
    },
    rolldownOptions: {
      external: [/^node:/, 'webgpu', /^@bufbuild\//, 'fast-png', 'fflate', /^h5wasm/, 'jpeg-js'],
      // A file a module: a consumer's bundler leaves out whole modules that have no side effects.
      output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
    },
  },
  test: {
    // Several projects at once would share two cores with a software GPU: one after the other.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Only there to end what hangs: machines are shared.
          testTimeout: 60_000,
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
          // Its main file for Node is CommonJS in an ES module package.
          server: { deps: { inline: ['wgsl_reflect'] } },
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
        // Known beforehand: a dependency found during the run would reload the page.
        optimizeDeps: { include: ['fast-check', 'fflate', 'h5wasm'] },
        test: {
          ...gpu,
          name: 'gpu-browser',
          // They read files.
          exclude: ['test/gpu/node/**'],
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
