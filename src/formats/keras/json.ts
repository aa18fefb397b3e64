import { FormatError, LimitError } from '../../core/errors';
import { duplicateKey } from '../json-keys';

const MOST_BYTES = 64 * 2 ** 20;
/** Models within models within models: eight of them fit. */
const DEEPEST = 64;

/** JSON from a file: UTF-8, at most 64 MiB, no key twice, not nested too deep. */
export function parseJson(source: string | Uint8Array, where: string): unknown {
  if (source.length > MOST_BYTES) {
    const found = `${source.length} bytes`;
    throw new LimitError({ where, rule: `it has at most ${MOST_BYTES} bytes`, found });
  }
  let value: unknown;
  let twice: string | undefined;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const text = typeof source === 'string' ? source : decoder.decode(source);
    value = JSON.parse(text);
    twice = duplicateKey(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message.slice(0, 200) : undefined;
    const remedy = 'A file that was cut short is downloaded again.';
    throw new FormatError({ where, rule: 'it is JSON in UTF-8', found, remedy }, { cause });
  }
  if (twice !== undefined) {
    const found = `${JSON.stringify(twice.slice(0, 80))} twice`;
    throw new FormatError({ where, rule: 'an object has a key once', found });
  }
  return checkDepth(value, where);
}

/** Throws for data nested deeper than any model is: nothing that reads it may recurse without end. */
export function checkDepth(value: unknown, where: string): unknown {
  let level: unknown[] = [value];
  for (let depth = 0; level.length; depth++) {
    if (depth > DEEPEST) {
      const rule = `it is nested at most ${DEEPEST} deep`;
      throw new LimitError({ where, rule, found: `${depth} levels and more` });
    }
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const inner of Object.values(item)) next.push(inner);
    }
    level = next;
  }
  return value;
}
