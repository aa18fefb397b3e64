// What calls what in a shader, by its text: functions start and end in the first column.
export interface WgslFunction {
  readonly name: string;
  readonly entry: boolean;
  /** Lines of the whole function, from 0, both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly body: string;
}

export function functionsOf(text: readonly string[]): WgslFunction[] {
  const found: WgslFunction[] = [];
  let first = -1;
  text.forEach((line, i) => {
    if (/^(@compute .*)?fn \w+/.test(line)) first = i;
    if (first < 0 || !(/^}/.test(line) || (i === first && /}\s*$/.test(line)))) return;
    const name = /fn (\w+)/.exec(text[first])?.[1] as string;
    const entry = /@compute/.test(`${text[first - 1] ?? ''}${text[first]}`);
    found.push({ name, entry, first, last: i, body: text.slice(first, i + 1).join('\n') });
    first = -1;
  });
  return found;
}

/** The functions that `from` calls, and those that they call, and itself. */
export function reachable(from: WgslFunction, all: readonly WgslFunction[]): Set<WgslFunction> {
  const seen = new Set([from]);
  for (const { body } of seen) {
    for (const other of all) {
      if (!seen.has(other) && new RegExp(`\\b${other.name}\\(`).test(body)) seen.add(other);
    }
  }
  return seen;
}
