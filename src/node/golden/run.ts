import { FormatError } from '../../core/errors';
import { type Shape, stridesOf } from '../../core/shape';
import type { Backend } from './backend';
import { type Family, Golden } from './case-graph';
import { convFamilies } from './cases-conv';
import { lossFamilies } from './cases-losses';
import { normFamilies } from './cases-norm';
import { spatialFamilies } from './cases-spatial';
import { trainingFamilies } from './cases-training';
import { type GoldenCase, readTensor, type Tolerance } from './manifest';

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
      const error = worstElement(tensor.name, tensor.shape, got, want, tensor.tolerance);
      if (error) return error;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Names the element that is farthest out, as a share of what is allowed. */
function worstElement(
  name: string,
  shape: Shape,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { rtol, atol }: Tolerance,
): string | undefined {
  if (got.length !== want.length) return `${name}: ${got.length} numbers, want ${want.length}`;
  const excess = (i: number) => {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) return 0;
    const share = Math.abs(got[i] - want[i]) / (atol + rtol * Math.abs(want[i]));
    return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
  };
  let worst = 0;
  for (let i = 1; i < want.length; i++) if (excess(i) > excess(worst)) worst = i;
  if (excess(worst) <= 1) return undefined;
  const index = stridesOf(shape).map((stride, axis) => Math.floor(worst / stride) % shape[axis]);
  const error = Math.abs(got[worst] - want[worst]).toExponential(2);
  const allowed = (atol + rtol * Math.abs(want[worst])).toExponential(2);
  return `${name}[${index}]: got ${got[worst]}, want ${want[worst]}, |err| ${error} > ${allowed}`;
}
