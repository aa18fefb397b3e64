import type { OpCase } from './types';

const modules = import.meta.glob<Record<string, readonly OpCase[]>>(
  ['./*.ts', '!./index.ts', '!./types.ts'],
  { eager: true },
);

/** Every table in this folder, by the name of its file: a new one is found by itself. */
export const tables: ReadonlyMap<string, readonly OpCase[]> = /* @__PURE__ */ new Map(
  Object.entries(modules).map(([file, exported]) => [
    file.slice('./'.length, -'.ts'.length),
    Object.values(exported).flat(),
  ]),
);

export const cases: readonly OpCase[] = /* @__PURE__ */ [...tables.values()].flat();
