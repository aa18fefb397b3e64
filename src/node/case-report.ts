import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { BatchNormError } from '../core/errors';

export type BackendName = 'gpu' | 'cpu';

/** Says how a case went: undefined where it passed, else what was wrong. */
export type Report = (id: string, error: string | undefined) => void;

/**
 * A command `DIR [--backend gpu|cpu] [--json FILE]` that runs every case below a directory, a line each;
 * the last line is `N passed, N failed`. Gives the exit code: 0 where all pass, 1 where one fails or the
 * directory is at fault, 2 with the usage for a command line that can not be followed.
 */
export async function reportCases(
  argv: readonly string[],
  usage: string,
  runAll: (directory: string, backend: BackendName, report: Report) => Promise<void>,
): Promise<number> {
  const options = parse(argv);
  if (!options) {
    console.error(usage);
    return 2;
  }
  const { directory, backend, json } = options;
  try {
    const results: { id: string; passed: boolean; error?: string }[] = [];
    await runAll(directory, backend, (id, error) => {
      results.push({ id, passed: !error, ...(error && { error }) });
      console.log(error ? `FAIL ${id}: ${error}` : `ok   ${id}`);
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
