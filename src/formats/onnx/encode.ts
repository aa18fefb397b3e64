import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Field, Message, PackedNumbers } from './messages';

/** Encodes a message: the opposite of `decode`. Fields that are undefined or empty are left out. */
export function encode<T>(message: Message<T>, value: T): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  write(writer, message, value as Record<string, unknown>);
  return writer.finish() as Uint8Array<ArrayBuffer>;
}

function write(writer: BinaryWriter, message: Message, value: Record<string, unknown>): void {
  for (const [key, field] of Object.entries(message.fields as Record<string, Field>)) {
    const given = value[key];
    if (given === undefined) continue;
    if (!field.list) writeOne(writer, field, given);
    else if (field.type === 'int' || field.type === 'float') {
      writePacked(writer, field, given as readonly number[]);
    } else for (const item of given as readonly unknown[]) writeOne(writer, field, item);
  }
}

function writeOne(writer: BinaryWriter, { no, type }: Field, value: unknown): void {
  if (typeof type === 'function') {
    writer.tag(no, WireType.LengthDelimited).fork();
    write(writer, type(), value as Record<string, unknown>);
    writer.join();
    return;
  }
  switch (type) {
    case 'string':
      writer.tag(no, WireType.LengthDelimited).string(value as string);
      return;
    case 'bytes':
      writer.tag(no, WireType.LengthDelimited).bytes(value as Uint8Array);
      return;
    case 'varints':
    case 'floats':
    case 'doubles':
      for (const chunk of (value as PackedNumbers).chunks) {
        writer.tag(no, WireType.LengthDelimited).bytes(chunk);
      }
      return;
    case 'int':
      writer.tag(no, WireType.Varint).int64(BigInt(value as number));
      return;
    case 'float':
      writer.tag(no, WireType.Bit32).float(value as number);
  }
}

function writePacked(writer: BinaryWriter, { no, type }: Field, values: readonly number[]): void {
  if (!values.length) return;
  writer.tag(no, WireType.LengthDelimited).fork();
  for (const value of values) {
    if (type === 'int') writer.int64(BigInt(value));
    else writer.float(value);
  }
  writer.join();
}
