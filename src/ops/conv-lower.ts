import { sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
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
import { type ConvGeometry, convParams, flattened, flopsOf, weightsShape } from './conv-geometry';

interface Target {
  readonly elem: 'f32' | 'f16';
  readonly adapter: AdapterTraits;
}

/** A tensor made first, and the dispatch that makes it. */
export interface Prologue {
  readonly type: TensorType;
  dispatch(to: Binding): Dispatch;
}

export interface ConvTask extends Target {
  /** `w` is left out where a prologue makes it. */
  readonly tensors: {
    readonly x: Binding;
    readonly w?: Binding;
    readonly bias?: Binding;
    readonly y: Binding;
  };
  readonly prologue?: Prologue;
}

export interface FilterGradientTask extends Target {
  /** `dy` is left out where a prologue makes it. */
  readonly tensors: { readonly x: Binding; readonly dy?: Binding; readonly dw: Binding };
  readonly prologue?: Prologue;
}

/** Ways to compute y from x and w, the preferred one first. */
export function lowerConv(shape: ConvGeometry, task: ConvTask): Lowering[] {
  const geometry = flattened(shape);
  const { x, w = readTemp(0), bias, y } = task.tensors;
  const conv = { geometry, x, w, bias, y, elem: task.elem, adapter: task.adapter };
  return [{ name: 'direct', dispatch: direct(conv) }].map(({ name, dispatch }) =>
    after(task.prologue, { name, dispatches: [dispatch] }),
  );
}

interface Conv extends Target {
  readonly geometry: ConvGeometry;
  readonly x: Binding;
  readonly w: Binding;
  readonly bias?: Binding;
  readonly y: Binding;
}

function direct({ geometry, x, w, bias, y, elem, adapter }: Conv): Dispatch {
  const elements = geometry.batch * sizeOf(geometry.output) * geometry.filters;
  return {
    kernel: 'conv2d',
    elem,
    constants: { has_bias: bias ? 1 : 0 },
    params: convParams(geometry),
    bindings: [x, w, bias ?? w, y],
    workgroups: gridOf(Math.ceil(elements / 64), adapter),
    flops: flopsOf(geometry),
  };
}

/** The lowering with the prologue in front, whose tensor is its temp 0. */
function after(
  prologue: Prologue | undefined,
  { name, dispatches, temps = [] }: Lowering,
): Lowering {
  if (!prologue) return { name, dispatches, temps };
  return {
    name,
    dispatches: [prologue.dispatch(writeTemp(0)), ...dispatches],
    temps: [prologue.type, ...temps],
  };
}

/** The weights `from` swapped for {@link adjoint}; `geometry` is the adjoint. */
export function swapWeights(geometry: ConvGeometry, from: Binding, on: Target): Prologue {
  const shape = weightsShape(geometry);
  return {
    type: { dtype: on.elem, shape },
    dispatch: (to) => ({
      kernel: 'conv2d_swap_weights',
      elem: on.elem,
      params: convParams(geometry),
      bindings: [from, to],
      workgroups: gridOf(Math.ceil(sizeOf(shape) / 64), on.adapter),
      flops: 0,
    }),
  };
}

/** Ways to compute dw from x and dy, the preferred one first. */
export function lowerFilterGradient(shape: ConvGeometry, task: FilterGradientTask): Lowering[] {
  const { tensors, elem, adapter } = task;
  const geometry = flattened(shape);
  const temp = task.prologue ? 1 : 0;
  const weights = sizeOf(weightsShape(geometry));
  const pixels = geometry.batch * sizeOf(geometry.output);
  const pixelsPerSplit = Math.ceil(pixels / splitsFor(weights, pixels));
  const splits = Math.ceil(pixels / pixelsPerSplit);
  const partials: Dispatch = {
    kernel: 'conv2d_filter_grad',
    elem,
    params: [...convParams(geometry), u32(weights), u32(splits), u32(pixelsPerSplit), u32(0)],
    bindings: [tensors.x, tensors.dy ?? readTemp(0), writeTemp(temp)],
    workgroups: gridOf(Math.ceil((weights * splits) / 64), adapter),
    flops: flopsOf(geometry),
  };
  return [
    after(task.prologue, {
      name: 'direct',
      dispatches: [partials, sumPartials(weights, splits, readTemp(temp), tensors.dw, task)],
      temps: [{ dtype: 'f32', shape: [splits, weights] }],
    }),
  ];
}

/** Threads that keep a GPU busy; more splits only make more partial sums. */
const ENOUGH_THREADS = 4096;

function splitsFor(threads: number, pixels: number): number {
  return Math.max(1, Math.min(pixels, Math.ceil(ENOUGH_THREADS / threads)));
}

function sumPartials(
  count: number,
  splits: number,
  from: Binding,
  to: Binding,
  { elem, adapter }: Target,
): Dispatch {
  return {
    kernel: 'sum_partials',
    elem,
    params: [u32(count), u32(splits)],
    bindings: [from, to],
    workgroups: gridOf(Math.ceil(count / 64), adapter),
    flops: count * (splits - 1),
  };
}
