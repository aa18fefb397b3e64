// The package as its consumers get it: packed, unpacked into an empty project, then run in plain
// Node, run in a page without a bundler, and type-checked by every TypeScript that is in use.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser';
import { archive, h5File, input3, layer3, putData, sequential3 } from '../support/keras-archives';
import { serveFiles } from '../support/serve-files';

const root = join(import.meta.dirname, '../..');
const consumer = mkdtempSync(join(tmpdir(), 'consumer-'));
const modules = join(consumer, 'node_modules');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** And what those have themselves. */
const dependencies = [...Object.keys(manifest.dependencies), 'iobuffer'];

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  cpSync(join(import.meta.dirname, 'consumer'), consumer, { recursive: true });
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  const weights = await h5File((file) => {
    putData(file, 'layers/dense/vars/0', { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
    putData(file, 'layers/dense/vars/1', { shape: [2], data: [0, 1] });
  });
  const head = layer3('Dense', { name: 'head', units: 2 });
  const config = sequential3([input3('x', [3]), head]);
  writeFileSync(join(consumer, 'model.keras'), archive(config, weights));
  mkdirSync(modules);
  const shell = process.platform === 'win32';
  execFileSync('npm', ['pack', '--silent', '--pack-destination', consumer], { cwd: root, shell });
  const packed = readdirSync(consumer).find((name) => name.endsWith('.tgz')) as string;
  execFileSync('tar', ['-xzf', packed], { cwd: consumer });
  cpSync(join(consumer, 'package'), join(modules, 'webgpu-batchnorm'), { recursive: true });
  // What a consumer of the Node entry and of @webgpu/types has installed besides.
  for (const name of ['webgpu', 'debug', 'ms', '@webgpu', '@types', ...dependencies]) {
    if (name.includes('/')) mkdirSync(join(modules, dirname(name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

test('the archive holds the build, the licence and nothing else', () => {
  const names = readdirSync(join(modules, 'webgpu-batchnorm'));
  expect(names.filter((name) => !/^(dist|package\.json|LICENSE|README\.md)$/.test(name))).toEqual(
    [],
  );
});

test('runs in plain Node', () => {
  const result = spawnSync(process.execPath, ['node.js'], { cwd: consumer, encoding: 'utf8' });
  expect(result.stderr).toBe('');
  expect(result.stdout.trim()).toBe('[1,2] agree true, sum 1.000 function');
});

test('reads and writes files through every subpath', () => {
  const result = spawnSync(process.execPath, ['formats.js'], { cwd: consumer, encoding: 'utf8' });
  expect(result.stderr).toBe('');
  expect(result.stdout.trim()).toBe('1 answer, 3 files, [3,2], batch-norm');
});

test('the command', () => {
  const cli = join(modules, 'webgpu-batchnorm', manifest.bin['webgpu-batchnorm']);
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [cli, ...argv], { cwd: consumer, encoding: 'utf8' });
  expect(run('--version').stdout.trim()).toBe(manifest.version);
  expect(run('inspect', 'none.onnx').status).toBe(1);
  expect(run('paint').status).toBe(2);
  expect(readFileSync(cli, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test('runs in a page without a bundler', async () => {
  const server = await serveFiles(consumer);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.url);
    await page.waitForFunction('document.body?.textContent.trim()');
    expect(errors).toEqual([]);
    expect((await page.locator('body').textContent())?.trim()).toBe('[1,2] agree true, sum 1.000');
  } finally {
    await browser.close();
    await server.close();
  }
});

// TypeScript 6 and later know WebGPU from their DOM library; 5.9 needs @webgpu/types. Both at once
// clash inside @webgpu/types itself, so there libraries go unchecked.
const compilers = [
  { typescript: 'typescript-5.9', types: ['@webgpu/types'], skipLibCheck: false },
  { typescript: 'typescript-6', types: [], skipLibCheck: false },
  { typescript: 'typescript', types: [], skipLibCheck: false },
  { typescript: 'typescript', types: ['@webgpu/types'], skipLibCheck: true },
];
const cases = compilers.flatMap((compiler) =>
  (['bundler', 'nodenext'] as const).map((resolution) => ({ ...compiler, resolution })),
);

test.each(cases)('type-checks: $typescript, $resolution, types $types', (one) => {
  const { typescript, types, skipLibCheck, resolution } = one;
  const compilerOptions = {
    target: 'ES2022',
    module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution: resolution,
    lib: ['ES2022', 'DOM'],
    strict: true,
    noEmit: true,
    skipLibCheck,
    types,
  };
  const project = join(consumer, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ compilerOptions, files: ['types.ts'] }));
  const tsc = join(root, 'node_modules', typescript, 'bin/tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  expect(result.stdout).toBe('');
  expect(result.status).toBe(0);
});
