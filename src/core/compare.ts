// Numbers against what they should be.
import { type Shape, stridesOf } from './shape';

/** Unit round-off of f32. */
const ROUND_OFF = 2 ** -24;
/** Unit round-off of f16. */
export const HALF_ROUND_OFF = 2 ** -11;

/** How far a number may be off: atol + rtol·|expected|. */
export interface Tolerance {
  /** Absolute error allowed. */
  readonly atol: number;
  /** Error allowed relative to the expected number; default 0. */
  readonly rtol?: number;
}

/** What a tensor is called and how it is indexed, for messages, and how far it may be off. */
export interface Expectation extends Tolerance {
  readonly name: string;
  readonly shape: Shape;
}

/** The element that is farthest out, as a share of what is allowed. */
export interface Worst {
  /** Its place in the data; -1 where every number is exactly what it should be. */
  readonly at: number;
  /** |got − want|; NaN where only one of them is a number. */
  readonly error: number;
  readonly allowed: number;
  /** error/allowed: at most 1 where all is well. */
  readonly share: number;
}

/** Absolute error that `terms` f32 operations of magnitude `scale` may accumulate. */
export function roundingError(terms: number, scale: number): number {
  return (terms + 8) * ROUND_OFF * scale;
}

/**
 * What a number that was computed to within `atol` may be off as the nearest half: half a unit of its 11
 * bits, or of the smallest half, 2⁻²⁴.
 */
export function storedAsHalf(atol: number): Required<Tolerance> {
  return { atol: atol * (1 + HALF_ROUND_OFF) + 2 ** -25, rtol: HALF_ROUND_OFF };
}

/** ±∞ where no half is nearest: from halfway between the largest half, 65504, and the next there would be. */
export function overflowed(value: number): number {
  return Math.abs(value) < 65520 ? value : Math.sign(value) * Number.POSITIVE_INFINITY;
}

/** Of the finite ones: an infinity among them would allow any error elsewhere. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) largest = Math.max(largest, Math.abs(values[i]));
  }
  return largest;
}

/** Two tensors of the same length. NaN equals only NaN. */
export function findWorst(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { atol, rtol = 0 }: Tolerance,
): Worst {
  let at = -1;
  let share = 0;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    const ratio = Math.abs(got[i] - want[i]) / (atol + rtol * Math.abs(want[i]));
    if (ratio <= share) continue;
    at = i;
    share = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
    if (share === Number.POSITIVE_INFINITY) break;
  }
  if (at < 0) return { at, error: 0, allowed: atol, share };
  const allowed = atol + rtol * Math.abs(want[at]);
  return { at, error: Math.abs(got[at] - want[at]), allowed, share };
}

/** Undefined where all is well, or a line that names the worst element. */
export function worstError(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  expectation: Expectation,
): string | undefined {
  const { name, shape } = expectation;
  if (got.length !== want.length) return `${name}: ${got.length} numbers, want ${want.length}`;
  const { at, error, allowed, share } = findWorst(got, want, expectation);
  if (share <= 1) return undefined;
  const index = stridesOf(shape).map((stride, axis) => Math.floor(at / stride) % shape[axis]);
  const [by, most] = [error, allowed].map((x) => x.toExponential(2));
  return `${name}[${index}]: got ${got[at]}, want ${want[at]}, |err| ${by} > ${most}`;
}
