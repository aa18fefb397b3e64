import { BatchNormError } from '../../src/core/errors';
import { Random } from '../../src/core/random';
import { counting } from './budget';
import { mutate } from './mutate';
import type { Target } from './targets';

/** A mutated file that a parser did not take as it should. */
export interface Finding {
  readonly target: string;
  /** Makes the file again: the same seed gives the same mutations. */
  readonly seed: number;
  readonly index: number;
  readonly complaint: string;
  readonly bytes: Uint8Array;
}

export interface FuzzResult {
  readonly files: number;
  readonly accepted: number;
  readonly findings: readonly Finding[];
  /** Of the slowest file. */
  readonly slowestMs: number;
}

/** Slower than this is a hang: files are a few kilobytes. */
const MOST_MS = 2000;
const SPARE = 8 * 2 ** 20;

/**
 * Gives `count` mutated files to a parser. Each is taken, or refused with an error of this library's own
 * that says where and why, in bounded time, and without asking for more than 2 × file + 8 MiB.
 */
export async function fuzz(target: Target, count: number, seed: number): Promise<FuzzResult> {
  const random = new Random(seed);
  const findings: Finding[] = [];
  let [accepted, slowestMs] = [0, 0];
  for (let index = 0; index < count; index++) {
    const sample = target.samples[random.integer(target.samples.length)];
    const other = target.samples[random.integer(target.samples.length)];
    const { restructure } = target;
    const bytes =
      restructure && random.uniform() < 0.5
        ? restructure(sample, random)
        : mutate(sample, random, other);
    const start = performance.now();
    const complaint = await attempt(target, bytes);
    const ms = performance.now() - start;
    slowestMs = Math.max(slowestMs, ms);
    if (complaint === 'accepted') accepted++;
    else if (complaint) findings.push({ target: target.name, seed, index, complaint, bytes });
    if (ms > MOST_MS) {
      findings.push({ target: target.name, seed, index, complaint: `${ms.toFixed(0)} ms`, bytes });
    }
  }
  return { files: count, accepted, findings, slowestMs };
}

async function attempt(target: Target, bytes: Uint8Array): Promise<string | undefined> {
  try {
    await counting(2 * bytes.length + SPARE, () => target.parse(bytes));
    return 'accepted';
  } catch (error) {
    if (!(error instanceof BatchNormError)) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    if (error.where && error.rule && error.message.length < 2000) return undefined;
    return `an error without place or rule, or too long: ${error.message.slice(0, 300)}`;
  }
}
