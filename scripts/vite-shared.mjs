// What Vite's users here share: the library's, the demo's and the tests' build, and run.mjs.
import { readFile } from 'node:fs/promises';
import { root } from './environment.mjs';

/** The package's own name leads to its sources. */
export const alias = [
  { find: /^webgpu-batchnorm$/, replacement: `${root}/src/index.ts` },
  { find: /^webgpu-batchnorm\/(node|formats)$/, replacement: `${root}/src/$1/index.ts` },
  {
    find: /^webgpu-batchnorm\/(onnx|keras|torch)$/,
    replacement: `${root}/src/formats/$1/index.ts`,
  },
];

/** @param {string} text */
export function slim(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .map((line) => (line.trimStart().startsWith('//! @') ? line : line.replace(/\/\/.*/, '')))
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n');
}

/**
 * Shaders go into a bundle as text, where comments and blank lines only cost bytes. The composer's
 * own lines (`//! @include`) stay.
 * @returns {import('vite').Plugin}
 */
export function slimShaders() {
  return {
    name: 'slim-shaders',
    apply: 'build',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith('.wgsl?raw')) return null;
      const text = await readFile(id.slice(0, -'?raw'.length), 'utf8');
      return { code: `export default ${JSON.stringify(slim(text))}`, moduleType: 'js' };
    },
  };
}
