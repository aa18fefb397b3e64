import stridedCopyKernel from '../../shaders/strided_copy.wgsl';
import type { Shape } from '../core/shape';
import { sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import {
  type AdapterTraits,
  type Binding,
  type Dispatch,
  elemOf,
  gridOf,
  type Lowering,
  type Param,
  u32,
} from '../ir/op';
import { mergeAxes } from './binary';

/** Where one side of a copy walks: element `offset + Σ index·stride`. */
export interface Walk {
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * A lowering with threads that do one element and one with threads that do 16 along the innermost
 * axis: a software adapter would rather not find out for each element where it is.
 */
export function byRuns(adapter: AdapterTraits, make: (run: number) => Dispatch[]): Lowering[] {
  const runs = adapter.software ? [16, 1] : [1, 16];
  return runs.map((run) => ({ name: `run${run}`, dispatches: make(run) }));
}

/** Copies a block of `shape` from one tensor to another, each walked in its own way. */
export function stridedCopy(
  { dtype }: TensorType,
  shape: Shape,
  from: Walk,
  to: Walk,
  bindings: readonly [Binding, Binding],
  adapter: AdapterTraits,
  run: number,
): Dispatch {
  const merged = mergeAxes(shape, [from.strides, to.strides]);
  // One element has no axes left.
  const extents = merged.shape.length ? merged.shape : [1];
  const [source, target] = merged.shape.length ? merged.strides : [[1], [1]];
  const last = extents.length - 1;
  const whole = [extents[last], from.offset, to.offset];
  const outer = [...source.slice(0, last), ...target.slice(0, last)];
  const contiguous = source[last] === 1 && target[last] === 1;
  const width = contiguous && [...whole, ...outer].every((n) => n % 4 === 0) ? 4 : 1;
  // In vec4s all but the innermost stride, which stays 1.
  const scaled = (strides: readonly number[]) =>
    strides.map((stride, axis) => (axis === last ? stride : stride / width));
  const inner = extents[last] / width;
  const threads = (sizeOf(extents) / extents[last]) * Math.ceil(inner / run);
  return {
    kernel: stridedCopyKernel,
    elem: elemOf(dtype),
    width,
    constants: { run },
    params: [
      u32(threads),
      u32(extents.length),
      u32(from.offset / width),
      u32(to.offset / width),
      ...innermostFirst([...extents.slice(0, last), inner]),
      ...innermostFirst(scaled(source)),
      ...innermostFirst(scaled(target)),
    ],
    bindings,
    workgroups: gridOf(Math.ceil(threads / 64), adapter),
    flops: 0,
  };
}

/** The eight words of an `array<vec4u, 2>` that holds one number an axis, innermost first. */
export function innermostFirst(values: readonly number[]): Param[] {
  // Negative strides wrap around, as sums of u32 do.
  return Array.from({ length: 8 }, (_, i) => u32((values[values.length - 1 - i] ?? 0) >>> 0));
}
