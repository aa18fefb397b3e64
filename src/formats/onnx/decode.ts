import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { FormatError } from '../../core/errors';
import type { Field, Message, PackedNumbers, Scalar } from './messages';

/** Deepest that messages may lie in each other; ONNX's own need 6. */
const MAX_DEPTH = 32;
/** What a message and an item of a list take at least once they are objects. */
const MESSAGE_BYTES = 96;
const ITEM_BYTES = 8;
const FREE_BYTES = 8 * 2 ** 20;

/** How a single value of each type is written. */
const WIRE: Readonly<Record<Scalar, WireType>> = {
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  int: WireType.Varint,
  float: WireType.Bit32,
  varints: WireType.Varint,
  floats: WireType.Bit32,
  doubles: WireType.Bit64,
};
const utf8 = new TextDecoder('utf-8', { fatal: true });
const EMPTY: readonly never[] = Object.freeze([]);

/** Decodes a file of one message. `file` is what errors call it. Throws a {@link FormatError}. */
export function decode<T>(message: Message<T>, bytes: Uint8Array, file: string): T {
  return new Decoder(bytes, file).message(message, bytes.length, 0) as T;
}

type Fields = ReadonlyMap<number, { readonly key: string; readonly field: Field }>;
const tables = new WeakMap<Message, Fields>();

function fieldsOf(message: Message): Fields {
  let table = tables.get(message);
  if (!table) {
    const entries = Object.entries(message.fields as Record<string, Field>);
    table = new Map(entries.map(([key, field]) => [field.no, { key, field }]));
    tables.set(message, table);
  }
  return table;
}

class Decoder {
  readonly #reader: BinaryReader;
  /** Bytes that objects may still take: a file of a megabyte may not become a gigabyte of them. */
  #budget: number;

  readonly bytes: Uint8Array;

  constructor(
    { buffer, byteOffset, byteLength }: Uint8Array,
    readonly file: string,
  ) {
    // Not a Buffer of Node's, whose slices share memory.
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.bytes = bytes;
    this.#reader = new BinaryReader(bytes, (text) => utf8.decode(text));
    this.#budget = 2 * bytes.length + FREE_BYTES;
  }

  message(message: Message, end: number, depth: number): Record<string, unknown> {
    if (depth > MAX_DEPTH) throw this.#fail(message, `messages nest at most ${MAX_DEPTH} deep`);
    this.#spend(MESSAGE_BYTES, message);
    const reader = this.#reader;
    const fields = fieldsOf(message);
    const found: Record<string, unknown> = {};
    for (const { key, field } of fields.values()) if (field.list) found[key] = EMPTY;
    while (reader.pos < end) {
      const at = reader.pos;
      const [no, wire] = this.#read(message, at, () => reader.tag());
      const known = fields.get(no);
      if (!known) {
        this.#read(message, at, () => reader.skip(wire, no, MAX_DEPTH));
        continue;
      }
      this.#field(message, known.key, known.field, wire, found, depth);
    }
    if (reader.pos !== end) {
      throw this.#fail(message, `it ends at byte ${end}`, `a field up to byte ${reader.pos}`);
    }
    return found;
  }

  #field(
    message: Message,
    key: string,
    { type, list }: Field,
    wire: WireType,
    found: Record<string, unknown>,
    depth: number,
  ): void {
    const where = `${message.name}.${key}`;
    const wanted = typeof type === 'string' ? WIRE[type] : WireType.LengthDelimited;
    const packed = wire === WireType.LengthDelimited && wanted !== wire;
    if (!packed || !(list || isPacked(type))) this.#check(where, wire, wanted);
    if (isPacked(type)) found[key] = this.#numbers(where, type, wire, found[key]);
    else if (list) {
      if (found[key] === EMPTY) found[key] = [];
      const items = found[key] as unknown[];
      if (packed) this.#list(where, type, items);
      else this.#item(where, type, items, depth);
    } else {
      if (found[key] !== undefined) throw this.#fail(where, 'it comes once', 'a second one');
      found[key] = this.#value(where, type, depth);
    }
  }

  #item(where: string, type: Field['type'], items: unknown[], depth: number): void {
    this.#spend(ITEM_BYTES, where);
    items.push(this.#value(where, type, depth));
  }

  #list(where: string, type: Field['type'], items: unknown[]): void {
    const end = this.#length(where);
    while (this.#reader.pos < end) this.#item(where, type, items, 0);
    if (this.#reader.pos !== end) throw this.#fail(where, 'it holds whole numbers');
  }

  #value(where: string, type: Field['type'], depth: number): unknown {
    const reader = this.#reader;
    if (typeof type === 'function') {
      const end = this.#length(where);
      return this.message(type(), end, depth + 1);
    }
    return this.#read(where, reader.pos, () => {
      switch (type) {
        case 'string':
          return reader.string();
        case 'bytes':
          return reader.bytes();
        case 'int':
          return Number(reader.int64());
        default:
          return shortest(reader.float());
      }
    });
  }

  /** Numbers of a tensor: views of the file, one for each time that the field comes. */
  #numbers(
    where: string,
    type: PackedNumbers['type'],
    wire: WireType,
    before: unknown,
  ): PackedNumbers {
    const reader = this.#reader;
    this.#spend(MESSAGE_BYTES, where);
    const chunk = this.#read(where, reader.pos, () =>
      wire === WireType.LengthDelimited ? reader.bytes() : reader.skip(wire),
    );
    const chunks = (before as { chunks: Uint8Array[] } | undefined)?.chunks ?? [];
    chunks.push(chunk);
    return { type, chunks };
  }

  /** The end of what a length announces. */
  #length(where: string): number {
    const at = this.#reader.pos;
    const length = this.#read(where, at, () => this.#reader.uint32());
    const left = this.bytes.length - this.#reader.pos;
    if (length > left) throw this.#fail(where, `it is ${length} bytes`, `${left} left`);
    return this.#reader.pos + length;
  }

  #check(where: string, wire: WireType, wanted: WireType): void {
    if (wire === wanted) return;
    throw this.#fail(where, `its wire type is ${wanted}`, String(wire));
  }

  #spend(bytes: number, where: Message | string): void {
    this.#budget -= bytes;
    if (this.#budget >= 0) return;
    throw this.#fail(where, 'a file holds no more messages than its length warrants');
  }

  #read<T>(where: Message | string, at: number, read: () => T): T {
    try {
      const value = read();
      if (this.#reader.pos > this.bytes.length) throw new RangeError('the end of the file');
      return value;
    } catch (cause) {
      const found = cause instanceof Error ? cause.message : undefined;
      throw this.#fail(where, 'it is whole and well-formed', found, at, cause);
    }
  }

  #fail(
    where: Message | string,
    rule: string,
    found?: string,
    at = this.#reader.pos,
    cause?: unknown,
  ): FormatError {
    const name = typeof where === 'string' ? where : where.name;
    return new FormatError(
      { where: `${this.file}, byte ${at} (${name})`, rule, found },
      cause === undefined ? undefined : { cause },
    );
  }
}

function isPacked(type: Field['type']): type is PackedNumbers['type'] {
  return type === 'varints' || type === 'floats' || type === 'doubles';
}

/** The decimal that was meant by an f32: 0.1 rather than 0.10000000149011612. */
function shortest(float: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const decimal = Number(float.toPrecision(digits));
    if (Math.fround(decimal) === float) return decimal;
  }
  return float;
}
