import type { Random } from '../../src/core/random';

type Key = string | number;
type Container = Record<Key, unknown>;

const NUMBERS = [
  -1,
  0,
  1,
  2,
  3,
  255,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 40,
  2 ** 53 - 1,
  -(2 ** 31),
];
const TEXTS = [
  '',
  '__proto__',
  'constructor',
  '../x',
  'a/../../x',
  '\u0000',
  'x'.repeat(2000),
  '-1',
];

/** A copy of a tree of objects, lists, numbers, texts and bytes with something else at one place. */
export function mutateTree(tree: unknown, random: Random): unknown {
  const copy = structuredClone(tree);
  const places = placesOf(copy, []);
  const [holder, key] = places[random.integer(places.length)];
  const siblings = places.filter(([other]) => typeof other === typeof holder);
  const value = holder[key];
  if (Array.isArray(holder) && random.uniform() < 0.3) {
    // An element twice, left out, or in another's place.
    const index = Number(key);
    const choice = random.integer(3);
    if (choice === 0) holder.splice(index, 0, structuredClone(value));
    else if (choice === 1) holder.splice(index, 1);
    else holder.push(...holder.splice(index, 1));
    return copy;
  }
  if (!Array.isArray(holder) && random.uniform() < 0.1) {
    delete holder[key];
    return copy;
  }
  if (random.uniform() < 0.3) {
    // What is of the same kind elsewhere.
    const alike = siblings
      .map(([at, name]) => at[name])
      .filter((one) => kindOf(one) === kindOf(value));
    holder[key] = structuredClone(alike[random.integer(alike.length)] ?? value);
    return copy;
  }
  holder[key] = replaced(value, random);
  return copy;
}

function placesOf(value: unknown, found: [Container, Key][]): [Container, Key][] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return found;
  for (const key of Object.keys(value)) {
    const holder = value as Container;
    found.push([holder, Array.isArray(value) ? Number(key) : key]);
    placesOf(holder[key], found);
  }
  return found;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : ArrayBuffer.isView(value) ? 'bytes' : typeof value;
}

function replaced(value: unknown, random: Random): unknown {
  const one = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  switch (kindOf(value)) {
    case 'number':
      return Number.isInteger(value) ? one(NUMBERS) : one([-1, 0, 1e-45, 1e30]);
    case 'string':
      return random.uniform() < 0.5 ? one(TEXTS) : `${value}${one(TEXTS)}`.slice(0, 3000);
    case 'boolean':
      return !value;
    case 'list':
      return random.uniform() < 0.5 ? [] : [...(value as unknown[]), ...(value as unknown[])];
    case 'bytes': {
      const bytes = value as Uint8Array;
      return bytes.slice(0, random.integer(bytes.length + 1));
    }
    default:
      return {};
  }
}
