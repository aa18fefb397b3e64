// npm run size: what each entry of dist/ costs a consumer who uses all of it, as it starts, and what a
// page costs that does one inference, minified and gzipped, against the budgets (in KB of 1000 bytes)
// below "size" in package.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './environment.mjs';

/** Where a name is not an entry. @type {Record<string, string>} */
const PAGES = { 'one inference': 'bench/cold/cold.ts' };

const { exports, size: budgets } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** @param {string} entry @param {boolean} page Whether nobody imports it, as Vite takes it of pages. */
async function bundle(entry, page) {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    resolve: { alias: { 'webgpu-batchnorm': join(root, exports['.'].default) } },
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      modulePreload: false,
      // Not as a library: that would keep the spaces.
      rolldownOptions: {
        input: join(root, entry),
        preserveEntrySignatures: page ? false : 'strict',
        external: [/^node:/, 'webgpu'],
      },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const chunks = outputs.flatMap((one) => ('output' in one ? one.output : []));
  // What is loaded at once: the HDF5 library comes with the first file that needs it.
  const scripts = chunks.flatMap((chunk) =>
    chunk.type === 'chunk' && !chunk.isDynamicEntry ? [chunk.code] : [],
  );
  const code = scripts.join('\n');
  return { raw: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length };
}

const kb = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} KB`.padStart(10);
let over = 0;
console.log(
  `${'entry'.padEnd(16)}${'minified'.padStart(10)}${'gzip'.padStart(10)}${'budget'.padStart(10)}`,
);
for (const [name, budget] of Object.entries(budgets)) {
  const { raw, gzip } = await bundle(exports[name]?.default ?? PAGES[name], name in PAGES);
  const fits = gzip <= budget * 1000;
  if (!fits) over++;
  console.log(`${name.padEnd(16)}${kb(raw)}${kb(gzip)}${kb(budget * 1000)}${fits ? '' : '  over'}`);
}
process.exitCode = over ? 1 : 0;
