import { ArgumentError } from './errors';

/** Checks of single numbers: each returns its value or throws an {@link ArgumentError} naming it. */
function check(value: number, ok: boolean, where: string, name: string, rule: string): number {
  if (!ok) throw new ArgumentError({ where, rule: `${name} must be ${rule}`, found: show(value) });
  return value;
}

function show(value: unknown): string {
  if (typeof value === 'number' || value === undefined || value === null) return String(value);
  return `${typeof value} ${JSON.stringify(value)}`;
}

export function positiveInteger(value: number, where: string, name: string): number {
  return check(value, Number.isSafeInteger(value) && value > 0, where, name, 'a positive integer');
}

export function nonNegativeInteger(value: number, where: string, name: string): number {
  return check(value, Number.isSafeInteger(value) && value >= 0, where, name, 'an integer ≥ 0');
}

export function positive(value: number, where: string, name: string): number {
  return check(value, Number.isFinite(value) && value > 0, where, name, 'a finite number > 0');
}

export function nonNegative(value: number, where: string, name: string): number {
  return check(value, Number.isFinite(value) && value >= 0, where, name, 'a finite number ≥ 0');
}

export function finite(value: number, where: string, name: string): number {
  return check(value, Number.isFinite(value), where, name, 'a finite number');
}

/** In [low, high]. */
export function within(
  value: number,
  low: number,
  high: number,
  where: string,
  name: string,
): number {
  return check(value, value >= low && value <= high, where, name, `in [${low}, ${high}]`);
}

/** One of `allowed`. */
export function oneOf<T extends string>(
  value: T,
  allowed: readonly T[],
  where: string,
  name: string,
): T {
  if (!allowed.includes(value)) {
    throw new ArgumentError({
      where,
      rule: `${name} must be one of ${allowed.map((a) => `"${a}"`).join(', ')}`,
      found: show(value),
    });
  }
  return value;
}

/**
 * Throws an {@link ArgumentError} unless `options` is an object whose names are all among `known`: a
 * typo, or another library's name, would else be as good as nothing.
 */
export function knownOptions(options: unknown, known: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null) {
    const remedy = `It takes: ${known.join(', ')}.`;
    throw new ArgumentError({ where, rule: 'options are an object', found: show(options), remedy });
  }
  const stray = Object.keys(options).find((name) => !known.includes(name));
  if (stray === undefined) return;
  throw new ArgumentError({
    where,
    rule: 'options have the names that it knows',
    found: `"${stray.slice(0, 80)}"`,
    remedy: `It takes: ${known.join(', ')}.`,
  });
}
