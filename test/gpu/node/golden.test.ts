// Golden vectors from torch: a part of them that is always here, and the whole set where it lies
// next to the project.
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Backend, cpuBackend, gpuBackend } from '../../../src/node/golden/backend';
import { readManifest } from '../../../src/node/golden/manifest';
import { runGolden } from '../../../src/node/golden/run';
import type { Program } from '../../../src/runtime/program';
import { getDevice } from '../../support/gpu';

const WHOLE = '../shared/data/golden';
const PART = 'test/data/golden';
const sets = existsSync(WHOLE)
  ? [
      { directory: PART, least: 49, kinds: ['cpu'] },
      { directory: WHOLE, least: 162, kinds: ['cpu', 'gpu'] },
    ]
  : [{ directory: PART, least: 49, kinds: ['cpu', 'gpu'] }];

for (const { directory, least, kinds } of sets) {
  const cases = await readManifest(directory);

  describe(directory, () => {
    test('is all there', () => {
      expect(cases.length).toBeGreaterThanOrEqual(least);
    });

    for (const kind of kinds) {
      describe(kind, () => {
        let backend: Backend = cpuBackend;
        beforeAll(async () => {
          if (kind === 'gpu') backend = gpuBackend(await getDevice());
        });
        for (const golden of cases) {
          test(golden.id, async () => {
            expect(await runGolden(golden, backend)).toBeUndefined();
          });
        }
      });
    }
  });
}

test('a wrong number is found and named', async () => {
  const [golden] = (await readManifest(PART)).filter(({ op }) => op === 'dense');
  const [y] = golden.expected.filter(({ name }) => name === 'y');
  const fewer = { ...golden, expected: [{ ...y, shape: [1, 2] }] };
  expect(await runGolden(fewer, cpuBackend)).toMatch(/^y: \d+ numbers, want 2$/);
  const other = { ...y, offset: golden.expected[1].offset };
  expect(await runGolden({ ...golden, expected: [other] }, cpuBackend)).toMatch(
    /^y\[\d,\d\]: got .*, want .*, \|err\| .* > /,
  );
  expect(await runGolden({ ...golden, op: 'fft' }, cpuBackend)).toMatch(/supported; found fft/);
});

test('a training that goes wrong is not taken for one that branches', async () => {
  const [golden] = (await readManifest(PART)).filter(({ op }) => op === 'cnn_training');
  const attrs = { ...golden.attrs, lr: 0.1001 };
  expect(await runGolden({ ...golden, attrs }, cpuBackend)).toMatch(/\|err\|/);
  const backend: Backend = {
    ...cpuBackend,
    compile: async (graph, variables) => {
      const program = await cpuBackend.compile(graph, variables);
      const run: Program['run'] = async (inputs, options) => {
        const x = Float32Array.from(inputs.x as Float32Array, (value) => value * (1 + 2 ** -9));
        return program.run({ ...inputs, x }, options);
      };
      return { ...program, run, dispose: () => program.dispose() };
    },
  };
  expect(await runGolden(golden, backend)).toMatch(/\|err\|/);
});
