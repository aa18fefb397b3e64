// npm run conformance -- DIR [--backend gpu|cpu] [--json FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { BatchNormError } from '../core/errors';
import { requestDevice } from '../gpu/device';
import { findCases } from './conformance/cases';
import { findLightCases } from './conformance/light';
import { runCase, type Where } from './conformance/run';
import { requestNodeGPU } from './dawn';

export const USAGE = `usage: webgpu-batchnorm conformance DIR [--backend gpu|cpu] [--json FILE]
  (here: npm run conformance -- …)
  Runs every case below DIR in the layout of ONNX's backend tests: model.onnx and
  test_data_set_*/{input,output}_*.pb. A line a case; the last line is N passed, N failed.

  --backend gpu|cpu           default gpu
  --json FILE                 the results`;

/** Runs every ONNX case below a directory, a line each. 0 where all pass, 1 where one fails. */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parse(argv);
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  const { directory, backend, json } = options;
  try {
    const cases = [...(await findCases(directory)), ...(await findLightCases(directory))];
    const results: { id: string; passed: boolean; error?: string }[] = [];
    await withBackend(backend, async (where) => {
      for (const test of cases) {
        const error = await runCase(test, where);
        results.push({ id: test.id, passed: !error, ...(error && { error }) });
        console.log(error ? `FAIL ${test.id}: ${error}` : `ok   ${test.id}`);
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

async function withBackend(
  backend: 'gpu' | 'cpu',
  body: (where: Where) => Promise<void>,
): Promise<void> {
  if (backend === 'cpu') return body({ backend });
  const device = await requestDevice({ gpu: await requestNodeGPU() });
  try {
    await body({ device });
  } finally {
    device.destroy();
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
