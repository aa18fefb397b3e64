// npm test: every test on a real WebGPU implementation, in Node and in a browser. Arguments go to
// Vitest: npm test -- --project unit
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root } from './environment.mjs';
import { installTorch, launch, main, setup } from './setup.mjs';

await main(() => {
  const { variables, software } = setup();
  installTorch();
  console.log(software ? 'GPU: software (SwiftShader)' : "GPU: the system's");
  const report = join(cache, 'test-results.json');
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = launch([vitest, 'run', ...reporters, ...process.argv.slice(2)], variables);

  let passed = 0;
  let failed = 0;
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed = result.numPassedTests;
    failed = result.numFailedTests;
    // A file that does not load, or whose beforeAll fails, counts as one failure.
    failed += result.testResults.filter(
      (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
    ).length;
  } catch {
    // No report: Vitest itself fell over, and its status says so.
  }
  if (status !== 0 && failed === 0) failed = 1;
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});
