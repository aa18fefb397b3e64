import type { NumericArray } from './dtype';
import { DataError } from './errors';

/** Numbers, flat (row-major) or nested by dimension. */
export type Numbers = NumericArray | NestedNumbers;
export type NestedNumbers = readonly (NestedNumbers | NumericArray)[];

/** Nested arrays as one flat one; a flat one as it is. Throws a {@link DataError} for other things. */
export function flatten(numbers: Numbers, where: string): NumericArray {
  if (ArrayBuffer.isView(numbers)) return numbers as NumericArray;
  if (!Array.isArray(numbers)) {
    throw new DataError({ where, rule: 'it is an array of numbers', found: typeof numbers });
  }
  const flat: number[] = [];
  const add = (part: ArrayLike<unknown>) => {
    for (let i = 0; i < part.length; i++) {
      const item = part[i];
      if (typeof item === 'number') flat.push(item);
      else if (Array.isArray(item) || ArrayBuffer.isView(item)) {
        add(item as unknown as ArrayLike<unknown>);
      } else throw new DataError({ where, rule: 'it is made of numbers', found: typeof item });
    }
  };
  add(numbers);
  return flat;
}
