import { defineConfig } from 'vite';
import three from '../node_modules/three/package.json' with { type: 'json' };
import library from '../package.json' with { type: 'json' };
import { shaders } from '../scripts/vite-shaders.mjs';
import { alias } from '../scripts/vite-shared.mjs';
import { offline } from './offline/plugin.mjs';

/** Files are read in a worker of the page's own: the library's for HDF5 would bring h5wasm a second time. */
const noThread = {
  find: /^\.\/h5-start$/,
  replacement: `${import.meta.dirname}/no-thread.ts`,
};

// The demo: a static page that runs from any folder (relative base).
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: { alias: [...alias, noThread] },
  define: {
    'import.meta.env.LIBRARY_VERSION': JSON.stringify(library.version),
    'import.meta.env.THREE_VERSION': JSON.stringify(three.version),
  },
  plugins: [shaders(), offline()],
  // Found at first use, they would reload the page.
  optimizeDeps: {
    include: ['@bufbuild/protobuf/wire', 'fflate', 'h5wasm', 'three/tsl', 'three/webgpu', 'uplot'],
  },
  worker: { format: 'es', plugins: () => [shaders()] },
  server: { fs: { allow: ['..'] } },
  build: { outDir: '../dist-demo', emptyOutDir: true, target: 'es2022' },
});
