// Mutated files for every parser: a short run of `npm run fuzz`.
import { describe, expect, test } from 'vitest';
import { BatchNormError, FormatError } from '../../src/core/errors';
import { fuzz } from '../fuzz/run';
import { type Target, targets } from '../fuzz/targets';

const EACH = 2500;

const all = await targets();

for (const target of all) {
  const count = target.slow ? EACH / 10 : EACH;
  test(`${target.name}: ${count} mutated files`, async () => {
    for (const sample of target.samples) await target.parse(sample);
    const { findings, accepted } = await fuzz(target, count, 20);
    expect(findings.map(({ index, complaint }) => `${index}: ${complaint}`)).toEqual([]);
    // Not everything is refused at the door.
    expect(accepted).toBeGreaterThan(0);
  });
}

describe('files cut short', () => {
  for (const { name, samples, parse } of all) {
    test(`${name}: at each byte`, async () => {
      for (const sample of samples) {
        for (let end = 0; end < sample.length; end++) {
          try {
            await parse(sample.subarray(0, end));
          } catch (error) {
            expect(error, `cut at ${end}`).toBeInstanceOf(BatchNormError);
          }
        }
      }
    });
  }
});

describe('what is found', () => {
  const target = (parse: (bytes: Uint8Array) => unknown): Target => ({
    name: 'planted',
    samples: [new Uint8Array(64)],
    parse,
  });
  const complaints = async (parse: (bytes: Uint8Array) => unknown) =>
    (await fuzz(target(parse), 3, 1)).findings.map(({ complaint }) => complaint);

  test('foreign errors', async () => {
    const found = await complaints((bytes) => (bytes as unknown as { no: () => void }).no());
    expect(found).toHaveLength(3);
    expect(found[0]).toContain('TypeError');
  });

  test('memory beyond the budget', async () => {
    expect((await complaints(() => new Float32Array(2 ** 22)))[0]).toMatch(/bytes asked for/);
    expect((await complaints(() => new ArrayBuffer(2 ** 24)))[0]).toMatch(/bytes asked for/);
    expect(await complaints(() => new Float32Array(2 ** 20))).toEqual([]);
  });

  test('errors without a place', async () => {
    const found = await complaints(() => {
      throw new FormatError({ where: '', rule: 'it is right' });
    });
    expect(found[0]).toContain('without place');
  });

  test('the same files again', async () => {
    const seen: string[][] = [[], []];
    for (const list of seen)
      await fuzz(
        target((bytes) => list.push(String(bytes))),
        20,
        7,
      );
    expect(seen[0]).toEqual(seen[1]);
    expect(new Set(seen[0]).size).toBeGreaterThan(15);
  });
});
