import type { Shape } from '../core/shape';
import { sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import {
  type AdapterTraits,
  type Binding,
  type Dispatch,
  elemOf,
  gridOf,
  type Param,
  u32,
} from '../ir/op';
import { mergeAxes } from './binary';
import { ELEMENTS_PER_WORKGROUP } from './common';

/** Where one side of a copy walks: element `offset + Σ index·stride`. */
export interface Walk {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Copies a block of `shape` from one tensor to another, each walked in its own way. */
export function stridedCopy(
  { dtype }: TensorType,
  shape: Shape,
  from: Walk,
  to: Walk,
  bindings: readonly [Binding, Binding],
  adapter: AdapterTraits,
): Dispatch {
  const merged = mergeAxes(shape, [from.strides, to.strides]);
  const last = merged.shape.length - 1;
  const innermost = merged.strides.map((strides) => strides[last]);
  const vec4 =
    last >= 0 &&
    innermost.every((stride) => stride === 1) &&
    [
      merged.shape[last],
      from.offset,
      to.offset,
      ...merged.strides.flatMap((s) => s.slice(0, last)),
    ].every((n) => n % 4 === 0);
  const unit = vec4 ? 4 : 1;
  const scaled = (values: readonly number[]) =>
    values.map((value, axis) => (axis === last ? value : value / unit));
  const extents = merged.shape.map((extent, axis) => (axis === last ? extent / unit : extent));
  const count = sizeOf(shape) / unit;
  return {
    kernel: 'strided_copy',
    entry: vec4 ? 'main4' : 'main',
    elem: elemOf(dtype),
    params: [
      u32(count),
      u32(extents.length),
      u32(from.offset / unit),
      u32(to.offset / unit),
      ...innermostFirst(extents),
      ...innermostFirst(scaled(merged.strides[0])),
      ...innermostFirst(scaled(merged.strides[1])),
    ],
    bindings,
    workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
    flops: 0,
  };
}

/** The eight words of an `array<vec4u, 2>` that holds one number an axis, innermost first. */
export function innermostFirst(values: readonly number[]): Param[] {
  return Array.from({ length: 8 }, (_, i) => u32(values[values.length - 1 - i] ?? 0));
}
