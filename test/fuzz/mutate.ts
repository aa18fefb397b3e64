import type { Random } from '../../src/core/random';

/** Numbers that parsers get wrong: around zero, signs, and powers of two. */
const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xff];
const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];
const TOKENS = [
  '-1',
  '0',
  '1e400',
  '2147483648',
  '9007199254740993',
  '-0',
  '1.5',
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '"__proto__"',
  '"../x"',
  '"\\u0000"',
  '[[[[[[[[]]]]]]]]',
];

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const place = (bytes: Uint8Array, random: Random) => random.integer(Math.max(bytes.length, 1));

const changed = (bytes: Uint8Array, change: (copy: Uint8Array) => void) => {
  const copy = bytes.slice();
  if (copy.length) change(copy);
  return copy;
};

const splice = (bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array => {
  const result = new Uint8Array(bytes.length - remove + insert.length);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(bytes.subarray(at + remove), at + insert.length);
  return result;
};

const MUTATIONS: readonly Mutation[] = [
  // A bit, a byte, a word.
  (bytes, random) =>
    changed(bytes, (copy) => {
      copy[place(copy, random)] ^= 1 << random.integer(8);
    }),
  (bytes, random) =>
    changed(bytes, (copy) => {
      copy[place(copy, random)] = INTERESTING[random.integer(INTERESTING.length)];
    }),
  (bytes, random) =>
    changed(bytes, (copy) => {
      if (copy.length < 4) return;
      const at = random.integer(copy.length - 3);
      new DataView(copy.buffer).setUint32(at, WORDS[random.integer(WORDS.length)], true);
    }),
  // Cut short, cut out, repeated, put in from another file.
  (bytes, random) => bytes.slice(0, place(bytes, random)),
  (bytes, random) => {
    const at = place(bytes, random);
    return splice(bytes, at, Math.min(1 + random.integer(32), bytes.length - at), new Uint8Array());
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return splice(bytes, at, 0, bytes.slice(at, at + 1 + random.integer(64)));
  },
  (bytes, random, other) => {
    const from = place(other, random);
    const piece = other.slice(from, from + 1 + random.integer(64));
    return splice(bytes, place(bytes, random), 0, piece);
  },
  // A token of a text: what JSON and names are made of.
  (bytes, random) => {
    const found = [...latin(bytes).matchAll(/-?\d+(?:\.\d+)?|"[^"]{0,40}"|true|false|null/g)];
    if (!found.length) return bytes.slice();
    const { index, 0: old } = found[random.integer(found.length)];
    const token = TOKENS[random.integer(TOKENS.length)];
    return splice(bytes, index, old.length, new TextEncoder().encode(token));
  },
];

const latin = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);

/** `bytes` with one thing wrong, or a few: one fault hides what comes after it. */
export function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let result = bytes;
  for (let n = random.uniform() < 0.7 ? 1 : 2 + random.integer(3); n > 0; n--) {
    result = MUTATIONS[random.integer(MUTATIONS.length)](result, random, other);
  }
  return result;
}
