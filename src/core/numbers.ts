import type { NumericArray } from './dtype';
import { DataError } from './errors';

/** Numbers, flat (row-major) or nested by dimension. */
export type Numbers = NumericArray | NestedNumbers;
export type NestedNumbers = readonly (NestedNumbers | NumericArray)[];

/**
 * Nested arrays as one flat one; a flat one as it is. Throws a {@link DataError} for other things, and
 * for neighbours of different lengths, whose numbers would run into each other's rows.
 */
export function flatten(numbers: Numbers, where: string): NumericArray {
  if (ArrayBuffer.isView(numbers)) {
    const { length, 0: first } = numbers as unknown as ArrayLike<unknown>;
    if (length === 0 || typeof first === 'number') return numbers as NumericArray;
  }
  if (!Array.isArray(numbers)) {
    const found = Object.prototype.toString.call(numbers).slice(8, -1);
    throw new DataError({ where, rule: 'it is an array of numbers', found });
  }
  const flat: number[] = [];
  const lengths: number[] = [];
  const add = (part: ArrayLike<unknown>, depth: number) => {
    lengths[depth] ??= part.length;
    if (lengths[depth] !== part.length) {
      const found = `${lengths[depth]} and ${part.length}`;
      throw new DataError({ where, rule: 'nested arrays side by side are of one length', found });
    }
    for (let i = 0; i < part.length; i++) {
      const item = part[i];
      if (typeof item === 'number') flat.push(item);
      else if (Array.isArray(item) || ArrayBuffer.isView(item)) {
        add(item as unknown as ArrayLike<unknown>, depth + 1);
      } else throw new DataError({ where, rule: 'it is made of numbers', found: typeof item });
    }
  };
  add(numbers, 0);
  return flat;
}

/** Throws a {@link DataError} for numbers that an i32 tensor cannot hold. */
export function checkIntegers(data: NumericArray, where: string): void {
  for (const [i, value] of data.entries()) {
    if (value === (value | 0)) continue;
    const found = `${value} at ${i}`;
    throw new DataError({ where, rule: 'it holds integers of 32 bits', found });
  }
}
