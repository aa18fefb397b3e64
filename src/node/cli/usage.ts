import { BatchNormError } from '../../core/errors';

/** A command line that can not be followed. */
export class UsageError extends Error {}

/**
 * Runs a command; gives the exit code: 0, or 2 with the usage for a command line that can not be
 * followed, or 1 with a line for a file or a model that is at fault. Anything else is a bug, and thrown.
 */
export async function runCommand(usage: string, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${usage}`);
      return 2;
    }
    if (error instanceof BatchNormError || isFileError(error)) {
      console.error(`error: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

/** Runs what may throw for its arguments, as `parseArgs` does, as part of a command line. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found) return found;
  throw new UsageError(`--${name} must be ${allowed.join(' or ')}, not ${value}`);
}

export function numberOf(
  name: string,
  value: string,
  fits: (n: number) => boolean,
  rule: string,
): number {
  const n = value.trim() === '' ? Number.NaN : Number(value);
  if (fits(n)) return n;
  throw new UsageError(`--${name} must be ${rule}, not ${value}`);
}

export function countOf(name: string, value: string): number {
  return numberOf(name, value, (n) => Number.isSafeInteger(n) && n > 0, 'a positive integer');
}

/** `1,2,3` as numbers. */
export function numbersOf(name: string, value: string): number[] {
  return value
    .split(',')
    .map((part) => numberOf(name, part, Number.isFinite, 'numbers with commas between'));
}
