// What tuning remembers: plain JSON, to be saved and given back.
import { FormatError } from '../core/errors';

/** What was measured on an adapter. Plain JSON. */
export interface TuningRecord {
  readonly version: 1;
  /** The adapter as it names itself and the traits that lowerings look at; on another one the record counts for nothing. */
  readonly adapter: string;
  readonly choices: readonly TuningChoice[];
}

/** The lowering of an op with these shapes, types and attributes. */
export interface TuningChoice {
  /** The op, its types and attributes, e.g. `relu f32[8,3] → f32[8,3] {}`. */
  readonly op: string;
  /** Stands for all that the candidates do, shaders included; where these have changed, the choice counts for nothing. */
  readonly candidates: string;
  /** Name of the lowering chosen. */
  readonly lowering: string;
  /** Median milliseconds by lowering, the default one first; for reading only. */
  readonly ms: Readonly<Record<string, number>>;
}

const WHERE = 'tuning record';
const REMEDY = 'Give back net.tuning as it was, or tune again with: tune: true.';

/** A record out of parsed JSON, of which nothing is believed. Throws a {@link FormatError}. */
export function parseRecord(json: unknown): TuningRecord {
  const fields = objectOf(json, WHERE);
  const { version } = fields;
  if (version !== 1) throw wrong(WHERE, 'version is 1', version);
  const { choices } = fields;
  if (!Array.isArray(choices)) throw wrong(WHERE, 'choices is a list', choices);
  const seen = new Set<string>();
  return {
    version,
    adapter: textOf(fields, 'adapter', WHERE),
    choices: choices.map((one: unknown, i) => {
      const choice = parseChoice(one, `${WHERE}, choice ${i}`);
      if (seen.has(choice.op))
        throw wrong(`${WHERE}, choice ${i}`, 'an op is in it once', choice.op);
      seen.add(choice.op);
      return choice;
    }),
  };
}

function parseChoice(json: unknown, where: string): TuningChoice {
  const fields = objectOf(json, where);
  const [op, candidates, lowering] = ['op', 'candidates', 'lowering'].map((key) =>
    textOf(fields, key, where),
  );
  const ms = Object.entries(objectOf(fields.ms, `${where}, ms`)).map(([name, value]) => {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0)
      return [name, value] as const;
    throw wrong(`${where}, ms`, `${name} is a finite number ≥ 0`, value);
  });
  return { op, candidates, lowering, ms: Object.fromEntries(ms) };
}

function objectOf(json: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  throw wrong(where, 'it is an object', json);
}

function textOf(fields: Readonly<Record<string, unknown>>, key: string, where: string): string {
  const value = fields[key];
  if (typeof value === 'string') return value;
  throw wrong(where, `${key} is text`, value);
}

function wrong(where: string, rule: string, value: unknown): FormatError {
  const found =
    typeof value === 'object' && value !== null
      ? Array.isArray(value)
        ? 'a list'
        : 'an object'
      : String(value);
  return new FormatError({ where, rule, found, remedy: REMEDY });
}
