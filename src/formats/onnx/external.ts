import { FormatError } from '../../core/errors';
import type { StringStringEntry } from './messages';

/** Gives the bytes of a file that a model refers to, by the name that the model has for it. */
export type ExternalData = (location: string) => Uint8Array;

const KEYS = ['location', 'offset', 'length', 'checksum'];

/**
 * The bytes of a tensor outside the model file. The library opens nothing: `external` is asked for a
 * plain relative name. Throws a {@link FormatError} for names that lead elsewhere, keys that ONNX does
 * not have, and ranges outside the bytes given.
 */
export function externalBytes(
  entries: readonly StringStringEntry[],
  size: number,
  external: ExternalData | undefined,
  where: string,
): Uint8Array {
  const fail = (rule: string, found?: string, remedy?: string) =>
    new FormatError({
      where: `${where}, external data`,
      rule,
      found: found?.slice(0, 120),
      remedy,
    });
  const given = new Map<string, string>();
  for (const { key = '', value = '' } of entries) {
    if (!KEYS.includes(key)) throw fail(`its keys are ${KEYS.join(', ')}`, JSON.stringify(key));
    if (given.has(key)) throw fail('each key comes once', key);
    given.set(key, value);
  }
  const location = given.get('location') ?? '';
  if (!isPlainRelative(location)) {
    const rule = 'its location is a relative name that stays below the model’s folder';
    throw fail(rule, JSON.stringify(location));
  }
  if (!external) {
    const remedy = 'Pass external: (location) => bytes.';
    throw fail(
      'the bytes of other files are given by the caller',
      JSON.stringify(location),
      remedy,
    );
  }
  const bytes = external(location);
  if (!(bytes instanceof Uint8Array)) {
    throw fail('external gives a Uint8Array', typeof bytes);
  }
  const offset = integer(given.get('offset') ?? '0');
  const length = integer(given.get('length') ?? String(size));
  if (offset === undefined || length === undefined) {
    throw fail('offset and length are integers', `${given.get('offset')}, ${given.get('length')}`);
  }
  if (length > bytes.length || offset > bytes.length - length) {
    throw fail(
      `offset and length lie within the ${bytes.length} bytes of "${location}"`,
      `${offset} and ${length}`,
    );
  }
  return bytes.subarray(offset, offset + length);
}

/** No root, drive, scheme, escape or control character, and no part that is empty or all dots. */
function isPlainRelative(location: string): boolean {
  if (location.length > 1024 || /[\\:%\p{Cc}]/u.test(location)) return false;
  return location.split('/').every((part) => /[^.\s]/.test(part));
}

function integer(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
