// npm run fuzz -- [--count N] [--seed N] [--only NAME] [--samples DIR]: mutated files for every parser,
// made of small files of our own and of those below DIR; what a parser does not take as it should is
// kept below .cache/fuzz.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from './run';
import { targets } from './targets';

const FOLDER = '.cache/fuzz';

const MOST_BYTES = 2 ** 16;

/** Names and paths of small files. */
function filesBelow(folder: string): [name: string, path: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): [string, string] => [entry.name, join(entry.parentPath, entry.name)])
    .filter(([, path]) => statSync(path).size <= MOST_BYTES);
}

export async function main(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      count: { ...text, default: '100000' },
      seed: { ...text, default: '1' },
      only: text,
      samples: text,
    },
  });
  const more = values.samples === undefined ? [] : filesBelow(values.samples);
  const all = (await targets()).map((target) => ({
    ...target,
    samples: [
      ...target.samples,
      ...more.filter(([name]) => target.files?.test(name)).map(([, file]) => readFileSync(file)),
    ],
  }));
  const chosen = all.filter(({ name }) => name.includes(values.only ?? ''));
  const each = Math.ceil(Number(values.count) / chosen.length);
  let [files, failed] = [0, 0];
  for (const target of chosen) {
    const start = performance.now();
    const result = await fuzz(target, each, Number(values.seed));
    files += result.files;
    failed += result.findings.length;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const accepted = `${result.accepted} taken`;
    console.log(
      `${target.name}: ${result.files} files, ${accepted}, ${result.findings.length} findings, slowest ${result.slowestMs.toFixed(0)} ms (${seconds} s)`,
    );
    for (const { seed, index, complaint, bytes } of result.findings.slice(0, 5)) {
      mkdirSync(FOLDER, { recursive: true });
      const file = join(FOLDER, `${target.name.replaceAll(' ', '-')}-${seed}-${index}`);
      writeFileSync(file, bytes);
      console.log(`  ${file}: ${complaint}`);
    }
  }
  console.log(`${files - failed} passed, ${failed} failed`);
  return failed ? 1 : 0;
}
