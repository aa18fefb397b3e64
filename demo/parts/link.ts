import type { Fields, ValuesOf } from './fields';

const version = '2';
/** Longer than any link that the page makes; what is longer is not read. */
const longest = 8192;

/** Names and texts of `#v=2&at=race&race.lr=0.2`; none from a link of another version or too long. */
export function parseLink(hash: string): Map<string, string> {
  const text = hash.replace(/^#/, '');
  if (text.length > longest) return new Map();
  const given = new Map(new URLSearchParams(text));
  // A bare `#race` leads to a section, as in any page.
  if (given.size === 1 && text && !text.includes('=')) return new Map([['at', text]]);
  const known = (given.get('v') ?? version) === version;
  given.delete('v');
  return known ? given : new Map();
}

export function formatLink(texts: ReadonlyMap<string, string>): string {
  return `#${new URLSearchParams([['v', version], ...texts])}`;
}

/** The values of a section's settings; what the link lacks or gets wrong is as at first. */
export function valuesFrom<F extends Fields>(
  texts: ReadonlyMap<string, string>,
  section: string,
  fields: F,
): ValuesOf<F> {
  const values = Object.entries(fields).map(([name, field]) => {
    const text = texts.get(`${section}.${name}`);
    return [name, (text === undefined ? undefined : field.parse(text)) ?? field.initial];
  });
  return Object.fromEntries(values) as ValuesOf<F>;
}

/** Notes the settings that are not as at first, and takes out those that are. */
export function writeValues<F extends Fields>(
  texts: Map<string, string>,
  section: string,
  fields: F,
  values: ValuesOf<F>,
): void {
  const given: Readonly<Record<string, unknown>> = values;
  for (const [name, field] of Object.entries(fields)) {
    const text = field.format(given[name]);
    if (text === field.format(field.initial)) texts.delete(`${section}.${name}`);
    else texts.set(`${section}.${name}`, text);
  }
}

/** A section's settings, kept in the address. */
export interface Settings<F extends Fields> {
  readonly values: Readonly<ValuesOf<F>>;
  set(patch: Partial<ValuesOf<F>>): void;
}

/**
 * The address of the page, which holds every setting that is not as at first: a link reproduces the
 * experiment. What belongs to sections that are not there yet is kept as it is.
 */
export class Link {
  #texts = parseLink(location.hash);
  readonly #followers: ((opened: boolean) => void)[] = [];
  #timer = 0;

  constructor() {
    addEventListener('hashchange', () => {
      if (location.hash === formatLink(this.#texts)) return;
      clearTimeout(this.#timer);
      const texts = parseLink(location.hash);
      // A link to a section says nothing of settings.
      if (texts.size === 1 && texts.has('at')) this.#texts.set('at', texts.get('at') as string);
      else this.#texts = texts;
      for (const follow of this.#followers) follow(true);
    });
  }

  /** The section that the link leads to. */
  get at(): string | undefined {
    return this.#texts.get('at');
  }

  /**
   * Calls `follow` whenever another link is opened in this page, or (`opened` is false) something on the
   * page changed settings by their names.
   */
  onFollow(follow: (opened: boolean) => void): void {
    this.#followers.push(follow);
  }

  /** The settings of a section. `onChange`: some were changed from outside; see `onFollow`. */
  settings<F extends Fields>(
    section: string,
    fields: F,
    onChange: (opened: boolean) => void,
  ): Settings<F> {
    const values = valuesFrom(this.#texts, section, fields);
    const write = () => writeValues(this.#texts, section, fields, values);
    write();
    this.onFollow((opened) => {
      const before = JSON.stringify(values);
      Object.assign(values as object, valuesFrom(this.#texts, section, fields));
      write();
      if (JSON.stringify(values) !== before) onChange(opened);
    });
    return {
      values,
      set: (patch) => {
        Object.assign(values as object, patch);
        write();
        this.#save();
      },
    };
  }

  /** The address with all settings as they are now, and the section to go to. */
  address(at?: string): string {
    const texts = new Map(this.#texts);
    if (at) texts.set('at', at);
    return location.href.replace(/#.*|$/, formatLink(texts));
  }

  /** Changes settings by their names in the link. */
  follow(changes: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(changes)) this.#texts.set(name, text);
    for (const follow of this.#followers) follow(false);
    this.#save();
  }

  #save(): void {
    // Browsers refuse more than about a hundred changes in half a minute; a slider makes more.
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      history.replaceState(null, '', formatLink(this.#texts));
    }, 200);
  }
}
