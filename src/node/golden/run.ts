import { worstError } from '../../core/compare';
import { FormatError } from '../../core/errors';

import type { Backend } from './backend';
import { type Family, Golden } from './case-graph';
import { convFamilies } from './cases-conv';
import { lossFamilies } from './cases-losses';
import { normFamilies } from './cases-norm';
import { spatialFamilies } from './cases-spatial';
import { trainingFamilies } from './cases-training';
import { type GoldenCase, readTensor } from './manifest';

const families: Readonly<Record<string, Family>> = {
  ...normFamilies,
  ...convFamilies,
  ...spatialFamilies,
  ...lossFamilies,
  ...trainingFamilies,
};

/** Computes a case and compares: undefined, or a line that says what is wrong. Never throws. */
export async function runGolden(golden: GoldenCase, backend: Backend): Promise<string | undefined> {
  try {
    if (!Object.hasOwn(families, golden.op)) {
      const where = `case "${golden.id}"`;
      throw new FormatError({ where, rule: 'its op is supported', found: golden.op });
    }
    const results = await families[golden.op](new Golden(golden, backend));
    for (const tensor of golden.expected) {
      const got = results[tensor.name];
      if (!got) return `${tensor.name}: not computed`;
      const want = await readTensor(golden, tensor);
      const { name, shape, tolerance } = tensor;
      const error = worstError(got, want, { name, shape, ...tolerance });
      if (error) return error;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
