// What Vite's users here share: the library's, the demo's and the tests' build, and run.mjs.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root } from './environment.mjs';
import { globalsOf, minifyWgsl } from './minify-wgsl.mjs';

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
 * Makes each shader a module: its name, its text and the shaders that it includes (see `Shader` in
 * src/ir/op.ts). So a bundle holds the shaders of the ops that it uses, and no others. In a bundle
 * their text is minified.
 * @returns {import('vite').Plugin}
 */
export function shaders() {
  const folder = join(root, 'shaders');
  /** @type {Set<string>} */
  let globals;
  let small = false;
  return {
    name: 'shaders',
    enforce: 'pre',
    configResolved({ command }) {
      small = command === 'build';
    },
    async buildStart() {
      const files = await readdir(folder, { recursive: true });
      const texts = files
        .filter((file) => file.endsWith('.wgsl'))
        .map((file) => readFile(join(folder, file), 'utf8'));
      globals = new Set((await Promise.all(texts)).flatMap(globalsOf));
    },
    async load(id) {
      if (!id.startsWith(folder) || !id.endsWith('.wgsl')) return null;
      const text = await readFile(id, 'utf8');
      const includes = [...text.matchAll(/^\/\/! @include (\S+)$/gm)].map(([, path]) => path);
      const name = relative(folder, id)
        .replaceAll('\\', '/')
        .replace(/\.wgsl$/, '');
      /** @type {string[]} */
      const imports = [];
      const imported = (/** @type {string} */ path) => {
        const local = `include${imports.length}`;
        imports.push(`import ${local} from ${JSON.stringify(join(folder, path))};\n`);
        return local;
      };
      const included = includes.map((path) => {
        if (!path.includes('{width}')) return imported(path);
        const files = [1, 4, 16].map((width) => ({
          width,
          file: path.replace('{width}', `${width}`),
        }));
        const there = files.filter(({ file }) => existsSync(join(folder, file)));
        return `{ ${there.map(({ width, file }) => `${width}: ${imported(file)}`)} }`;
      });
      const shader = [
        `name: ${JSON.stringify(name)}`,
        `text: ${JSON.stringify(small ? minifyWgsl(text, globals) : text)}`,
        `includes: [${included}]`,
      ];
      return {
        code: `${imports.join('')}export default { ${shader.join(', ')} };`,
        moduleType: 'js',
      };
    },
  };
}

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
