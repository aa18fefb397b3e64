import { type Shape, stridesOf } from '../core/shape';

/** How far a number may be off: atol + rtol·|expected|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Names the element that is farthest out, as a share of what is allowed; undefined where none is out. */
export function worstElement(
  name: string,
  shape: Shape,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { rtol, atol }: Tolerance,
): string | undefined {
  if (got.length !== want.length) return `${name}: ${got.length} numbers, want ${want.length}`;
  const excess = (i: number) => {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) return 0;
    const share = Math.abs(got[i] - want[i]) / (atol + rtol * Math.abs(want[i]));
    return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
  };
  let worst = 0;
  for (let i = 1; i < want.length; i++) if (excess(i) > excess(worst)) worst = i;
  if (excess(worst) <= 1) return undefined;
  const index = stridesOf(shape).map((stride, axis) => Math.floor(worst / stride) % shape[axis]);
  const error = Math.abs(got[worst] - want[worst]).toExponential(2);
  const allowed = (atol + rtol * Math.abs(want[worst])).toExponential(2);
  return `${name}[${index}]: got ${got[worst]}, want ${want[worst]}, |err| ${error} > ${allowed}`;
}
