import type { OpCase } from './types';

/** Every table in this folder: a new one is found by itself. */
const tables = import.meta.glob<Record<string, readonly OpCase[]>>(
  ['./*.ts', '!./index.ts', '!./types.ts'],
  { eager: true },
);

export const cases: readonly OpCase[] = Object.values(tables).flatMap((table) =>
  Object.values(table).flat(),
);
