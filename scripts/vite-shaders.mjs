// The shaders as modules, for Vite.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root } from './environment.mjs';
import { globalsOf, minifyWgsl } from './minify-wgsl.mjs';

/** @typedef {string | Record<string, string>} Include A file, or one for each width. */

const FOLDER = join(root, 'shaders');
/** All of them in a bundle. There is no such file. */
const ALL = join(FOLDER, 'all.js');
/** But for those of ops that a page loads when it needs them: they would come with it. */
const APART = new Set(['cast.wgsl']);

/**
 * Makes each shader a module: its name, its text and the shaders that it includes (see `Shader` in
 * src/ir/op.ts). So a bundle holds the shaders of the ops that it uses, and no others. For a bundle their
 * text is minified, and they lie side by side in one file, where they compress better: those that are not
 * used are left out of it.
 * @returns {import('vite').Plugin}
 */
export function shaders() {
  /** By file; minified in a bundle. @type {Map<string, string>} */
  const texts = new Map();
  /** @type {Map<string, Include[]>} */
  const includes = new Map();
  let bundled = false;

  const keep = (/** @type {string} */ file, /** @type {string} */ text) => {
    texts.set(file, text);
    includes.set(file, includesOf(text));
  };

  const literal = (/** @type {string} */ file) => {
    const included = (includes.get(file) ?? []).map((include) => {
      if (typeof include === 'string') return localName(include);
      return `{ ${Object.entries(include).map(([width, path]) => `${width}: ${localName(path)}`)} }`;
    });
    const name = JSON.stringify(file.replace(/\.wgsl$/, ''));
    return `{ name: ${name}, text: ${JSON.stringify(texts.get(file))}, includes: [${included}] }`;
  };
  const filesIn = (/** @type {string} */ file) =>
    (includes.get(file) ?? []).flatMap((include) =>
      typeof include === 'string' ? include : Object.values(include),
    );
  /** Each behind those that it includes. */
  const all = () => {
    /** @type {Set<string>} */
    const order = new Set();
    const add = (/** @type {string} */ file) => {
      if (order.has(file)) return;
      for (const other of filesIn(file)) add(other);
      order.add(file);
    };
    for (const file of texts.keys()) if (!APART.has(file)) add(file);
    return [...order]
      .map((file) => `export const ${localName(file)} = ${literal(file)};`)
      .join('\n');
  };
  const alone = (/** @type {string} */ file) => {
    const imports = filesIn(file).map(
      (path) => `import ${localName(path)} from ${JSON.stringify(join(FOLDER, path))};\n`,
    );
    return `${imports.join('')}export default ${literal(file)};`;
  };
  return {
    name: 'shaders',
    enforce: 'pre',
    configResolved({ command }) {
      bundled = command === 'build';
    },
    async buildStart() {
      if (!bundled) return;
      for (const [file, text] of await shaderTexts()) keep(file, text);
      const globals = new Set([...texts.values()].flatMap(globalsOf));
      for (const [file, text] of texts) texts.set(file, minifyWgsl(text, globals));
    },
    resolveId: (id) => (id === ALL ? id : null),
    async load(id) {
      if (id === ALL) return { code: all(), moduleType: 'js' };
      if (!id.startsWith(FOLDER) || !id.endsWith('.wgsl')) return null;
      const file = relative(FOLDER, id).replaceAll('\\', '/');
      if (!bundled) keep(file, await readFile(id, 'utf8'));
      const code =
        bundled && !APART.has(file)
          ? `export { ${localName(file)} as default } from ${JSON.stringify(ALL)};`
          : alone(file);
      return { code, moduleType: 'js' };
    },
  };
}

/** By the path below the folder. */
async function shaderTexts() {
  const found = await readdir(FOLDER, { recursive: true });
  const files = found.map((file) => file.replaceAll('\\', '/')).filter((f) => f.endsWith('.wgsl'));
  const texts = files
    .sort()
    .map(async (file) => /** @type {const} */ ([file, await readFile(join(FOLDER, file), 'utf8')]));
  return new Map(await Promise.all(texts));
}

/** @param {string} file */
function localName(file) {
  return file.replace(/\.wgsl$/, '').replaceAll('/', '_');
}

/**
 * The files that a shader includes; by width, where the name has `{width}` in it.
 * @param {string} text
 * @returns {Include[]}
 */
function includesOf(text) {
  return [...text.matchAll(/^\/\/! @include (\S+)$/gm)].map(([, path]) => {
    if (!path.includes('{width}')) return path;
    const files = ['1', '4', '16'].map((width) => [width, path.replace('{width}', width)]);
    return Object.fromEntries(files.filter(([, file]) => existsSync(join(FOLDER, file))));
  });
}
