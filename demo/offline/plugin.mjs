// Writes `worker.js` into the built page, with the list of its files.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Code larger than this, in bytes, is kept when it is first used: not every visitor needs it. */
const largestCode = 250_000;

/** @returns {import('vite').Plugin} */
export function offline() {
  return {
    name: 'offline',
    apply: 'build',
    // After the page itself has been put among the files.
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const files = Object.values(bundle)
        .filter(({ fileName }) => !fileName.endsWith('.map'))
        .filter((file) => !/\.(js|wasm)$/.test(file.fileName) || sizeOf(file) <= largestCode)
        .map(({ fileName }) => (fileName === 'index.html' ? './' : `./${fileName}`))
        .sort();
      const hash = createHash('sha256');
      for (const file of Object.values(bundle)) hash.update(contentOf(file));
      const source = await readFile(join(import.meta.dirname, 'worker.js'), 'utf8');
      this.emitFile({
        type: 'asset',
        fileName: 'worker.js',
        source: source
          .replace('VERSION', JSON.stringify(hash.digest('hex').slice(0, 12)))
          .replace('FILES', JSON.stringify(files)),
      });
    },
  };
}

/** @param {import('vite').Rolldown.OutputAsset | import('vite').Rolldown.OutputChunk} file */
function contentOf(file) {
  return file.type === 'chunk' ? file.code : file.source;
}

/** @param {import('vite').Rolldown.OutputAsset | import('vite').Rolldown.OutputChunk} file */
function sizeOf(file) {
  return Buffer.byteLength(contentOf(file));
}
