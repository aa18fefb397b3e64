// `.keras` archives that are malformed, or more than they say.
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { FormatError, LimitError } from '../../src/core/errors';
import { crc32 } from '../../src/formats/keras/crc32';
import {
  goodFiles,
  type Hostile,
  readHere,
  testRefusals,
  withFiles,
} from '../support/hostile-keras';

/** An archive's bytes, and where its headers are: of the entries, in the directory, at the end. */
class Zip {
  readonly view: DataView;
  readonly end: number;
  readonly central: number[] = [];

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length - 22;
    let at = this.view.getUint32(this.end + 16, true);
    for (let i = 0; i < this.view.getUint16(this.end + 10, true); i++) {
      this.central.push(at);
      at += 46 + this.view.getUint16(at + 28, true) + this.view.getUint16(at + 30, true);
    }
  }

  local(entry: number): number {
    return this.view.getUint32(this.central[entry] + 42, true);
  }

  set16(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }

  set32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }
}

/** The archive with other bytes: entries 0 metadata, 1 config, 2 weights. */
const spoiled =
  (change: (zip: Zip) => void, level: 0 | 6 = 0) =>
  async () => {
    const zip = new Zip(zipSync(await goodFiles(), { level }));
    change(zip);
    return readHere(zip.bytes);
  };

/** Name of the entry in both of its headers. */
function rename(zip: Zip, entry: number, name: string): void {
  const bytes = new TextEncoder().encode(name);
  zip.bytes.set(bytes, zip.central[entry] + 46);
  zip.bytes.set(bytes, zip.local(entry) + 30);
}

const ARCHIVES: readonly Hostile[] = [
  [
    'no bytes',
    FormatError,
    /^evil$/,
    /zip archive or an HDF5 file; found nothing.*Save the model/,
    () => readHere(new Uint8Array()),
  ],
  [
    'other bytes',
    FormatError,
    /^evil$/,
    /zip archive or an HDF5 file; found other bytes/,
    () => readHere(Uint8Array.of(1, 2, 3)),
  ],
  [
    'only a signature',
    FormatError,
    /byte/,
    /record of a zip archive/,
    () => readHere(Uint8Array.of(0x50, 0x4b, 3, 4)),
  ],
  [
    'bytes behind its end',
    FormatError,
    /byte/,
    /ends with the record of a zip archive/,
    async () => readHere(Uint8Array.of(...zipSync(await goodFiles()), 0)),
  ],
  [
    'no config',
    FormatError,
    /^evil$/,
    /has config\.json and model\.weights\.h5.*one file/,
    withFiles((files) => delete files['config.json']),
  ],
  [
    'no weights',
    FormatError,
    /^evil$/,
    /has config\.json and model\.weights\.h5/,
    withFiles((files) => delete files['model.weights.h5']),
  ],
  [
    'weights that are no HDF5',
    FormatError,
    /model\.weights\.h5/,
    /signature of HDF5/,
    withFiles((files) => {
      files['model.weights.h5'] = new Uint8Array(64);
    }),
  ],
  [
    'a path upwards',
    FormatError,
    /byte/,
    /plain paths within the archive; found "\.\.\/\.\./,
    withFiles((files) => {
      files['../../evil'] = new Uint8Array(1);
    }),
  ],
  [
    'an absolute path',
    FormatError,
    /byte/,
    /plain paths within/,
    withFiles((files) => {
      files['/etc/passwd'] = new Uint8Array(1);
    }),
  ],
  [
    'a path of Windows',
    FormatError,
    /byte/,
    /plain paths within/,
    withFiles((files) => {
      files['a\\..\\b'] = new Uint8Array(1);
    }),
  ],
  [
    'an entry __proto__',
    FormatError,
    /byte/,
    /plain paths within the archive; found "__proto__/,
    spoiled((zip) => rename(zip, 1, '__proto__/x')),
  ],
  [
    'a name with NUL',
    FormatError,
    /byte/,
    /plain paths within/,
    spoiled((zip) => rename(zip, 1, 'confi\u0000.json')),
  ],
  [
    'a name that is no UTF-8',
    FormatError,
    /byte/,
    /UTF-8/,
    spoiled((zip) => {
      zip.bytes[zip.central[1] + 46] = 0xff;
    }),
  ],
  [
    'a name twice',
    FormatError,
    /byte/,
    /stands for one entry; found "config\.json"/,
    async () => {
      const files = await goodFiles();
      const zip = new Zip(zipSync({ ...files, 'confix.json': files['config.json'] }, { level: 0 }));
      rename(zip, 3, 'config.json');
      return readHere(zip.bytes);
    },
  ],
  [
    'overlapping entries',
    FormatError,
    /byte/,
    /do not overlap; found "config\.json" within "metadata\.json"|do not overlap/,
    spoiled((zip) => {
      // The second entry's headers lie within the first one's data.
      const files = zip.local(1);
      zip.set32(zip.central[0] + 20, files);
      zip.set32(zip.central[0] + 24, files);
      zip.set32(zip.local(0) + 18, files);
      zip.set32(zip.local(0) + 22, files);
    }),
  ],
  [
    'two entries in one place',
    FormatError,
    /config\.json|byte/,
    /its own header says the same|do not overlap/,
    spoiled((zip) => zip.set32(zip.central[1] + 42, zip.local(0))),
  ],
  [
    'another name in its own header',
    FormatError,
    /"config\.json"/,
    /own header says the same as the directory/,
    spoiled((zip) => {
      zip.bytes[zip.local(1) + 30] = 0x78;
    }),
  ],
  [
    'another size in its own header',
    FormatError,
    /"config\.json"/,
    /own header says the same/,
    spoiled((zip) => zip.set32(zip.local(1) + 22, 1)),
  ],
  [
    'another checksum in its own header',
    FormatError,
    /"config\.json"/,
    /own header says the same/,
    spoiled((zip) => zip.set32(zip.local(1) + 14, 1)),
  ],
  [
    'another method in its own header',
    FormatError,
    /"config\.json"/,
    /own header says the same/,
    spoiled((zip) => zip.set16(zip.local(1) + 8, 8)),
  ],
  [
    'a wrong checksum',
    FormatError,
    /"config\.json"/,
    /size and checksum.*found another checksum.*again/,
    spoiled((zip) => {
      zip.bytes[zip.local(1) + 30 + 'config.json'.length + 5] ^= 1;
    }),
  ],
  [
    'an encrypted entry',
    FormatError,
    /"config\.json"/,
    /not encrypted/,
    spoiled((zip) => zip.set16(zip.central[1] + 8, 1)),
  ],
  [
    'a method of its own',
    FormatError,
    /"config\.json"/,
    /stored or deflated; found method 99/,
    spoiled((zip) => zip.set16(zip.central[1] + 10, 99)),
  ],
  [
    'an entry past the end',
    FormatError,
    /"config\.json"|byte/,
    /ends before the directory|leads to/,
    spoiled((zip) => zip.set32(zip.central[1] + 42, 0x7fffffff)),
  ],
  [
    'a stored entry of another size',
    FormatError,
    /"config\.json"/,
    /at most/,
    spoiled((zip) => {
      for (const at of [zip.central[1] + 24, zip.local(1) + 22]) zip.set32(at, 2 ** 30);
    }),
  ],
  [
    'a deflated entry that says less',
    FormatError,
    /"config\.json"/,
    /unpacks to 1 bytes; found more/,
    spoiled((zip) => {
      for (const at of [zip.central[1] + 24, zip.local(1) + 22]) zip.set32(at, 1);
    }, 6),
  ],
  [
    'a deflated entry that says more',
    FormatError,
    /"config\.json"/,
    /unpacks to 5000 bytes; found/,
    spoiled((zip) => {
      for (const at of [zip.central[1] + 24, zip.local(1) + 22]) zip.set32(at, 5000);
    }, 6),
  ],
  [
    'a deflated entry that is broken',
    FormatError,
    /"config\.json"/,
    /it is whole|unpacks to/,
    spoiled((zip) => {
      zip.bytes.fill(0xff, zip.local(1) + 30 + 'config.json'.length, zip.local(1) + 80);
    }, 6),
  ],
  [
    'a bomb',
    FormatError,
    /"model\.weights\.h5"/,
    /has at most \d+ bytes, from \d+ packed; found 67108864/,
    withFiles((files) => {
      files['model.weights.h5'] = new Uint8Array(2 ** 26);
    }, 6),
  ],
  [
    'a bomb beside the model',
    FormatError,
    /"assets\/bomb"/,
    /has at most/,
    withFiles((files) => {
      files['assets/bomb'] = new Uint8Array(2 ** 25);
    }, 6),
  ],
  [
    'more than allowed',
    LimitError,
    /"model\.weights\.h5"/,
    /at most 100 bytes.*maxBytes/,
    async () => readHere(zipSync(await goodFiles()), { maxBytes: 100 }),
  ],
  [
    'fewer entries than it says',
    FormatError,
    /byte/,
    /directory/,
    spoiled((zip) => {
      for (const at of [zip.end + 8, zip.end + 10]) zip.set16(at, 9);
    }),
  ],
  [
    'more entries than it says',
    FormatError,
    /byte/,
    /directory has 2 entries; found more/,
    spoiled((zip) => {
      for (const at of [zip.end + 8, zip.end + 10]) zip.set16(at, 2);
    }),
  ],
  [
    'several disks',
    FormatError,
    /byte/,
    /one piece; found several disks/,
    spoiled((zip) => zip.set16(zip.end + 4, 1)),
  ],
  [
    'a directory past the end',
    FormatError,
    /byte/,
    /right before the record/,
    spoiled((zip) => zip.set32(zip.end + 16, 0x7ffffff0)),
  ],
  [
    'a directory of another size',
    FormatError,
    /byte/,
    /right before the record/,
    spoiled((zip) => zip.set32(zip.end + 12, 1)),
  ],
  [
    'zip64 without its record',
    FormatError,
    /byte/,
    /large archive has a zip64 record/,
    spoiled((zip) => zip.set32(zip.end + 16, 0xffffffff)),
  ],
  [
    'a zip64 size without its field',
    FormatError,
    /"config\.json"/,
    /left open is in its zip64 field; found none/,
    spoiled((zip) => zip.set32(zip.central[1] + 24, 0xffffffff)),
  ],
  [
    'a zip64 size of 2^63',
    FormatError,
    /"config\.json"/,
    /at most 2 bytes, from 2 packed; found Infinity/,
    () => readHere(zip64(2n ** 63n)),
  ],
  [
    'a zip64 size that lies',
    FormatError,
    /"config\.json"/,
    /at most 2 bytes, from 2 packed; found 4294967296/,
    () => readHere(zip64(2n ** 32n)),
  ],
];

/** A stored `config.json` of two bytes whose headers leave the size to their zip64 fields. */
function zip64(size: bigint): Uint8Array {
  const name = new TextEncoder().encode('config.json');
  const data = Uint8Array.of(0x7b, 0x7d);
  const field = new DataView(new ArrayBuffer(12));
  field.setUint16(0, 1, true);
  field.setUint16(2, 8, true);
  field.setBigUint64(4, size, true);
  const header = (length: number, signature: number, at: number) => {
    const view = new DataView(new ArrayBuffer(length));
    view.setUint32(0, signature, true);
    view.setUint32(at + 8, crc32(data), true);
    view.setUint32(at + 12, data.length, true);
    view.setUint32(at + 16, 0xffffffff, true);
    view.setUint16(at + 20, name.length, true);
    view.setUint16(at + 22, field.byteLength, true);
    return [new Uint8Array(view.buffer), name, new Uint8Array(field.buffer)];
  };
  const local = [...header(30, 0x04034b50, 6), data];
  const central = header(46, 0x02014b50, 8);
  const length = (parts: readonly Uint8Array[]) =>
    parts.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, 1, true);
  end.setUint16(10, 1, true);
  end.setUint32(12, length(central), true);
  end.setUint32(16, length(local), true);
  return Uint8Array.from(
    [...local, ...central, new Uint8Array(end.buffer)].flatMap((part) => [...part]),
  );
}

testRefusals({ archives: ARCHIVES });

test('every truncation of an archive', async () => {
  const bytes = zipSync(await goodFiles(), { level: 6 });
  for (let length = 0; length < bytes.length; length++) {
    await expect(readHere(bytes.slice(0, length))).rejects.toThrow(FormatError);
  }
});
