import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { NameError } from '../../core/errors';
import {
  formatSelfTest,
  type SelfTestProgress,
  selfTest,
  selfTestFamilies,
  skippedCases,
} from '../../self-test';
import { requestNodeGPU } from '../dawn';
import { parsed, UsageError } from './usage';

export const USAGE = `usage: webgpu-batchnorm self-test [--only NAME,…] [--markdown FILE] [--json FILE]
  Whether this machine's GPU computes what it should: runs the library's own test cases, each by every
  kernel that can compute it, and compares with the float64 reference. A line a case; the last line is
  N passed, N failed, of checks. Cases with f16 tensors take a GPU with shader-f16. It takes minutes; Ctrl-C ends it after the case at hand, with a report of
  what is done and exit code 130.

  --only NAME,…               families of cases, or ops; default all. Families:
${familyLines()}
  --markdown FILE             a report by kernel, to be pasted into an issue
  --json FILE                 every check`;

/** As of a command that SIGINT ended. */
const INTERRUPTED = 130;

export async function runSelfTest(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { only: text, markdown: text, json: text },
    }),
  );
  if (positionals.length) throw new UsageError('self-test takes no files; --only takes names');
  const gpu = await requestNodeGPU();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  let counted = 'no case';
  const progress = (now: SelfTestProgress) => {
    counted = `${now.done} of ${now.total} cases`;
    print(now);
  };
  const only = values.only?.split(',');
  const { signal } = stop;
  const report = await known(() => selfTest({ gpu, only, signal, progress })).finally(() =>
    process.off('SIGINT', interrupt),
  );
  if (values.markdown) await writeFile(values.markdown, formatSelfTest(report));
  if (values.json) await writeFile(values.json, `${JSON.stringify(report)}\n`);
  const stopped = report.outcome === 'stopped';
  if (stopped) console.log(`Stopped after ${counted}.`);
  console.log(`GPU: ${report.adapter}`);
  if (report.skipped) console.log(`Skipped: ${skippedCases(report.skipped)}.`);
  console.log(`${report.passed} passed, ${report.failed} failed`);
  if (report.failed) return 1;
  return stopped ? INTERRUPTED : 0;
}

/** A name that there is not is a fault of the command line. */
async function known<T>(test: () => Promise<T>): Promise<T> {
  try {
    return await test();
  } catch (error) {
    if (error instanceof NameError) throw new UsageError(error.message);
    throw error;
  }
}

function print({ results }: SelfTestProgress): void {
  const [{ op, case: name }] = results;
  const failures = results.filter(({ passed }) => !passed);
  if (!failures.length) console.log(`ok   ${op}: ${name}`);
  for (const { lowering, worst } of failures) {
    console.log(`FAIL ${op}: ${name}: ${lowering}: ${worst}`);
  }
}

function familyLines(): string {
  const names = selfTestFamilies().map(({ name }) => name);
  const half = Math.ceil(names.length / 2);
  return [names.slice(0, half), names.slice(half)]
    .map((part) => `${' '.repeat(30)}${part.join(', ')}`)
    .join(',\n');
}
