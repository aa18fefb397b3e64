// npm run golden -- DIR [--backend gpu|cpu] [--json FILE]
import { reportCases } from './case-report';
import { requestNodeGPU } from './dawn';
import { withBackend } from './golden/backend';
import { readManifest } from './golden/manifest';
import { runGolden } from './golden/run';

const USAGE = 'usage: npm run golden -- DIR [--backend gpu|cpu] [--json FILE]';

/** Runs every case of `DIR/manifest.json`, a line each. 0 where all pass, 1 where one fails. */
export async function main(argv: readonly string[]): Promise<number> {
  return reportCases(argv, USAGE, async (directory, backend, report) => {
    const cases = await readManifest(directory);
    await withBackend(backend, requestNodeGPU, async (runner) => {
      for (const golden of cases) report(golden.id, await runGolden(golden, runner));
    });
  });
}
