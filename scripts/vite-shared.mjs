// What Vite's users here share: the library's, the demo's and the tests' build, and run.mjs.
import { root } from './environment.mjs';

/** The package's own name leads to its sources. */
export const alias = [
  { find: /^webgpu-batchnorm$/, replacement: `${root}/src/index.ts` },
  { find: /^webgpu-batchnorm\/(node|formats|self-test)$/, replacement: `${root}/src/$1/index.ts` },
  {
    find: /^webgpu-batchnorm\/(onnx|keras|torch)$/,
    replacement: `${root}/src/formats/$1/index.ts`,
  },
];

/**
 * Leaves `new URL('…', import.meta.url)` as it is in the library: its file stays beside it, and bundlers
 * of pages know the form.
 * @returns {import('vite').Plugin}
 */
export function keepUrls() {
  return {
    name: 'keep-urls',
    apply: 'build',
    enforce: 'pre',
    transform: (code) => ({
      code: code.replace(/new URL\(('[^']*'), import\.meta\.url\)/g, '__keptUrl($1)'),
      map: null,
    }),
    renderChunk: (code) => ({
      code: code.replace(/__keptUrl\((["'][^"']*["'])\)/g, 'new URL($1, import.meta.url)'),
      map: null,
    }),
  };
}
