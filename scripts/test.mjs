// npm test: every test on a real WebGPU implementation, in Node and in a browser. Arguments go to
// Vitest: npm test -- --project unit
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root } from './environment.mjs';
import { askAdapter, installTorch, launch, main, setup } from './setup.mjs';

await main(() => {
  const { variables } = setup();
  installTorch();
  const adapter = askAdapter(variables);
  const name = adapter ? `${adapter.name}${adapter.software ? ' (software)' : ''}` : 'none';
  console.log(`GPU in Node: ${name}`);
  const report = join(cache, 'test-results.json');
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = launch([vitest, 'run', ...reporters, ...process.argv.slice(2)], variables);

  let passed = 0;
  let failed = 0;
  let skipped = 0;
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed = result.numPassedTests;
    failed = result.numFailedTests;
    skipped = result.numPendingTests;
    // A file that does not load, or whose beforeAll fails, counts as one failure.
    failed += result.testResults.filter(
      (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
    ).length;
  } catch {
    // No report: Vitest itself fell over, and its status says so.
  }
  if (status !== 0 && failed === 0) failed = 1;
  // Named by Vitest: those for features that the adapter has not, and those that a filter left out.
  if (skipped) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});
