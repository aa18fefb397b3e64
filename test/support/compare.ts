import { type Shape, stridesOf } from '../../src/core/shape';

/** Unit round-off of f32. */
const ROUND_OFF = 2 ** -24;

export interface Expectation {
  readonly name: string;
  readonly shape: Shape;
  /** Absolute error allowed. */
  readonly atol: number;
  /** Error allowed relative to the expected number. */
  readonly rtol?: number;
}

/** Absolute error that `terms` f32 operations of magnitude `scale` may accumulate. */
export function roundingError(terms: number, scale: number): number {
  return (terms + 8) * ROUND_OFF * scale;
}

export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/** Undefined where all is well, or a line that names the worst element. NaN equals only NaN. */
export function worstError(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { name, shape, atol, rtol = 0 }: Expectation,
): string | undefined {
  if (got.length !== want.length) return `${name}: ${got.length} numbers, want ${want.length}`;
  let worst = -1;
  let excess = 1;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    const ratio = Math.abs(got[i] - want[i]) / (atol + rtol * Math.abs(want[i]));
    if (ratio <= excess) continue;
    worst = i;
    excess = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
    if (excess === Number.POSITIVE_INFINITY) break;
  }
  if (worst < 0) return undefined;
  const index = stridesOf(shape).map((stride, axis) => Math.floor(worst / stride) % shape[axis]);
  const error = Math.abs(got[worst] - want[worst]).toExponential(2);
  const allowed = (atol + rtol * Math.abs(want[worst])).toExponential(2);
  return `${name}[${index}]: got ${got[worst]}, want ${want[worst]}, |err| ${error} > ${allowed}`;
}
