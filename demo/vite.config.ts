import { defineConfig } from 'vite';
import library from '../package.json' with { type: 'json' };
import { alias, shaders } from '../scripts/vite-shared.mjs';

// The demo: a static page that runs from any folder (relative base).
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: { alias },
  define: { 'import.meta.env.LIBRARY_VERSION': JSON.stringify(library.version) },
  plugins: [shaders()],
  server: { fs: { allow: ['..'] } },
  build: { outDir: '../dist-demo', emptyOutDir: true, target: 'es2022' },
});
