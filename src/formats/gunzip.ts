import { FormatError } from '../core/errors';

/** Deflate makes at most 1032 bytes of one. */
const MOST_BYTES_A_BYTE = 1032;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The most that `bytes` of gzip can hold. */
export function largestContents(bytes: Uint8Array): number {
  return bytes.length * MOST_BYTES_A_BYTE;
}

/**
 * Unpacks gzip with the platform's `DecompressionStream`, which checks the CRC and the length.
 * `limit` is asked with what has come out so far, and says how many bytes may come out in all.
 * Throws a {@link FormatError} as soon as there are more, and for what is not gzip.
 */
export async function gunzip(
  bytes: Uint8Array,
  name: string,
  limit: (start: Uint8Array) => number,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    let next: ReadableStreamReadResult<Uint8Array>;
    try {
      next = await reader.read();
    } catch (cause) {
      throw new FormatError(
        {
          where: name,
          rule: 'it is a whole gzip file with a right checksum and nothing behind it',
          found: cause instanceof Error ? cause.message : undefined,
          remedy: 'Download it again.',
        },
        { cause },
      );
    }
    if (next.done) break;
    chunks.push(next.value);
    length += next.value.length;
    const most = limit(chunks[0].length >= length ? chunks[0] : join(chunks.slice(0, 2)));
    if (length <= most) continue;
    await reader.cancel();
    throw new FormatError({
      where: name,
      rule: `unpacked it has at most ${most} bytes`,
      found: `${length} bytes and more`,
    });
  }
  return join(chunks);
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}
