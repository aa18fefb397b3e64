// npm run mutate -- [--only KERNEL,…] [--sample N] [--seed N] [--halves] [--json FILE]: plants small faults in
// the shaders, one at a time, and counts how many the case tables notice; `--sample` tries N of a shader's
// faults, the same ones for the same seed; `--halves` runs only the cases with f16 tensors. Fails below 95%, or below 100% in the batch-norm kernels.
// Faults that change nothing (in any shader, or in the `file` that is named) are listed in test/mutation/equivalent.json.
import { fork } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './environment.mjs';
import { mutantsOf } from './mutations.mjs';
import { main, setup } from './setup.mjs';

const GOAL = 0.95;
/** A mutant with which one check takes longer has made an endless loop. Some drivers compile for half a minute. */
const PATIENCE_MS = 60_000;

/**
 * @typedef {import('./mutations.mjs').Mutant} Mutant
 * @typedef {{ verdict: string, detail: string }} Verdict
 * @typedef {Mutant & Verdict} Tried
 */

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      halves: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const { variables } = setup({ browser: false });
  Object.assign(process.env, variables);
  const mutants = listMutants(values.only, Number(values.sample ?? Infinity), +values.seed);
  const tried = await tryAll(mutants, values.halves ? ['--halves'] : []);
  if (values.json) writeFileSync(values.json, JSON.stringify(tried, null, 1));
  return report(tried);
});

/** @param {string | undefined} only @param {number} count @param {number} seed @returns {Mutant[]} */
function listMutants(only, count, seed) {
  const folder = join(root, 'shaders');
  /** @type {{ file?: string, from: string, to: string }[]} */
  const equivalent = JSON.parse(readFileSync(join(root, 'test/mutation/equivalent.json'), 'utf8'));
  const key = (/** @type {{ from: string, to: string }} */ { from, to }) =>
    `${from.trim()} → ${to.trim()}`;
  const harmless = new Set(equivalent.map((one) => `${one.file ?? ''} ${key(one)}`));
  const counts = (/** @type {Mutant} */ one) =>
    !harmless.has(` ${key(one)}`) && !harmless.has(`${one.file} ${key(one)}`);
  const wanted = (/** @type {string} */ file) =>
    !only || only.split(',').some((part) => file.includes(part));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.wgsl') && wanted(file))
    .sort()
    .map((file) => mutantsOf(file, readFileSync(join(folder, file), 'utf8')))
    .flatMap((mutants) => sample(mutants.filter(counts), count, seed));
}

/** @param {Mutant[]} mutants @param {number} count @param {number} seed */
function sample(mutants, count, seed) {
  let state = seed >>> 0 || 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return mutants
    .map((mutant, order) => ({ mutant, order, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .sort((a, b) => a.order - b.order)
    .map(({ mutant }) => mutant);
}

/** @param {Mutant[]} mutants @param {string[]} options @returns {Promise<Tried[]>} */
async function tryAll(mutants, options) {
  /** @type {Tried[]} */
  const tried = [];
  let worker = await startWorker(options);
  for (const mutant of mutants) {
    let answer = await worker.ask(mutant);
    if (!answer) {
      worker.kill();
      worker = await startWorker(options);
      answer = { verdict: 'hung', detail: `no answer after ${PATIENCE_MS / 1000} s` };
    }
    tried.push({ ...mutant, ...answer });
    for (const failure of answer.failures ?? []) console.log(`fails without a fault: ${failure}`);
    const { file, line, kind } = mutant;
    const text = `${tried.length}/${mutants.length} ${answer.verdict} ${file}:${line} ${kind}`;
    if (!process.stderr.isTTY && tried.length % 100 === 0) process.stderr.write(`${text}\n`);
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
    if (answer.verdict === 'survived' || answer.verdict === 'unused') print(mutant, answer);
  }
  worker.kill();
  return tried;
}

/** @param {Mutant} mutant @param {Verdict} verdict */
function print({ file, line, kind, from, to }, { verdict, detail }) {
  console.log(`${verdict} ${file}:${line} (${kind}; ${detail})\n  ${from.trim()}\n  ${to.trim()}`);
}

/** @param {string[]} options */
async function startWorker(options) {
  const args = ['test/mutation/worker.ts', ...options];
  const child = fork(join(root, 'scripts/entry.mjs'), args, { cwd: root });
  /** @param {number} patience @returns {Promise<any>} */
  const next = (patience) =>
    new Promise((resolve) => {
      const done = (/** @type {any} */ message) => {
        clearTimeout(timer);
        if (message?.alive) {
          timer = setTimeout(() => done(undefined), patience);
          return;
        }
        child.off('message', done);
        child.off('exit', done);
        resolve(typeof message === 'object' && message !== null ? message : undefined);
      };
      let timer = setTimeout(() => done(undefined), patience);
      child.on('message', done);
      child.on('exit', done);
    });
  if (!(await next(60_000))) throw new Error('The worker did not start.');
  return {
    ask(/** @type {Mutant} */ mutant) {
      child.send(mutant);
      return next(PATIENCE_MS);
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** @param {Tried[]} tried */
function report(tried) {
  const files = [...new Set(tried.map(({ file }) => file))];
  const width = Math.max(5, ...files.map((file) => file.length));
  const row = (/** @type {(string | number)[]} */ [name, ...cells]) =>
    `${String(name).padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join('')}`;
  console.log(`\n${row(['shader', 'caught', 'hung', 'survived', 'unused', 'invalid', 'share'])}`);
  let failed = false;
  for (const file of [...files, 'total']) {
    const own = file === 'total' ? tried : tried.filter((one) => one.file === file);
    const [caught, hung, survived, unused, invalid] = [
      'caught',
      'hung',
      'survived',
      'unused',
      'invalid',
    ].map((verdict) => own.filter((one) => one.verdict === verdict).length);
    // What no case reaches on this adapter (f16 where there is none) says nothing about the cases.
    const all = caught + hung + survived;
    const share = all ? (caught + hung) / all : 1;
    console.log(
      row([file, caught, hung, survived, unused, invalid, `${(100 * share).toFixed(1)}%`]),
    );
    if (file === 'total' && share < GOAL) failed = true;
    if (file.startsWith('batch_norm') && share < 1) failed = true;
  }
  return failed ? 1 : 0;
}
