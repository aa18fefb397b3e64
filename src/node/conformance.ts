// npm run conformance -- DIR [--backend gpu|cpu] [--json FILE]
import { requestDevice } from '../gpu/device';
import { type BackendName, reportCases } from './case-report';
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
  return reportCases(argv, USAGE, async (directory, backend, report) => {
    const cases = [...(await findCases(directory)), ...(await findLightCases(directory))];
    await withBackend(backend, async (where) => {
      for (const test of cases) report(test.id, await runCase(test, where));
    });
  });
}

async function withBackend(
  backend: BackendName,
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
