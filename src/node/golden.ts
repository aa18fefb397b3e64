// npm run golden -- DIR [--backend gpu|cpu] [--json FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { BatchNormError } from '../core/errors';
import { requestNodeGPU } from './dawn';
import { withBackend } from './golden/backend';
import { readManifest } from './golden/manifest';
import { runGolden } from './golden/run';

const USAGE = 'usage: npm run golden -- DIR [--backend gpu|cpu] [--json FILE]';

/** Runs every case of `DIR/manifest.json`, a line each. 0 where all pass, 1 where one fails. */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parse(argv);
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  const { directory, backend, json } = options;
  try {
    const cases = await readManifest(directory);
    const results: { id: string; passed: boolean; error?: string }[] = [];
    await withBackend(backend, requestNodeGPU, async (runner) => {
      for (const golden of cases) {
        const error = await runGolden(golden, runner);
        results.push({ id: golden.id, passed: !error, ...(error && { error }) });
        console.log(error ? `FAIL ${golden.id}: ${error}` : `ok   ${golden.id}`);
      }
    });
    const passed = results.filter((result) => result.passed).length;
    const failed = results.length - passed;
    if (json) {
      await writeFile(json, `${JSON.stringify({ backend, passed, failed, cases: results })}\n`);
    }
    console.log(`${passed} passed, ${failed} failed`);
    return failed ? 1 : 0;
  } catch (error) {
    if (!(error instanceof BatchNormError)) throw error;
    console.error(error.message);
    return 1;
  }
}

function parse(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { backend: { type: 'string', default: 'gpu' }, json: { type: 'string' } },
    });
    const { backend, json } = values;
    if (positionals.length !== 1 || (backend !== 'gpu' && backend !== 'cpu')) return undefined;
    return { directory: positionals[0], backend, json } as const;
  } catch {
    return undefined;
  }
}
