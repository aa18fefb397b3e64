import { ArgumentError, NameError } from '../core/errors';
import { tables } from './cases';
import type { OpCase } from './cases/types';
import { usesHalves, withHalves } from './halves';

/** A table of cases: what {@link selfTest} can be told to do alone. */
export interface SelfTestFamily {
  /** E.g. `batch-norm`. */
  readonly name: string;
  /** Names of the ops that it has cases of. */
  readonly ops: readonly string[];
  /** How many cases, those of `halves` among them. */
  readonly cases: number;
  /** How many have f16 tensors: they take a device with shader-f16. */
  readonly halves: number;
}

/** The families of cases that there are. */
export function selfTestFamilies(): SelfTestFamily[] {
  return [...tables].map(([name, lines]) => {
    const cases = lines.flatMap(withHalves);
    return {
      name,
      ops: [...new Set(cases.map(({ op }) => op))],
      cases: cases.length,
      halves: cases.filter(usesHalves).length,
    };
  });
}

export interface Selected {
  readonly family: string;
  readonly opCase: OpCase;
}

/**
 * The cases of the families and ops in `only`, in the order of the tables, each followed by itself with
 * f16 tensors where its op takes them; all where `only` is undefined.
 */
export function select(only: string | readonly string[] | undefined): Selected[] {
  const all = [...tables].flatMap(([family, lines]) =>
    lines.flatMap(withHalves).map((opCase) => ({ family, opCase })),
  );
  if (only === undefined) return all;
  const wanted = new Set(namesIn(only));
  for (const name of wanted) {
    if (all.some(({ family, opCase }) => name === family || name === opCase.op)) continue;
    throw new NameError({
      where: 'selfTest',
      rule: 'only names families of cases, or ops',
      found: `"${name}"`,
      remedy: `Families are ${[...tables.keys()].join(', ')}; ops are in the README.`,
    });
  }
  return all.filter(({ family, opCase }) => wanted.has(family) || wanted.has(opCase.op));
}

function namesIn(only: unknown): readonly string[] {
  const names: unknown = typeof only === 'string' ? [only] : only;
  if (Array.isArray(names) && names.length && names.every((name) => typeof name === 'string')) {
    return names;
  }
  throw new ArgumentError({
    where: 'selfTest',
    rule: 'only is a name, or a list of at least one',
    found: JSON.stringify(only),
    remedy: 'Leave it out for all cases.',
  });
}
