import { ShapeError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import type { GraphBuilder } from '../../ir/builder';
import type { Value } from '../../ir/graph';
import { reshapeOp } from '../../ops/reshape';
import { type Padding, resolvePadding } from '../../ops/window';
import { type Activation, activationOption } from '../activations';
import type { LayerOptions } from '../create-layer';
import { type Initializer, initializerOption } from '../initializers';
import type { Expansion, WeightSpec } from '../layer';
import { boolean, type Check, optional } from '../options';

export type Pair = readonly [height: number, width: number];
export { type Padding, resolvePadding };

/** Options of layers with a kernel. */
export interface KernelOptions extends LayerOptions {
  /** Applied to the output; default none. */
  readonly activation?: Activation;
  /** Default true, unless the only consumer of the output is a batch norm. */
  readonly useBias?: boolean;
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: Initializer;
  /** Default `zeros`. */
  readonly biasInitializer?: Initializer;
}

export const biasSchema = {
  activation: optional(activationOption, 'linear' as Activation),
  useBias: optional(boolean, undefined),
  biasInitializer: optional(initializerOption, 'zeros' as Initializer),
};

export const kernelSchema = {
  ...biasSchema,
  kernelInitializer: optional(initializerOption, 'glorotUniform' as Initializer),
};

/** A bias of `size` numbers where there is to be one. */
export function biasWeight(
  useBias: boolean,
  size: number,
  initializer: Initializer,
): Readonly<Record<string, WeightSpec>> {
  return useBias ? { bias: { shape: [size], initializer, half: true } } : {};
}

/** Values without those that are not there: an optional bias. */
export function present<T>(...values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

/** Throws a {@link ShapeError} unless a shape without its batch dimension is `layout`. */
export function checkLayout(shape: Shape, layout: string, where: string): void {
  const rank = layout.split(',').length;
  if (shape.length === rank) return;
  throw new ShapeError({
    where,
    rule: `without the batch its input is [${layout}]`,
    found: formatShape(shape),
  });
}

/** Throws a {@link ShapeError} for an input without dimensions beside the batch; gives its channels. */
export function channelsOf(shape: Shape, where: string): number {
  if (shape.length) return shape[shape.length - 1];
  throw new ShapeError({ where, rule: 'its input has channels, the last dimension', found: '[]' });
}

/** Checks padding before the input's size is known. */
export const paddingOption: Check<Padding> = (value, where) => {
  resolvePadding(value as Padding, [8, 8], [1, 1], [1, 1], [1, 1], where);
  return value as Padding;
};

/** Throws a {@link ShapeError} unless `groups` divides both sides of a convolution. */
export function checkGroups(
  groups: number,
  channels: number,
  filters: number,
  where: string,
): void {
  if (channels % groups === 0 && filters % groups === 0) return;
  throw new ShapeError({
    where,
    rule: 'groups divides the input channels and the filters',
    found: `${groups} groups, ${channels} channels, ${filters} filters`,
  });
}

/**
 * Throws a {@link ShapeError} where NumPy's broadcasting would let the batch meet another dimension:
 * tensors with a batch have as many dimensions as each other, the others fewer, or 1 in its place.
 */
export function checkBroadcast({ inputs, batched, where }: Expansion<unknown>): void {
  const shapes = inputs.map(({ shape }) => shape);
  const ranks = shapes.filter((_, i) => batched[i]).map(({ length }) => length);
  if (!ranks.length) return;
  const fits = shapes.every(({ length, 0: first }, i) =>
    batched[i] ? length === ranks[0] : length < ranks[0] || (length === ranks[0] && first === 1),
  );
  if (fits) return;
  const mixed = ranks.length < shapes.length;
  throw new ShapeError({
    where,
    rule: mixed
      ? 'a tensor without a batch has fewer dimensions than one with it, or 1 in its place'
      : 'its inputs have as many dimensions as each other',
    found: shapes
      .map((shape, i) =>
        batched[i] ? formatShape(shape.slice(1)) : `${formatShape(shape)} in all`,
      )
      .join(', '),
    remedy: 'Put a reshape layer before one of them.',
  });
}

/** Throws a {@link ShapeError} where `axis` of `x` is the batch, which no layer may mix or cut. */
export function checkNotBatch(axes: readonly number[], batched: boolean, where: string): void {
  if (!batched || !axes.includes(0)) return;
  throw new ShapeError({
    where,
    rule: 'axis is not 0: the batch is 0, and a layer works on each example by itself',
    found: `axes ${formatShape(axes)}`,
  });
}

/** A tensor with another shape; the first dimension, the batch's or its own, stays. */
export function reshaped(g: GraphBuilder, value: Value, shape: Shape): Value {
  return g.op(reshapeOp, [value], { shape: [value.shape[0], ...shape] }, 'reshape');
}
