// The house of docs/architecture.md, held against the real imports: every folder may import core,
// itself and what its row names; nothing points back and no files import each other in a circle.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

const mayImport: Record<string, string[]> = {
  core: [],
  ir: [],
  ops: ['ir', 'shaders'],
  model: ['ir', 'ops'],
  passes: ['ir', 'ops'],
  plan: ['ir', 'ops'],
  cpu: ['ir', 'ops'],
  gpu: ['ir', 'plan'],
  tune: ['ir', 'plan', 'gpu'],
  runtime: ['ir', 'ops', 'model', 'passes', 'plan', 'gpu', 'cpu', 'tune'],
  train: ['ir', 'ops', 'model', 'passes', 'runtime'],
  adapt: ['model', 'runtime', 'train'],
  'self-test': ['ir', 'ops', 'passes', 'plan', 'gpu', 'cpu', 'runtime', 'package.json'],
  formats: ['ir', 'model'],
  node: ['*'],
  index: ['*'],
};
/** Pairs of which only types may be imported. */
const typesOnly = new Set(['gpu>ir', 'gpu>plan', 'formats>ir']);
/** Folders that may import packages and Node's own modules. */
const mayImportPackages = new Set(['node', 'formats']);
/** What the demo may import of this project. */
const publicNames = /^webgpu-batchnorm(\/(formats|keras|onnx|self-test|torch))?$/;

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** By import(), when it is needed. */
  readonly later: boolean;
  /** The imported file, for a relative specifier. */
  readonly to?: string;
}

function files(folder: string, extension: RegExp): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => extension.test(file) && statSync(file).isFile());
}

function resolveRelative(from: string, specifier: string): string | undefined {
  const base = join(dirname(from), specifier.replace(/\?.*$/, ''));
  return [base, `${base}.ts`, `${base}.js`, join(base, 'index.ts')].find(
    (path) => existsSync(path) && statSync(path).isFile(),
  );
}

function importsOf(file: string): Import[] {
  const code = readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const statement =
    /(?:^|[\n;])\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'"\n]+)['"]|\bimport\s*\(\s*['"]([^'"\n]+)['"]/g;
  return [...code.matchAll(statement)].map(([, type, fixed, dynamic]) => {
    const specifier = (fixed ?? dynamic) as string;
    const to = specifier.startsWith('.') ? resolveRelative(file, specifier) : undefined;
    const kind = { typeOnly: Boolean(type), later: dynamic !== undefined };
    return { from: file, specifier, ...kind, ...(to ? { to } : {}) };
  });
}

/** `core` for src/core/shape.ts, `index` for src/index.ts, `shaders` for a shader. */
function room(file: string): string {
  const [top, second = ''] = relative(root, file).split(/[\\/]/);
  return top === 'src' ? second.replace(/\.ts$/, '') : (top ?? '');
}

const show = (file: string) => relative(root, file);
const sources = files('src', /\.(ts|js)$/);
const imports = sources.flatMap(importsOf);

describe('imports', () => {
  test('every relative import leads to a file', () => {
    const lost = imports.filter((i) => i.specifier.startsWith('.') && !i.to);
    expect(lost.map((i) => `${show(i.from)}: ${i.specifier}`)).toEqual([]);
  });

  test('every file has a place in the house', () => {
    expect(sources.filter((file) => !(room(file) in mayImport)).map(show)).toEqual([]);
  });

  test('folders import only what lies below them', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      if (!to) return false;
      const [a, b] = [room(from), room(to)];
      if (a === b || b === 'core') return false;
      if (typesOnly.has(`${a}>${b}`)) return !typeOnly;
      const allowed = mayImport[a] ?? [];
      return !allowed.includes('*') && !allowed.includes(b);
    });
    expect(wrong.map((i) => `${show(i.from)} → ${show(i.to as string)}`)).toEqual([]);
  });

  test('tuning comes with the pages that tune', () => {
    const wrong = imports.filter(
      ({ from, to, typeOnly, later }) =>
        to && room(to) === 'tune' && room(from) !== 'tune' && !typeOnly && !later,
    );
    expect(wrong.map((i) => show(i.from))).toEqual([]);
  });

  test('packages stay out of everything but node and formats', () => {
    const wrong = imports.filter(
      (i) => !i.specifier.startsWith('.') && !mayImportPackages.has(room(i.from)),
    );
    expect(wrong.map((i) => `${show(i.from)}: ${i.specifier}`)).toEqual([]);
  });

  test('only ops name shaders', () => {
    const wrong = imports.filter((i) => i.to && room(i.to) === 'shaders' && room(i.from) !== 'ops');
    expect(wrong.map((i) => show(i.from))).toEqual([]);
  });

  test('who does not train imports no gradient, loss or optimiser', () => {
    const reached = new Set<string>();
    const visit = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { from, to, typeOnly } of imports) {
        if (from === file && to && !typeOnly) visit(to);
      }
    };
    visit(join(root, 'src/runtime/network.ts'));
    const training = /-grad\.ts$|ops\/(gradients|cross-entropy|losses|optimizers)|src\/train/;
    expect([...reached].map(show).filter((file) => training.test(file))).toEqual([]);
  });

  test('no circles', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of imports) if (to) next.set(from, [...(next.get(from) ?? []), to]);
    const circles: string[] = [];
    const done = new Set<string>();
    const path: string[] = [];
    const visit = (file: string): void => {
      if (path.includes(file)) {
        circles.push([...path.slice(path.indexOf(file)), file].map(show).join(' → '));
        return;
      }
      if (done.has(file)) return;
      path.push(file);
      for (const to of next.get(file) ?? []) visit(to);
      path.pop();
      done.add(file);
    };
    for (const file of sources) visit(file);
    expect(circles).toEqual([]);
  });

  test('the demo imports the public names only', () => {
    const wrong = files('demo', /\.(ts|js)$/)
      .filter((file) => !file.endsWith('vite.config.ts'))
      .flatMap(importsOf)
      .filter(({ specifier, to }) =>
        to
          ? room(to) !== 'demo'
          : /^webgpu-batchnorm/.test(specifier) && !publicNames.test(specifier),
      );
    expect(wrong.map((i) => `${show(i.from)}: ${i.specifier}`)).toEqual([]);
  });

  test('shaders/lib has neither bindings nor entry points', () => {
    const wrong = files('shaders/lib', /\.wgsl$/).filter((file) =>
      /@(binding|group|compute|vertex|fragment)\b/.test(
        readFileSync(file, 'utf8').replace(/\/\/.*/g, ''),
      ),
    );
    expect(wrong.map(show)).toEqual([]);
  });
});
