import { FormatError, LimitError } from '../../core/errors';
import { crc32 } from './crc32';
import { shown } from './fields';

/** A file in a zip archive: where it is, and what it is said to be. */
export interface ZipEntry {
  readonly name: string;
  readonly packed: Uint8Array;
  readonly size: number;
  readonly crc: number;
  readonly deflated: boolean;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const OPEN16 = 0xffff;
const OPEN32 = 0xffffffff;
const ENCRYPTED = 1;
const SIZES_BEHIND = 8;
const MOST_ENTRIES = 4096;
/** Above 8 MiB what is packed more tightly than this is no network. */
const MOST_INFLATION = 64;
const FREE_SIZE = 8 * 2 ** 20;

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/**
 * The entries of a zip archive, by name. Both of its directories are checked against each other, and that
 * entries do not overlap; nothing is unpacked. Throws a {@link FormatError}.
 */
export function zipEntries(bytes: Uint8Array, where: string): Map<string, ZipEntry> {
  return new ZipReader(bytes, where).entries();
}

/** Sizes and places as a header has them: 32 bits, or more in its zip64 extra field. */
interface Sizes {
  size: number;
  packed: number;
  offset: number;
}

class ZipReader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly where: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  entries(): Map<string, ZipEntry> {
    const { start, end, count } = this.#directory();
    const found = new Map<string, ZipEntry>();
    const spans: { from: number; to: number; name: string }[] = [];
    let at = start;
    for (let i = 0; i < count; i++) {
      this.#need(at, 46, CENTRAL, 'its directory lists its entries');
      const next = at + 46 + this.#u16(at + 28) + this.#u16(at + 30) + this.#u16(at + 32);
      if (next > end) throw this.#wrong(at, 'its directory ends where it says', `byte ${next}`);
      const name = this.#name(at + 46, this.#u16(at + 28));
      if (found.has(name)) throw this.#wrong(at, 'a name stands for one entry', shown(name));
      const { entry, from, to } = this.#entry(at, name, start);
      found.set(name, entry);
      spans.push({ from, to, name });
      at = next;
    }
    if (at !== end) throw this.#wrong(at, `its directory has ${count} entries`, 'more bytes');
    spans.sort((a, b) => a.from - b.from);
    for (const [i, { from, name }] of spans.entries()) {
      if (!i || from >= spans[i - 1].to) continue;
      const found = `${shown(name)} within ${shown(spans[i - 1].name)}`;
      throw this.#wrong(from, 'entries do not overlap', found);
    }
    return found;
  }

  /** Where the central directory is, by the record at the end. */
  #directory(): { start: number; end: number; count: number } {
    const { length } = this.bytes;
    let at = length - 22;
    const lowest = Math.max(0, at - OPEN16);
    while (at >= lowest && !(this.#u32(at) === END && at + 22 + this.#u16(at + 20) === length))
      at--;
    if (at < lowest) {
      const found = `${length} bytes without it`;
      throw this.#wrong(length, 'it ends with the record of a zip archive', found);
    }
    let [count, size, start] = [this.#u16(at + 10), this.#u32(at + 12), this.#u32(at + 16)];
    let end = at;
    if (this.#u16(at + 4) || this.#u16(at + 6) || this.#u16(at + 8) !== count) {
      throw this.#wrong(at, 'it is in one piece', 'several disks');
    }
    if (count === OPEN16 || size === OPEN32 || start === OPEN32) {
      this.#need(at - 20, 20, LOCATOR64, 'a large archive has a zip64 record');
      const record = this.#u64(at - 12);
      this.#need(record, 56, END64, 'a large archive has a zip64 record');
      [count, size, start] = [
        this.#u64(record + 32),
        this.#u64(record + 40),
        this.#u64(record + 48),
      ];
      end = record;
    }
    if (count > MOST_ENTRIES) {
      const rule = `it has at most ${MOST_ENTRIES} entries`;
      throw new LimitError({ where: this.where, rule, found: String(count) });
    }
    if (start > end || size !== end - start || count * 46 > size) {
      const found = `${count} entries in ${size} bytes at ${start}, before byte ${end}`;
      throw this.#wrong(at, 'its directory is right before the record at its end', found);
    }
    return { start, end, count };
  }

  /** An entry by its central header at `at`, held against its local header. */
  #entry(at: number, name: string, limit: number) {
    const [flags, method, crc] = [this.#u16(at + 8), this.#u16(at + 10), this.#u32(at + 16)];
    const place = `${this.where}, ${shown(name)}`;
    const wrong = (rule: string, found: string) => new FormatError({ where: place, rule, found });
    if (flags & ENCRYPTED) throw wrong('it is not encrypted', 'an encrypted entry');
    if (method !== 0 && method !== 8) throw wrong('it is stored or deflated', `method ${method}`);
    const extra = at + 46 + this.#u16(at + 28);
    const { size, packed, offset } = this.#sizes(
      { size: this.#u32(at + 24), packed: this.#u32(at + 20), offset: this.#u32(at + 42) },
      extra,
      this.#u16(at + 30),
      place,
    );
    this.#need(offset, 30, LOCAL, `the directory leads to ${shown(name)}`);
    const nameEnd = offset + 30 + this.#u16(offset + 26);
    const from = nameEnd + this.#u16(offset + 28);
    const to = from + packed;
    if (to > limit) throw wrong('it ends before the directory', `byte ${to} of ${limit}`);
    const local = this.#sizes(
      { size: this.#u32(offset + 22), packed: this.#u32(offset + 18), offset: 0 },
      nameEnd,
      this.#u16(offset + 28),
      place,
    );
    const behind = flags & SIZES_BEHIND && !local.size && !local.packed && !this.#u32(offset + 14);
    const same = local.size === size && local.packed === packed && this.#u32(offset + 14) === crc;
    const sameKind = this.#u16(offset + 6) === flags && this.#u16(offset + 8) === method;
    if (!sameKind || !(same || behind) || this.#name(offset + 30, nameEnd - offset - 30) !== name) {
      throw wrong('its own header says the same as the directory', 'something else');
    }
    const deflated = method === 8;
    const most = deflated ? Math.max(FREE_SIZE, packed * MOST_INFLATION) : packed;
    if (size > most || (!deflated && size !== packed)) {
      throw wrong(`it has at most ${most} bytes, from ${packed} packed`, String(size));
    }
    const entry = { name, packed: this.bytes.subarray(from, to), size, crc, deflated };
    return { entry, from: offset, to };
  }

  /** What a zip64 extra field says of those sizes that a header leaves open. */
  #sizes(sizes: Sizes, extra: number, length: number, where: string): Sizes {
    const open = (['size', 'packed', 'offset'] as const).filter((key) => sizes[key] === OPEN32);
    if (!open.length) return sizes;
    for (let at = extra; at + 4 <= extra + length; at += 4 + this.#u16(at + 2)) {
      if (this.#u16(at) !== 1) continue;
      const field = this.#u16(at + 2);
      if (field < 8 * open.length || at + 4 + field > extra + length) break;
      const whole = { ...sizes };
      for (const [i, key] of open.entries()) whole[key] = this.#u64(at + 4 + 8 * i);
      return whole;
    }
    throw new FormatError({ where, rule: 'a size left open is in its zip64 field', found: 'none' });
  }

  #name(at: number, length: number): string {
    this.#need(at, length);
    let name: string;
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      name = decoder.decode(this.bytes.subarray(at, at + length));
    } catch {
      throw this.#wrong(at, 'names of entries are UTF-8', 'other bytes');
    }
    const parts = name.replace(/\/$/, '').split('/');
    const plain = parts.every(
      (part) => part && part !== '.' && part !== '..' && part !== '__proto__',
    );
    if (plain && length <= 1024 && /^[^\p{Cc}\\:]+$/u.test(name)) return name;
    throw this.#wrong(at, 'names of entries are plain paths within the archive', shown(name));
  }

  /** Throws unless `length` bytes are at `at`, and start with `signature`. */
  #need(at: number, length: number, signature?: number, rule = 'it is whole'): void {
    const there = at >= 0 && length <= this.bytes.length && at <= this.bytes.length - length;
    if (there && (signature === undefined || this.#u32(at) === signature)) return;
    throw this.#wrong(at, rule, there ? 'something else' : 'a place that it does not have');
  }

  #u16 = (at: number) => this.#view.getUint16(at, true);
  #u32 = (at: number) => this.#view.getUint32(at, true);

  #u64(at: number): number {
    this.#need(at, 8);
    const value = this.#view.getBigUint64(at, true);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY;
  }

  #wrong(at: number, rule: string, found: string): FormatError {
    const remedy = 'Save or download it again.';
    return new FormatError({ where: `${this.where}, byte ${at}`, rule, found, remedy });
  }
}

/** Packed bytes unpacked at a time: what comes of them is counted in between. */
const STEP = 1 << 14;

/** An entry unpacked, its size and checksum checked. */
export async function unzip(entry: ZipEntry, where: string, maxBytes: number): Promise<Uint8Array> {
  const { packed, size, crc, deflated } = entry;
  const place = `${where}, ${shown(entry.name)}`;
  if (size > maxBytes) {
    const remedy = 'Give a larger maxBytes.';
    throw new LimitError({
      where: place,
      rule: `it has at most ${maxBytes} bytes`,
      found: String(size),
      remedy,
    });
  }
  const bytes = deflated ? await inflate(packed, size, place) : packed;
  const sum = bytes.length === size ? crc32(bytes) : undefined;
  if (sum === crc) return bytes;
  throw new FormatError({
    where: place,
    rule: 'its size and checksum are those of the directory',
    found: sum === undefined ? `${bytes.length} bytes of ${size}` : 'another checksum',
    remedy: 'Save or download it again.',
  });
}

async function inflate(packed: Uint8Array, size: number, where: string): Promise<Uint8Array> {
  const { Inflate } = await import('fflate');
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((chunk) => {
    length += chunk.length;
    chunks.push(chunk);
  });
  try {
    for (let at = 0; at < packed.length && length <= size; at += STEP) {
      stream.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
    }
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : undefined;
    throw new FormatError({ where, rule: 'it is whole', found }, { cause });
  }
  if (length !== size) {
    const found = length > size ? 'more' : `${length} bytes`;
    throw new FormatError({ where, rule: `it unpacks to ${size} bytes`, found });
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
