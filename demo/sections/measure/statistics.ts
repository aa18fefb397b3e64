/** The middle of some numbers, of an even count the mean of the middle two; NaN of none. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** 95 of 100 numbers are no larger. */
export function p95(numbers: readonly number[]): number {
  return quantile(numbers, 0.95);
}

/** Linear between the two nearest numbers in order (Hyndman and Fan's definition 7). */
function quantile(numbers: readonly number[], share: number): number {
  if (!numbers.length) return Number.NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** Numbers that were computed, and what they should be. */
export interface Pair {
  readonly got: ArrayLike<number>;
  readonly want: ArrayLike<number>;
}

/**
 * The largest error in all of `pairs`, as a share of the largest number that there should be in them; NaN
 * where one is no number.
 */
export function relativeError(pairs: readonly Pair[]): number {
  let error = 0;
  let largest = 0;
  for (const { got, want } of pairs) {
    for (let i = 0; i < want.length; i++) {
      const off = Math.abs(got[i] - want[i]);
      if (Number.isNaN(off)) return Number.NaN;
      error = Math.max(error, off);
      largest = Math.max(largest, Math.abs(want[i]));
    }
  }
  return error === 0 ? 0 : error / largest;
}
