import { encodeArray, type NumericArray, type TypedArray } from '../core/dtype';
import { NameError, ShapeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import { formatType } from '../ir/verify';

/** One named tensor of a model. */
export interface NamedTensor {
  readonly type: TensorType;
  readonly values: TypedArray;
}

/** Named tensors of a model, as `<layer>/<weight>`: parameters, running statistics, counters. */
export class ModelState implements Iterable<readonly [string, NamedTensor]> {
  readonly #tensors = new Map<string, NamedTensor>();

  /** Takes over `tensors`; each is checked for its number of elements. */
  constructor(tensors: Iterable<readonly [string, NamedTensor]> = []) {
    for (const [name, { type, values }] of tensors) this.add(name, type, values);
  }

  get size(): number {
    return this.#tensors.size;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** The tensor's numbers, not a copy. Throws a {@link NameError} for an unknown name. */
  get(name: string): TypedArray {
    return this.#tensor(name).values;
  }

  /** Dtype and shape. Throws a {@link NameError} for an unknown name. */
  type(name: string): TensorType {
    return this.#tensor(name).type;
  }

  /** Replaces the numbers of a tensor that is there. Throws a NameError or a {@link ShapeError}. */
  set(name: string, values: NumericArray): void {
    const { type } = this.#tensor(name);
    this.#put(name, type, values);
  }

  /** Puts a tensor under a new name. Throws where the name is taken. */
  add(name: string, type: TensorType, values: NumericArray): void {
    if (this.has(name)) {
      throw new NameError({ where: `state "${name}"`, rule: 'a name stands for one tensor' });
    }
    this.#put(name, type, values);
  }

  entries(): IterableIterator<[string, NamedTensor]> {
    return this.#tensors.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, NamedTensor]> {
    return this.entries();
  }

  /** A copy that shares nothing. */
  clone(): ModelState {
    const copies = [...this].map(
      ([name, { type, values }]) => [name, { type, values: values.slice() }] as const,
    );
    return new ModelState(copies);
  }

  #put(name: string, type: TensorType, values: NumericArray): void {
    if (values.length !== sizeOf(type.shape)) {
      throw new ShapeError({
        where: `state "${name}"`,
        rule: `${formatType(type)} takes ${sizeOf(type.shape)} numbers`,
        found: String(values.length),
      });
    }
    this.#tensors.set(name, { type, values: encodeArray(type.dtype, values) });
  }

  #tensor(name: string): NamedTensor {
    const tensor = this.#tensors.get(name);
    if (tensor) return tensor;
    const known = this.names();
    const more = known.length > 20 ? `, … (${known.length} in all)` : '';
    throw new NameError({
      where: `state "${name}"`,
      rule: 'the model must have it',
      remedy: `It has: ${known.slice(0, 20).join(', ') || 'none'}${more}.`,
    });
  }
}

/** A stream of random numbers for each name (FNV-1a): one more layer leaves the others' alone. */
export function streamOf(name: string): number {
  let hash = 2166136261;
  for (const unit of name) hash = Math.imul(hash ^ unit.codePointAt(0)!, 16777619);
  return hash >>> 0;
}
