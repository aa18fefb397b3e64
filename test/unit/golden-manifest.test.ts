import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { main } from '../../src/node/golden';
import { readManifest, readTensor } from '../../src/node/golden/manifest';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'golden-'));
  await writeFile(join(directory, 'a.bin'), new Uint8Array(new Float32Array([1, 2, 3]).buffer));
});
afterAll(() => rm(directory, { recursive: true }));

const tensor = { name: 'x', dtype: 'float32', shape: [3], offset: 0, bytes: 12 };
const golden = { id: 'dense/a', op: 'dense', file: 'a.bin', inputs: [tensor], expected: [] };

async function read(manifest: unknown) {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  await writeFile(join(directory, 'manifest.json'), text);
  return readManifest(directory);
}

test('a manifest is read, and its tensors when they are asked for', async () => {
  const [found] = await read({ cases: [golden] });
  expect(found).toMatchObject({ id: 'dense/a', op: 'dense', attrs: {} });
  expect([...(await readTensor(found, found.inputs[0]))]).toEqual([1, 2, 3]);
});

describe('what is refused', () => {
  const bad: [string, unknown, RegExp][] = [
    ['no JSON', '{', /is JSON/],
    ['no object', [], /is an object/],
    ['no cases', {}, /cases is a list/],
    ['a case without an id', { cases: [{ ...golden, id: undefined }] }, /id is a text/],
    ['a path', { cases: [{ ...golden, file: '../a.bin' }] }, /same folder/],
    ['a dtype', { cases: [{ ...golden, inputs: [{ ...tensor, dtype: 'f8' }] }] }, /dtype/],
    ['extents', { cases: [{ ...golden, inputs: [{ ...tensor, shape: [-1] }] }] }, /legal shape/],
    ['a huge shape', { cases: [{ ...golden, inputs: [{ ...tensor, shape: [1e9, 9] }] }] }, /legal/],
    ['an offset', { cases: [{ ...golden, inputs: [{ ...tensor, offset: -4 }] }] }, /offset/],
    [
      'a tolerance',
      { cases: [{ ...golden, expected: [{ ...tensor, tol: { rtol: 'x' } }] }] },
      /rtol and atol/,
    ],
  ];
  test.each(bad)('%s', async (_, manifest, message) => {
    await expect(read(manifest)).rejects.toThrow(FormatError);
    await expect(read(manifest)).rejects.toThrow(message);
  });

  test('a folder without a manifest', async () => {
    await expect(readManifest(join(directory, 'none'))).rejects.toThrow(/it exists/);
  });

  test('a tensor past the end of its file, before it is allocated', async () => {
    const long = { ...tensor, shape: [2 ** 30] };
    const [found] = await read({ cases: [{ ...golden, inputs: [long] }] });
    await expect(readTensor(found, found.inputs[0])).rejects.toThrow(/ends at byte 4294967296/);
  });

  test('a command line without a folder', async () => {
    expect(await main([])).toBe(2);
    expect(await main(['a', '--backend', 'tpu'])).toBe(2);
  });
});
