import type { Value } from '../ir/graph';

/**
 * The gradients that are wanted, that of input 0 made last: the others are the last to read input 0, whose
 * memory is then free for it.
 */
export function inputLast(
  gradients: readonly (() => Value)[],
  wanted: readonly boolean[],
): (Value | undefined)[] {
  const [first, ...others] = gradients.map((make, i) => () => (wanted[i] ? make() : undefined));
  const made = others.map((make) => make());
  return [first(), ...made];
}
