/** How one setting is read from the link: anything out of range becomes a value that is allowed. */
export interface Field<T> {
  readonly initial: T;
  parse(text: string): T | undefined;
  format(value: T): string;
}

export function numberField(options: {
  initial: number;
  min: number;
  max: number;
  integer?: boolean;
}): Field<number> {
  const { initial, min, max, integer = false } = options;
  return {
    initial,
    parse(text) {
      const value = text.trim() ? Number(text) : Number.NaN;
      if (!Number.isFinite(value)) return undefined;
      const clamped = Math.min(max, Math.max(min, value));
      return integer ? Math.round(clamped) : clamped;
    },
    format: (value) => String(integer ? value : Number(value.toPrecision(6))),
  };
}

export function choiceField(initial: number, choices: readonly number[]): Field<number> {
  return {
    initial,
    parse: (text) => choices.find((choice) => String(choice) === text.trim()),
    format: String,
  };
}

export function flagField(initial: boolean): Field<boolean> {
  return {
    initial,
    parse: (text) => (text === '1' ? true : text === '0' ? false : undefined),
    format: (value) => (value ? '1' : '0'),
  };
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type ValuesOf<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

const version = '1';

/** Reads `#v=1&…`. Unknown names are ignored; a link of another version gives the defaults. */
export function parseState<F extends Fields>(fields: F, hash: string): ValuesOf<F> {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const known = (given.get('v') ?? version) === version;
  const values = Object.entries(fields).map(([name, field]) => {
    const text = known ? given.get(name) : null;
    return [name, (text === null ? undefined : field.parse(text)) ?? field.initial];
  });
  return Object.fromEntries(values) as ValuesOf<F>;
}

export function formatState<F extends Fields>(fields: F, values: ValuesOf<F>): string {
  const given: Readonly<Record<string, unknown>> = values;
  const pairs = Object.entries(fields).map(([name, field]) => [name, field.format(given[name])]);
  return `#${new URLSearchParams([['v', version], ...pairs])}`;
}

/** The settings of the page, kept in the address so that a link reproduces the experiment. */
export class UrlState<F extends Fields> {
  readonly values: ValuesOf<F>;
  #timer = 0;

  constructor(
    private readonly fields: F,
    private readonly onChange: (values: ValuesOf<F>) => void,
  ) {
    this.values = parseState(fields, location.hash);
    addEventListener('hashchange', () => {
      if (location.hash === formatState(this.fields, this.values)) return;
      Object.assign(this.values as object, parseState(this.fields, location.hash));
      this.onChange(this.values);
    });
  }

  set(patch: Partial<ValuesOf<F>>): void {
    Object.assign(this.values as object, patch);
    // Browsers refuse more than about a hundred changes in half a minute; a slider makes more.
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      history.replaceState(null, '', formatState(this.fields, this.values));
    }, 200);
  }
}
