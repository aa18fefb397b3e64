// Attributes of a golden case: numbers and pairs in the several ways the manifests write them.
import { FormatError } from '../../core/errors';

export class Attributes {
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    readonly where: string,
  ) {}

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  number(name: string, otherwise?: number): number {
    const value = this.values[name] ?? otherwise;
    return typeof value === 'number' ? value : this.#fail(name, 'a number');
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.values[name] ?? otherwise;
    return typeof value === 'boolean' ? value : this.#fail(name, 'true or false');
  }

  text(name: string, otherwise = ''): string {
    const value = this.values[name] ?? otherwise;
    return typeof value === 'string' ? value : this.#fail(name, 'a text');
  }

  list(name: string, length: number, otherwise?: readonly number[]): number[] {
    const value = this.values[name] ?? otherwise;
    const fits = Array.isArray(value) && value.length === length;
    if (fits && value.every((v) => typeof v === 'number')) return value;
    return this.#fail(name, `a list of ${length} numbers`);
  }

  /** `[height, width]`; one number stands for both. */
  pair(name: string, otherwise: number): number[] {
    const value = this.values[name];
    if (value === undefined) return [otherwise, otherwise];
    return typeof value === 'number' ? [value, value] : this.list(name, 2);
  }

  /** `[top, left, bottom, right]`: from `pads_tlbr`, or the same on both sides from another name. */
  pads(...names: string[]): number[] {
    if (this.has('pads_tlbr')) return this.list('pads_tlbr', 4);
    const given = names.find((name) => this.has(name));
    const [height, width] = given ? this.pair(given, 0) : [0, 0];
    return [height, width, height, width];
  }

  channelsLast(): boolean {
    return /NHWC|channels_last/.test(this.text('layout'));
  }

  record(name: string): Attributes {
    const value = this.values[name];
    if (typeof value !== 'object' || value === null) return this.#fail(name, 'an object');
    return new Attributes(value as Record<string, unknown>, `${this.where}, ${name}`);
  }

  #fail(name: string, rule: string): never {
    const found = JSON.stringify(this.values[name])?.slice(0, 80);
    throw new FormatError({ where: this.where, rule: `attribute "${name}" is ${rule}`, found });
  }
}
