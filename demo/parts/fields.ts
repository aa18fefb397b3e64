/** How one setting is read from the link: anything out of range becomes a value that is allowed. */
export interface Field<T> {
  readonly initial: T;
  /** Undefined: what the link says is no value of this setting. */
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

/** One of a few numbers or words. */
export function choiceField<const T extends number | string>(
  initial: T,
  choices: readonly T[],
): Field<T> {
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

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ValuesOf<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
