import { FormatError } from '../../core/errors';
import type { AttributeProto, NodeProto } from './messages';
import { type OnnxTensor, unpackTensor } from './tensor';

const KINDS = {
  f: [1, 'a float'],
  i: [2, 'an integer'],
  s: [3, 'a string'],
  t: [4, 'a tensor'],
  floats: [6, 'floats'],
  ints: [7, 'integers'],
  strings: [8, 'strings'],
} as const;
type Kind = keyof typeof KINDS;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The attributes of a node. Those that nobody asked for are told by `checkAllRead`: to leave one out
 * could change the numbers.
 */
export class Attributes {
  readonly #attributes = new Map<string, AttributeProto>();
  readonly #read = new Set<string>();

  constructor(
    node: NodeProto,
    readonly where: string,
  ) {
    for (const attribute of node.attribute) {
      const name = attribute.name ?? '';
      if (this.#attributes.has(name)) throw this.#fail(name, 'an attribute is given once', 'two');
      this.#attributes.set(name, attribute);
    }
  }

  has(name: string): boolean {
    this.#read.add(name);
    return this.#attributes.has(name);
  }

  /** For attributes that make no difference here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  int<T>(name: string, fallback: T): number | T {
    const value = this.#get(name, 'i');
    if (value === undefined) return fallback;
    const int = value.i ?? 0;
    if (Number.isSafeInteger(int)) return int;
    throw this.#fail(name, 'it is an integer below 2^53', String(int));
  }

  /** An integer that says yes or no. */
  flag(name: string, fallback: boolean): boolean {
    return this.int(name, +fallback) !== 0;
  }

  float(name: string, fallback: number): number {
    const value = this.#get(name, 'f');
    if (value === undefined) return fallback;
    const float = value.f ?? 0;
    if (!Number.isNaN(float)) return float;
    throw this.#fail(name, 'it is a number', 'NaN');
  }

  string<T extends string>(name: string, fallback: T, allowed: readonly T[]): T {
    const value = this.#get(name, 's');
    if (value === undefined) return fallback;
    let text: string;
    try {
      text = utf8.decode(value.s ?? new Uint8Array(0));
    } catch (cause) {
      throw this.#fail(name, 'it is UTF-8', undefined, cause);
    }
    if (allowed.includes(text as T)) return text as T;
    throw this.#fail(name, `it is one of ${allowed.join(', ')}`, text.slice(0, 80));
  }

  ints(name: string): readonly number[] | undefined {
    return this.#get(name, 'ints')?.ints;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name, 'floats')?.floats;
  }

  tensor(name: string): OnnxTensor | undefined {
    const value = this.#get(name, 't');
    if (value === undefined) return undefined;
    if (!value.t) throw this.#fail(name, 'it is a tensor', 'nothing');
    return unpackTensor(value.t, `${this.where}, attribute "${name}"`);
  }

  /** Throws a {@link FormatError} that names every attribute which was not asked for. */
  checkAllRead(): void {
    const known = [...this.#read].sort().join(', ') || 'none';
    const rule = 'it is an attribute that the operator has in this opset';
    const [first, ...others] = [...this.#attributes.keys()]
      .filter((name) => !this.#read.has(name))
      .map((name) => this.#fail(name, rule, `known: ${known}`));
    if (first) throw others.length ? new FormatError(first, undefined, others) : first;
  }

  #get(name: string, kind: Kind): AttributeProto | undefined {
    this.#read.add(name);
    const attribute = this.#attributes.get(name);
    if (!attribute) return undefined;
    const [number, text] = KINDS[kind];
    // Files of the first versions leave the type out.
    const type = attribute.type || number;
    if (type !== number || attribute.ref_attr_name) {
      throw this.#fail(name, `it is ${text}`, `type ${attribute.type}`);
    }
    return attribute;
  }

  #fail(name: string, rule: string, found?: string, cause?: unknown): FormatError {
    const where = `${this.where}, attribute ${JSON.stringify(name.slice(0, 80))}`;
    return new FormatError({ where, rule, found }, cause === undefined ? undefined : { cause });
  }
}
