/**
 * A tensor in generated code. `code` may have its axes in another order than this runtime: axis i here
 * is axis `perm[i]` there, so that channels-last and channels-first meet without moving numbers.
 */
export interface Expression {
  readonly code: string;
  readonly perm: readonly number[];
}

const range = (rank: number) => Array.from({ length: rank }, (_, axis) => axis);

/** Axes in this runtime's order. */
export function plain(code: string, rank: number): Expression {
  return { code, perm: range(rank) };
}

/** Axes as PyTorch's convolutions have them: the last one here is the first after the batch there. */
export function channelsFirst(code: string, rank: number): Expression {
  return {
    code,
    perm: rank < 3 ? range(rank) : [0, ...range(rank - 2).map((axis) => axis + 2), 1],
  };
}

/** Code of the tensor with its axes in the order of `like`; they have the same rank. */
export function inOrderOf({ code, perm }: Expression, like: Expression): string {
  const order = range(perm.length).map((axis) => perm[like.perm.indexOf(axis)]);
  if (order.every((axis, i) => axis === i)) return code;
  return `${atom(code)}.permute(${order.join(', ')})`;
}

export function asPlain(tensor: Expression): string {
  return inOrderOf(tensor, plain('', tensor.perm.length));
}

export function asChannelsFirst(tensor: Expression): string {
  return inOrderOf(tensor, channelsFirst('', tensor.perm.length));
}

/** Code that a method can be called on. */
export function atom(code: string): string {
  return /^[\w.]+(\((?:[^()]|\([^()]*\))*\))?$/.test(code) ? code : `(${code})`;
}

/** A number as Python writes it. */
export function literal(value: number): string {
  if (Number.isNaN(value)) return "float('nan')";
  if (!Number.isFinite(value)) return `float('${value > 0 ? '' : '-'}inf')`;
  return String(value);
}

/** `(1, 2)`; one number for all where they are the same. */
export function tuple(values: readonly number[], collapse = true): string {
  if (collapse && values.every((value) => value === values[0])) return String(values[0]);
  return `(${values.join(', ')}${values.length === 1 ? ',' : ''})`;
}
