import { defineConfig } from 'vite';
import { alias, slimShaders } from '../scripts/vite-shared.mjs';

// The demo: a static page that runs from any folder (relative base).
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: { alias },
  plugins: [slimShaders()],
  server: { fs: { allow: ['..'] } },
  build: { outDir: '../dist-demo', emptyOutDir: true, target: 'es2022' },
});
