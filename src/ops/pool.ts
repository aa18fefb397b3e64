import { ArgumentError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  type Binding,
  type Dispatch,
  elemOf,
  gridOf,
  i32,
  type LowerContext,
  type Param,
  type Shader,
  u32,
  widthOf,
} from '../ir/op';
import { checkFloat, checkRank } from './common';
import { checkPair, outputExtent, type Pair, reach, type Window, windowOf } from './window';

/** A pooling window and its size. */
export interface Pool extends Window {
  readonly size: Pair;
}

/** The attributes `size`, `strides` (default `size`), `pads` and `dilations`, checked. */
export function poolOf(attrs: Attrs, where: string): Pool {
  const size = checkPair(attrs.size as readonly number[], where, 'size');
  const window = windowOf({ ...attrs, strides: attrs.strides ?? size }, where);
  for (const side of [0, 1, 2, 3]) {
    if (window.pads[side] < reach(size[side % 2], window.dilations[side % 2])) continue;
    throw new ArgumentError({
      where,
      rule: 'padding is smaller than the window, so that no window lies in it',
      found: `pads [${window.pads}], size [${size}]`,
    });
  }
  return { ...window, size };
}

/** The pooled shape of `x`, NHWC. */
export function pooledShape(x: TensorType, attrs: Attrs, where: string): number[] {
  checkFloat([x], where);
  checkRank(x, 4, where, 'NHWC');
  const pool = poolOf(attrs, where);
  const [n, height, width, channels] = x.shape;
  const [rows, columns] = outputExtent([height, width], pool.size, pool, where);
  return [n, rows, columns, channels];
}

/**
 * Calls `visit(output, inputs)` for each element of the pooled tensor with the elements of `x` in its
 * window, in row-major order, padding left out.
 */
export function forEachWindow(
  x: TensorType,
  pooled: TensorType,
  attrs: Attrs,
  visit: (output: number, inputs: number[]) => void,
): void {
  const { size, strides, pads, dilations } = poolOf(attrs, 'pool');
  const [, height, width, channels] = x.shape;
  const [batch, rows, columns] = pooled.shape;
  let output = 0;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let c = 0; c < channels; c++) {
          const inputs: number[] = [];
          for (let i = 0; i < size[0]; i++) {
            for (let j = 0; j < size[1]; j++) {
              const y = row * strides[0] - pads[0] + i * dilations[0];
              const z = column * strides[1] - pads[1] + j * dilations[1];
              if (y < 0 || y >= height || z < 0 || z >= width) continue;
              inputs.push(((n * height + y) * width + z) * channels + c);
            }
          }
          visit(output++, inputs);
        }
      }
    }
  }
}

/** A pooling kernel and what it binds. */
export interface PoolKernel {
  readonly kernel: Shader;
  readonly entry?: string;
  readonly constants?: Readonly<Record<string, number>>;
  readonly params?: readonly Param[];
  readonly bindings: readonly Binding[];
}

/** A thread an element, or four channels, of `over`: the pooled tensor, or that of the image. */
export function poolDispatch(
  { kernel, entry, constants, params = [], bindings }: PoolKernel,
  x: TensorType,
  pooled: TensorType,
  over: TensorType,
  { attrs, adapter }: LowerContext,
): Dispatch {
  const { size, strides, pads, dilations } = poolOf(attrs, kernel.name);
  const [, height, width, channels] = x.shape;
  const lanes = widthOf(channels);
  const count = sizeOf(over.shape) / lanes;
  return {
    kernel,
    entry,
    elem: elemOf(x.dtype),
    width: lanes,
    constants,
    params: [
      u32(count),
      u32(channels / lanes),
      ...[height, width, pooled.shape[1], pooled.shape[2]].map(i32),
      ...[...size, ...strides, pads[0], pads[1], ...dilations].map(i32),
      ...params,
    ],
    bindings,
    workgroups: gridOf(Math.ceil(count / 64), adapter),
    flops: sizeOf(pooled.shape) * size[0] * size[1],
  };
}
