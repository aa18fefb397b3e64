import conv2dArrangeWeightsKernel from '../../shaders/conv2d_arrange_weights.wgsl';
import { sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  type AdapterTraits,
  type Binding,
  type Dispatch,
  gridOf,
  type Lowering,
  readTemp,
  u32,
  writeTemp,
} from '../ir/op';
import {
  type ConvGeometry,
  type ConvKernel,
  convParams,
  flattened,
  flopsOf,
  weightsShape,
} from './conv-geometry';
import { convKernels, roundUp } from './conv-kernels';
import { epilogueConstants, epilogueParams } from './epilogue';

/** What a lowering is for. */
export interface Target {
  readonly elem: 'f32' | 'f16';
  readonly adapter: AdapterTraits;
}

/** A tensor made first, and the dispatch that makes it. */
export interface Prologue {
  readonly type: TensorType;
  dispatch(to: Binding): Dispatch;
}

export interface ConvTask extends Target {
  readonly tensors: {
    readonly x: Binding;
    readonly w: Binding;
    readonly bias?: Binding;
    readonly residual?: Binding;
    readonly y: Binding;
  };
  /** Attributes of what follows before y is stored, as in `./epilogue`. */
  readonly epilogue?: Attrs;
  /** `w` holds the weights of the convolution whose adjoint this is. */
  readonly swapped?: boolean;
}

/** Ways to compute y from x and w, the preferred one first. */
export function lowerConv(shape: ConvGeometry, task: ConvTask): Lowering[] {
  const geometry = flattened(shape);
  return convKernels(geometry, task.adapter).map((kernel) => convLowering(geometry, kernel, task));
}

/** By that kernel; of a 1×1 convolution `geometry` is {@link flattened}. */
export function convLowering(geometry: ConvGeometry, choice: ConvKernel, task: ConvTask): Lowering {
  const { x, bias, residual, y } = task.tensors;
  const { swapped = false, epilogue = {} } = task;
  const { kernel, entry, constants, params = [], threads, groupSize = 64 } = choice;
  const row = choice.padded ? roundUp(geometry.filters, 4) : geometry.filters;
  const arrange = swapped || row !== geometry.filters;
  const prologue = arrange
    ? arrangedWeights(geometry, task.tensors.w, row, swapped, task)
    : undefined;
  const w = prologue ? readTemp(0) : task.tensors.w;
  return after(prologue, {
    name: choice.name ?? kernel.name,
    dispatches: [
      {
        kernel,
        entry,
        elem: task.elem,
        width: choice.width ?? 4,
        constants: {
          has_bias: bias ? 1 : 0,
          ...epilogueConstants(epilogue),
          ...constants,
        },
        params: [...convParams(geometry, epilogueParams(epilogue)), ...params],
        bindings: [x, w, bias ?? w, y, residual ?? w],
        workgroups: gridOf(Math.ceil(threads / groupSize), task.adapter),
        flops: flopsOf(geometry),
      },
    ],
  });
}

/** The lowering with the prologue in front, whose tensor is its temp 0. */
export function after(prologue: Prologue | undefined, lowering: Lowering): Lowering {
  if (!prologue) return lowering;
  const { name, dispatches, temps = [] } = lowering;
  return {
    name,
    dispatches: [prologue.dispatch(writeTemp(0)), ...dispatches],
    temps: [prologue.type, ...temps],
  };
}

/** The weights `from` for the convolution `geometry`, in rows of `row` filters. */
export function arrangedWeights(
  geometry: ConvGeometry,
  from: Binding,
  row: number,
  swapped: boolean,
  { elem, adapter }: Target,
): Prologue {
  const shape = [...weightsShape(geometry).slice(0, 3), row];
  return {
    type: { dtype: elem, shape },
    dispatch: (to) => ({
      kernel: conv2dArrangeWeightsKernel,
      elem,
      constants: { swapped: swapped ? 1 : 0 },
      params: [...convParams(geometry), u32(row)],
      bindings: [from, to],
      workgroups: gridOf(Math.ceil(sizeOf(shape) / 64), adapter),
      flops: 0,
    }),
  };
}
