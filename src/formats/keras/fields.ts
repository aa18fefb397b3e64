import { FormatError } from '../../core/errors';

/** What a value of a file is, in an error: short, whatever it is. */
export function shown(value: unknown): string {
  if (Array.isArray(value) && value.length > 8) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  return (JSON.stringify(value) ?? typeof value).slice(0, 120);
}

/**
 * An object of a file, read key by key; null counts as left out, as in Keras. Each reading gives a value
 * of its type or throws a {@link FormatError} that names the object and the key.
 */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(
    values: unknown,
    readonly where: string,
  ) {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw new FormatError({ where, rule: 'it is an object', found: shown(values) });
    }
    this.#values = values as Record<string, unknown>;
  }

  /** The value as it is; undefined where it is left out or null. */
  raw(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  /** Whether it says null, which is not always the default. */
  isNull(key: string): boolean {
    return Object.hasOwn(this.#values, key) && this.#values[key] === null;
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  object(key: string): Fields {
    return new Fields(this.raw(key), `${this.where}, ${key}`);
  }

  list(key: string): readonly unknown[] {
    const value = this.raw(key);
    if (Array.isArray(value)) return value;
    throw this.wrong(key, 'a list');
  }

  text(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'string') return value;
    throw this.wrong(key, 'text');
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.wrong(key, 'true or false');
  }

  number(key: string, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.wrong(key, 'a finite number');
  }

  integer(key: string, fallback?: number): number {
    const value = this.number(key, fallback);
    if (Number.isSafeInteger(value)) return value;
    throw this.wrong(key, 'an integer');
  }

  /** An integer from 1 on. Keras writes `[3]` for 3 where there is one dimension. */
  count(key: string, fallback?: number): number {
    const value = this.raw(key);
    const one = Array.isArray(value) && value.length === 1 ? value[0] : (value ?? fallback);
    if (Number.isSafeInteger(one) && (one as number) > 0) return one as number;
    throw this.wrong(key, 'an integer from 1 on');
  }

  /** Integers from 1 on for height and width: two, or one for both. */
  pair(key: string, fallback?: number): readonly [number, number] {
    const value = this.raw(key) ?? fallback;
    const both = Array.isArray(value)
      ? value.length === 1
        ? [value[0], value[0]]
        : value
      : [value, value];
    if (both.length === 2 && both.every((n) => Number.isSafeInteger(n) && n > 0)) {
      return [both[0] as number, both[1] as number];
    }
    throw this.wrong(key, 'one or two integers from 1 on');
  }

  /** One of `allowed`. */
  choice<T extends string>(key: string, allowed: readonly T[], fallback?: T): T {
    const value = this.raw(key) ?? fallback;
    const found = allowed.find((name) => name === value);
    if (found !== undefined) return found;
    throw this.wrong(key, `one of ${allowed.map((name) => `"${name}"`).join(', ')}`);
  }

  integers(key: string): readonly number[] {
    const value = this.list(key);
    if (value.length <= 16 && value.every((n) => Number.isSafeInteger(n))) return value as number[];
    throw this.wrong(key, 'a short list of integers');
  }

  /** Throws where `key` is there and is not `expected`: what it asks for cannot be done here. */
  refuse(key: string, expected: unknown, remedy: string): void {
    const value = this.raw(key);
    if (value === undefined || value === expected) return;
    const rule = `${key} is ${expected === undefined ? 'left out' : shown(expected)}`;
    throw new FormatError({ where: this.where, rule, found: shown(value), remedy });
  }

  wrong(key: string, what: string, remedy?: string): FormatError {
    const found = Object.hasOwn(this.#values, key) ? shown(this.#values[key]) : 'nothing';
    return new FormatError({ where: this.where, rule: `${key} is ${what}`, found, remedy });
  }
}
