// npm run train, on the digits that the demo carries.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readSafetensors } from '../../../src/formats/safetensors';
import { main } from '../../../src/node/train';

const data = join(import.meta.dirname, '../../../demo/data');
const files = [
  ['--images', join(data, 'train-images-idx3-ubyte.gz')],
  ['--labels', join(data, 'train-labels-idx1-ubyte.gz')],
  ['--test-images', join(data, 'test-images-idx3-ubyte.gz')],
  ['--test-labels', join(data, 'test-labels-idx1-ubyte.gz')],
].flat();

const out: string[] = [];
const err: string[] = [];
let folder: string;
beforeEach(async () => {
  out.length = 0;
  err.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)));
  vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)));
  folder = await mkdtemp(join(tmpdir(), 'train-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** Accuracies on the test files, by step. */
async function curve(batchNorm: 'on' | 'off'): Promise<Map<number, number>> {
  out.length = 0;
  const how = ['--network', 'mlp', '--batch-norm', batchNorm, '--steps', '300'];
  expect(await main([...files, ...how, '--eval-every', '50'])).toBe(0);
  const points = out.flatMap((line) => {
    const found = /^step (\d+): test loss [\d.]+, accuracy ([\d.]+)$/.exec(line);
    return found ? [[Number(found[1]), Number(found[2])] as const] : [];
  });
  expect(points.map(([step]) => step)).toEqual([50, 100, 150, 200, 250, 300]);
  return new Map(points);
}

test('the paper’s Figure 1(a): with batch norm it is ahead from step 200 on', {
  timeout: 240_000,
}, async () => {
  const [on, off] = [await curve('on'), await curve('off')];
  for (const [step, accuracy] of on) {
    if (step >= 200) expect(accuracy, `step ${step}`).toBeGreaterThan((off.get(step) ?? 1) + 0.1);
  }
});

test('the convolutional network trains, is saved, and says its accuracy last', async () => {
  const saved = join(folder, 'cnn.safetensors');
  const code = await main([...files, '--steps', '20', '--batch', '32', '--save', saved]);
  expect(err).toEqual([]);
  expect(code).toBe(0);
  expect(out.at(-1)).toMatch(/^test accuracy [01]\.\d{4}$/);
  expect(Number(out.at(-1)?.slice(14))).toBeGreaterThan(0.5);
  const { tensors, metadata } = readSafetensors(await readFile(saved));
  expect(tensors.get('conv2d/kernel')?.shape).toEqual([3, 3, 1, 16]);
  const config = join(folder, 'model.json');
  await writeFile(config, metadata.get('model') as string);
  expect(await main([...files, '--network', config, '--steps', '1'])).toBe(0);
  expect(out.at(-1)).toMatch(/^test accuracy/);
});

describe('what cannot be done is said in one line', () => {
  const replaced = (name: string, value: string) => {
    const changed = [...files];
    changed[changed.indexOf(name) + 1] = value;
    return changed;
  };

  test('a file that is not there', async () => {
    expect(await main(replaced('--labels', join(folder, 'none.gz')))).toBe(1);
    expect(err).toEqual([expect.stringMatching(/^error: ENOENT.*none\.gz/)]);
  });

  test('a file that is not IDX', async () => {
    const bad = join(folder, 'bad');
    await writeFile(bad, 'hello, this is text');
    expect(await main(replaced('--images', bad))).toBe(1);
    expect(err).toEqual([expect.stringMatching(/^error: .*bad, byte 0: .*IDX/)]);
  });

  test('labels of other pictures', async () => {
    expect(await main(replaced('--labels', files[7]))).toBe(1);
    expect(err).toEqual([
      expect.stringMatching(/^error: .*test-labels.*: it has a label for each/),
    ]);
  });

  test('a model that is not one', async () => {
    const model = join(folder, 'model.json');
    await writeFile(model, '{');
    expect(await main([...files, '--network', model])).toBe(1);
    await writeFile(model, '{}');
    expect(await main([...files, '--network', model])).toBe(1);
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 10 }, { type: 'relu' }];
    await writeFile(model, JSON.stringify({ inputs: [{ shape: [28, 28, 1] }], layers }));
    expect(await main([...files, '--network', model])).toBe(1);
    expect(err[2]).toMatch(/model\.json, layers\[2\]: .*"activation": "relu"/);
    await writeFile(
      model,
      JSON.stringify({ inputs: [{ shape: [5] }], layers: layers.slice(1, 2) }),
    );
    expect(await main([...files, '--network', model])).toBe(1);
    expect(err[3]).toMatch(/model\.json: .*\[28,28,1\], 784 numbers; found \[5\]/);
    expect(err).toHaveLength(4);
  });

  test('a place where nothing can be saved, before the training', async () => {
    expect(await main([...files, '--save', join(folder, 'none', 'a.safetensors')])).toBe(1);
    expect(err).toEqual([expect.stringMatching(/^error: ENOENT.*none/)]);
    expect(out).toEqual([]);
  });

  test('a command line that cannot be followed', async () => {
    const bad = [
      [],
      files.slice(2),
      [...files, '--steps', '0'],
      [...files, '--lr', 'fast'],
      [...files, '--batch-norm', 'maybe'],
      [...files, '--seed', '-1'],
      [...files, '--backend', 'tpu'],
      [...files, '--colour', 'red'],
    ];
    for (const argv of bad) expect(await main(argv)).toBe(2);
    expect(err).toHaveLength(bad.length);
    expect(await main(['--help'])).toBe(0);
    expect(out[0]).toMatch(/^usage: /);
  });
});
