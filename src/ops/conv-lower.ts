import conv2dKernel from '../../shaders/conv2d.wgsl';
import conv2dArrangeWeightsKernel from '../../shaders/conv2d_arrange_weights.wgsl';
import conv2dDepthwiseKernel from '../../shaders/conv2d_depthwise.wgsl';
import conv2dOddKernel from '../../shaders/conv2d_odd.wgsl';
import conv2dQuadsKernel from '../../shaders/conv2d_quads.wgsl';
import conv2dRegistersKernel from '../../shaders/conv2d_registers.wgsl';
import conv2dTiledKernel from '../../shaders/conv2d_tiled.wgsl';
import { sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  type AdapterTraits,
  type Binding,
  type Dispatch,
  gridOf,
  type Lowering,
  readTemp,
  type Shader,
  u32,
  type Width,
  writeTemp,
} from '../ir/op';
import { type ConvGeometry, convParams, flattened, flopsOf, weightsShape } from './conv-geometry';
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

interface Kernel {
  readonly kernel: Shader;
  readonly entry?: string;
  /** Outputs finished at a time; default 4. */
  readonly width?: Width;
  readonly vectors?: number;
  /** Threads of the whole dispatch. */
  readonly threads: number;
  /** Rows of the weights are padded to whole vec4s. */
  readonly padded?: boolean;
}

/** Ways to compute y from x and w, the preferred one first. */
export function lowerConv(shape: ConvGeometry, task: ConvTask): Lowering[] {
  const geometry = flattened(shape);
  return convKernels(geometry, task.adapter).map((kernel) => convLowering(geometry, kernel, task));
}

function convKernels(geometry: ConvGeometry, adapter: AdapterTraits): Kernel[] {
  const { batch, channels, filters, groups, output, spread } = geometry;
  const rows = batch * output[0];
  const rowTiles = Math.ceil(Math.ceil(output[1] / spread[1]) / PIXELS) * spread[1];
  const tiles = rows * rowTiles;
  const direct: Kernel = { kernel: conv2dKernel, width: 1, threads: rows * output[1] * filters };
  if (groups === channels && groups === filters && filters % 4 === 0) {
    return [{ kernel: conv2dDepthwiseKernel, threads: (tiles * filters) / 4 }, direct];
  }
  const vec4 = (channels / groups) % 4 === 0 && (filters / groups) % 4 === 0;
  if (!vec4 && groups > 1) return [direct];
  const vectors = vectorsFor(Math.ceil(filters / 4), groups);
  const threads = Math.ceil(filters / 4 / vectors) * roundUp(tiles, 4);
  if (!vec4) {
    const entry = filters % 4 === 0 ? 'main4' : 'main';
    return [{ kernel: conv2dOddKernel, entry, threads, vectors, padded: true }, direct];
  }
  const registers = { kernel: conv2dRegistersKernel, threads, vectors };
  const own = adapter.subgroups
    ? [{ kernel: conv2dQuadsKernel, threads, vectors }, registers]
    : [registers];
  if (groups > 1) return [...own, direct];
  const tiled = {
    kernel: conv2dTiledKernel,
    threads: Math.ceil((rows * output[1]) / TILE) * Math.ceil(filters / TILE) * 64,
  };
  const best = adapter.software || filters < TILE / 2 ? [...own, tiled] : [tiled, ...own];
  return [...best, direct];
}

function convLowering(geometry: ConvGeometry, choice: Kernel, task: ConvTask): Lowering {
  const { x, bias, residual, y } = task.tensors;
  const { swapped = false, epilogue = {} } = task;
  const { kernel, entry, vectors, threads } = choice;
  const row = choice.padded ? roundUp(geometry.filters, 4) : geometry.filters;
  const arrange = swapped || row !== geometry.filters;
  const prologue = arrange
    ? arrangedWeights(geometry, task.tensors.w, row, swapped, task)
    : undefined;
  const w = prologue ? readTemp(0) : task.tensors.w;
  return after(prologue, {
    name: kernel.name,
    dispatches: [
      {
        kernel,
        entry,
        elem: task.elem,
        width: choice.width ?? 4,
        constants: {
          has_bias: bias ? 1 : 0,
          ...epilogueConstants(epilogue),
          ...(vectors && { vectors }),
        },
        params: convParams(geometry, epilogueParams(epilogue)),
        bindings: [x, w, bias ?? w, y, residual ?? w],
        workgroups: gridOf(Math.ceil(threads / 64), task.adapter),
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

/** Pixels, and filters, that a workgroup of the tiled kernels makes; fewer filters waste most of it. */
export const TILE = 64;

/** Pixels of a row that a thread of the register kernels has. */
const PIXELS = 4;

/**
 * How many vec4s of filters a thread has, of `count`: for a column of 4×4 blocks, the loads (4 of
 * pixels, one a vec4 of weights, each worth about ten multiply-adds) against the multiply-adds.
 * Threads of a group must not reach into the next.
 */
export function vectorsFor(count: number, groups: number): number {
  const cost = (vectors: number) =>
    Math.ceil(count / vectors) * (64 * vectors + 10 * (4 + vectors));
  const candidates = [4, 3, 2, 1].filter(
    (vectors) => groups === 1 || (count / groups) % vectors === 0,
  );
  return candidates.reduce((best, vectors) => (cost(vectors) < cost(best) ? vectors : best));
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
