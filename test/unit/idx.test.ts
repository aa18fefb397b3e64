import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { parseIdx, readIdx } from '../../src/formats/idx';

const name = 'train-images';
const file = (...bytes: number[]) => Uint8Array.from(bytes);
/** 2 × 3 bytes. */
const plain = file(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255);
const packed = new Uint8Array(gzipSync(plain));

test('reads a plain and a packed file, also from within a larger buffer', async () => {
  const want = { shape: [2, 3], data: file(1, 2, 3, 4, 5, 255) };
  expect(parseIdx(plain)).toEqual(want);
  expect(await readIdx(plain)).toEqual(want);
  expect(await readIdx(packed)).toEqual(want);
  const shifted = new Uint8Array([9, 9, 9, ...plain, 9]).subarray(3, 3 + plain.length);
  expect(parseIdx(shifted)).toEqual(want);
});

test('numbers are big-endian', () => {
  const head = (code: number) => [0, 0, code, 1, 0, 0, 0, 1];
  expect(parseIdx(file(...head(9), 0xfe)).data).toEqual(Int8Array.of(-2));
  expect(parseIdx(file(...head(11), 0xff, 0xfe)).data).toEqual(Int16Array.of(-2));
  expect(parseIdx(file(...head(12), 0, 1, 0, 2)).data).toEqual(Int32Array.of(65538));
  expect(parseIdx(file(...head(13), 0x3f, 0xc0, 0, 0)).data).toEqual(Float32Array.of(1.5));
  const double = [0x3f, 0xf8, 0, 0, 0, 0, 0, 0];
  expect(parseIdx(file(...head(14), ...double)).data).toEqual(Float64Array.of(1.5));
});

const bad: [string, Uint8Array, RegExp][] = [
  ['empty', file(), /byte 0: .*magic/],
  ['not IDX', file(0x89, 0x50, 0x4e, 0x47, 1, 2), /byte 0: .*found 89 50 4e 47/],
  ['unknown type', file(0, 0, 10, 1, 0, 0, 0, 1, 0), /byte 0: .*code of a type/],
  ['no dimensions', file(0, 0, 8, 0), /byte 3: .*found 0/],
  ['255 dimensions', file(0, 0, 8, 255, 0, 0, 0, 1), /byte 3: .*found 255/],
  ['header cut short', plain.subarray(0, 10), /byte 10: a header of 2 dimensions has 12 bytes/],
  ['data cut short', plain.subarray(0, 17), /announces 18 bytes.*found 17.*cut short/],
  ['trailing bytes', file(...plain, 0, 0), /byte 18: it ends after the 18 bytes.*found 2 more/],
  ['extent 0', file(0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3), /byte 4: every extent/],
  [
    'product overflow',
    file(0, 0, 8, 3, ...Array<number>(12).fill(0xff)),
    /byte 4: .*less than 2\^31/,
  ],
  [
    'product overflow past the second',
    file(0, 0, 14, 2, 0, 1, 0, 0, 0, 1, 0, 0),
    /byte 8: .*less than 2\^31/,
  ],
  ['a lying size', file(0, 0, 8, 1, 0x7f, 0xff, 0xff, 0xff, 1), /announces 2147483655 bytes/],
];

for (const [what, bytes, message] of bad) {
  test(`${what}: a typed error`, async () => {
    expect(() => parseIdx(bytes, { name })).toThrow(FormatError);
    expect(() => parseIdx(bytes, { name })).toThrow(message);
    await expect(readIdx(new Uint8Array(gzipSync(bytes)), { name })).rejects.toThrow(FormatError);
  });
}

test('every truncation of a packed file is noticed', async () => {
  for (let length = 0; length < packed.length; length++) {
    await expect(readIdx(packed.subarray(0, length))).rejects.toThrow(FormatError);
  }
});

test('a wrong checksum, a wrong length trailer and junk behind are noticed', async () => {
  for (const [offset, message] of [
    [packed.length - 8, /checksum/],
    [packed.length - 4, /checksum/],
  ] as const) {
    const broken = packed.slice();
    broken[offset] ^= 1;
    await expect(readIdx(broken, { name })).rejects.toThrow(message);
  }
  await expect(readIdx(file(...packed, 1, 2, 3))).rejects.toThrow(FormatError);
});

test('several members that together hold more than the header says are noticed', async () => {
  await expect(readIdx(file(...packed, ...packed))).rejects.toThrow(FormatError);
});

test('a bomb is stopped at the size that its header announces', async () => {
  const bomb = new Uint8Array(50_000_000);
  bomb.set(file(0, 0, 8, 1, 0, 0, 0, 9));
  await expect(readIdx(new Uint8Array(gzipSync(bomb)), { name })).rejects.toThrow(
    /train-images: unpacked it has at most 17 bytes/,
  );
});

test('an announced size that so few packed bytes cannot hold is refused before unpacking', async () => {
  const lie = file(0, 0, 8, 1, 0x3f, 0xff, 0xff, 0xff, 1, 2, 3);
  await expect(readIdx(new Uint8Array(gzipSync(lie)), { name })).rejects.toThrow(/announces/);
});

test('maxBytes bounds what is accepted', async () => {
  const big = new Uint8Array(8 + 4096);
  big.set(file(0, 0, 8, 1, 0, 0, 16, 0));
  const bytes = new Uint8Array(gzipSync(big));
  expect((await readIdx(bytes)).shape).toEqual([4096]);
  await expect(readIdx(bytes, { maxBytes: 4000 })).rejects.toThrow(/at most 4000/);
});
