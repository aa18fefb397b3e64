import type { DType } from '../core/dtype';
import type { NodeBuilder } from '../ir/gradient';
import type { Value } from '../ir/graph';
import { castOp } from './cast';

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

/** A tensor of halves as f32: for a gradient of several steps, each of which would round to a half. */
export function widened(g: NodeBuilder, x: Value): Value {
  return x.dtype === 'f16' ? g.op(castOp, [x], { to: 'f32' }) : x;
}

/** `x` as `dtype`, where it was widened. */
export function narrowed(g: NodeBuilder, x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : g.op(castOp, [x], { to: dtype });
}
