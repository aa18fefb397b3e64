import {
  finite,
  knownOptions,
  nonNegative,
  nonNegativeInteger,
  oneOf,
  positiveInteger,
  within,
} from '../core/check';
import { ArgumentError } from '../core/errors';

/** Checks one option, gives it in its normal form, or throws an ArgumentError naming it. */
export type Check<T> = (value: unknown, where: string, name: string) => T;

/** An option of a layer: how it is checked, and what it is when left out. */
export interface Option<T> {
  readonly check: Check<T>;
  readonly required?: true;
  readonly fallback?: T;
}

export type Schema = Readonly<Record<string, Option<unknown>>>;
/** The options of a layer after checking: every key of the schema is there. */
export type Config<S extends Schema> = {
  [K in keyof S]: S[K] extends Option<infer T> ? T : never;
};

export function required<T>(check: Check<T>): Option<T> {
  return { check, required: true };
}

export function optional<T, F>(check: Check<T>, fallback: F): Option<T | F> {
  return { check, fallback };
}

/** Checks `given` against `schema`; unknown names are errors, so that a typo cannot pass. */
export function resolveOptions<S extends Schema>(
  schema: S,
  given: Readonly<Record<string, unknown>>,
  where: string,
): Config<S> {
  const names = Object.keys(schema);
  knownOptions(given, [...names, 'name', 'trainable'], where);
  const entries = names.map((name) => {
    const { check, required, fallback } = schema[name];
    const value = given[name];
    if (value !== undefined) return [name, check(value, where, name)];
    if (required) throw new ArgumentError({ where, rule: `${name} must be given` });
    return [name, fallback];
  });
  return Object.fromEntries(entries) as Config<S>;
}

// These refuse what is no number, too.
export const count = positiveInteger as Check<number>;
export const index = nonNegativeInteger as Check<number>;
export const number = finite as Check<number>;
export const atLeastZero = nonNegative as Check<number>;

export const integer: Check<number> = (value, where, name) => {
  if (Number.isSafeInteger(value)) return value as number;
  throw wrong(value, where, `${name} must be an integer`);
};

/** A number in [low, high]. */
export const between =
  (low: number, high: number): Check<number> =>
  (value, where, name) =>
    within(number(value, where, name), low, high, where, name);

export const boolean: Check<boolean> = (value, where, name) => {
  if (typeof value === 'boolean') return value;
  throw wrong(value, where, `${name} must be true or false`);
};

export const choice =
  <T extends string>(...allowed: readonly T[]): Check<T> =>
  (value, where, name) =>
    oneOf(value as T, allowed, where, name);

/** A list of `least` to `most` numbers. */
export const list =
  (check: Check<number>, least: number, most: number): Check<readonly number[]> =>
  (value, where, name) => {
    if (Array.isArray(value) && value.length >= least && value.length <= most) {
      return value.map((item) => check(item, where, name));
    }
    const size = least === most ? `${least}` : `${least} to ${most}`;
    throw wrong(value, where, `${name} must be a list of ${size} numbers`);
  };

/** One number for both dimensions, or [height, width]. */
export const pair =
  (check: Check<number>): Check<readonly [number, number]> =>
  (value, where, name) => {
    if (!Array.isArray(value)) {
      const one = check(value, where, name);
      return [one, one];
    }
    return list(check, 2, 2)(value, where, name) as unknown as readonly [number, number];
  };

/** `check`, or null. */
export const nullable =
  <T>(check: Check<T>): Check<T | null> =>
  (value, where, name) =>
    value === null ? null : check(value, where, name);

export function wrong(value: unknown, where: string, rule: string): ArgumentError {
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return new ArgumentError({ where, rule, found: (text ?? typeof value).slice(0, 200) });
}
