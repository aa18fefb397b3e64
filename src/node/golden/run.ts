import { worstError } from '../../core/compare';
import { FormatError } from '../../core/errors';
import { randomBits } from '../../core/random';

import { type Backend, cpuBackend } from './backend';
import { type Family, Golden, type Results } from './case-graph';
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

/**
 * Ops that take many steps through ReLU and max pooling. Where two numbers are equal to within their
 * rounding, f32 may choose the other, and from there the steps go another way, as exact as the first.
 */
const branching: ReadonlySet<string> = new Set(['cnn_training']);
const NEIGHBOURS = 16;

/**
 * Computes a case and compares: undefined, or a line that says what is wrong. Never throws.
 *
 * What branches is right as well where it is within tolerance of what the float64 reference makes of
 * inputs that are off by a unit in the last place (mixed forward-backward error: Higham, "Accuracy and
 * Stability of Numerical Algorithms", 1.5), if that reference makes of the inputs themselves what the
 * file says.
 */
export async function runGolden(golden: GoldenCase, backend: Backend): Promise<string | undefined> {
  try {
    if (!Object.hasOwn(families, golden.op)) {
      const where = `case "${golden.id}"`;
      throw new FormatError({ where, rule: 'its op is supported', found: golden.op });
    }
    const family = families[golden.op];
    const expected: Results = {};
    for (const tensor of golden.expected) expected[tensor.name] = await readTensor(golden, tensor);
    const results = await family(new Golden(golden, backend));
    const error = firstError(golden, results, expected);
    if (!error || !branching.has(golden.op)) return error;
    if (firstError(golden, await family(new Golden(golden, cpuBackend)), expected)) return error;
    for (let seed = 1; seed <= NEIGHBOURS; seed++) {
      const near = await family(new Golden(golden, cpuBackend, aUnitOff(seed)));
      if (!firstError(golden, results, near)) return undefined;
    }
    return error;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function firstError(
  { expected }: GoldenCase,
  results: Results,
  wanted: Results,
): string | undefined {
  for (const { name, shape, tolerance } of expected) {
    const got = results[name];
    if (!got) return `${name}: not computed`;
    const error = worstError(got, wanted[name], { name, shape, ...tolerance });
    if (error) return error;
  }
  return undefined;
}

/**
 * A number, or one of the f32 next to it, at random: 0.75·2⁻²³ of it is between 0.75 and 1.5 units in the
 * last place, which rounds to one.
 */
function aUnitOff(seed: number): (value: number, index: number) => number {
  return (value, index) =>
    Math.fround(value * (1 + ((randomBits(seed, 0, index) % 3) - 1) * 0.75 * 2 ** -23));
}
