// npm run check: everything that CI runs. Each step prints one line, and its output when it fails;
// the tests come last and print theirs.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './environment.mjs';
import { installModules, launch, main } from './setup.mjs';

const bin = (/** @type {string} */ name) => join(root, 'node_modules', name);

/** @type {[string, string[]][]} */
const steps = [
  ['format and lint', [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings']],
  ['types', [bin('typescript/bin/tsc'), '--noEmit']],
  ['unused code', [bin('knip/bin/knip.js')]],
  ['build', [join(root, 'scripts/build.mjs')]],
  ['demo build', [bin('vite/bin/vite.js'), 'build', 'demo', '--logLevel', 'warn']],
  ['size', [join(root, 'scripts/size.mjs')]],
  ['publint', [bin('publint/src/cli.js'), '--strict']],
  [
    'package types',
    [bin('@arethetypeswrong/cli/dist/index.js'), '--pack', '--profile', 'esm-only'],
  ],
];

await main(() => {
  installModules();
  let failed = 0;
  for (const [name, args] of steps) {
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${status === 0 ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)`);
    if (status !== 0 || name === 'size') console.log(`${stdout}${stderr}`.trimEnd());
    if (status !== 0) failed++;
  }
  const tests = launch([join(root, 'scripts/test.mjs'), ...process.argv.slice(2)], {});
  return failed || tests ? 1 : 0;
});
