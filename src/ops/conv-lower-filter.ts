import conv2dFilterGradKernel from '../../shaders/conv2d_filter_grad.wgsl';
import conv2dFilterGradDepthwiseKernel from '../../shaders/conv2d_filter_grad_depthwise.wgsl';
import conv2dFilterGradOddKernel from '../../shaders/conv2d_filter_grad_odd.wgsl';
import conv2dFilterGradQuadsKernel from '../../shaders/conv2d_filter_grad_quads.wgsl';
import conv2dFilterGradQuads3Kernel from '../../shaders/conv2d_filter_grad_quads_3.wgsl';
import conv2dFilterGradRegistersKernel from '../../shaders/conv2d_filter_grad_registers.wgsl';
import conv2dFilterGradTiledKernel from '../../shaders/conv2d_filter_grad_tiled.wgsl';
import sumPartialsKernel from '../../shaders/sum_partials.wgsl';
import { sizeOf } from '../core/shape';
import {
  type AdapterTraits,
  type Binding,
  type Dispatch,
  gridOf,
  type Lowering,
  readTemp,
  type Shader,
  u32,
  writeTemp,
} from '../ir/op';
import { type ConvGeometry, convParams, flattened, flopsOf, weightsShape } from './conv-geometry';
import {
  cheapestVectors,
  roundUp,
  slidesAlong,
  slidingFilterCost,
  TILE,
  tileCost,
} from './conv-kernels';
import { after, type Prologue, type Target } from './conv-lower';
import { isDepthwise } from './depthwise-kernels';

export interface FilterGradientTask extends Target {
  /** `dy` is left out where a prologue makes it. */
  readonly tensors: { readonly x: Binding; readonly dy?: Binding; readonly dw: Binding };
  readonly prologue?: Prologue;
}

interface Kernel {
  readonly kernel: Shader;
  /** Of the lowering; default the kernel's. */
  readonly name?: string;
  readonly constants?: Dispatch['constants'];
  /** Threads of one split. */
  readonly threads: number;
  /** Pieces that splits are made of. */
  readonly steps: number;
}

/** Ways to compute dw from x and dy, the preferred one first. */
export function lowerFilterGradient(shape: ConvGeometry, task: FilterGradientTask): Lowering[] {
  const geometry = flattened(shape);
  return filterGradientKernels(geometry, task.adapter).map((kernel) =>
    after(task.prologue, filterGradientLowering(geometry, kernel, task)),
  );
}

function filterGradientKernels(geometry: ConvGeometry, adapter: AdapterTraits): Kernel[] {
  const { batch, output, channels, filters, groups, kernel: taps } = geometry;
  const steps = batch * output[0] * Math.ceil(output[1] / 4);
  const weights = sizeOf(weightsShape(geometry));
  const direct = { kernel: conv2dFilterGradKernel, threads: weights, steps };
  if (isDepthwise(geometry) && filters % 4 === 0) {
    return [{ kernel: conv2dFilterGradDepthwiseKernel, threads: weights / 4, steps }, direct];
  }
  const vec4 = (channels / groups) % 4 === 0 && (filters / groups) % 4 === 0;
  if (!vec4 && groups > 1) return [direct];
  if (!vec4) return [oddKernel(geometry, steps), direct];
  const own = tileKernels(geometry, steps, adapter);
  if (groups > 1) return [...own, direct];
  const tiled = {
    kernel: conv2dFilterGradTiledKernel,
    threads: Math.ceil((sizeOf(taps) * channels) / TILE) * Math.ceil(filters / TILE) * 64,
    steps: Math.ceil((batch * sizeOf(output)) / 16),
  };
  const best = adapter.software || filters < TILE / 2 ? [...own, tiled] : [tiled, ...own];
  return [...best, direct];
}

function oddKernel({ filters, channels, kernel }: ConvGeometry, steps: number): Kernel {
  const vectors = vectorsFor(Math.ceil(filters / 4));
  const tiles = Math.ceil((sizeOf(kernel) * channels) / 4);
  return {
    kernel: conv2dFilterGradOddKernel,
    constants: { vectors },
    threads: tiles * Math.ceil(filters / 4 / vectors),
    steps,
  };
}

/** With small tiles and with large ones; where threads can share loads, also alone. */
function tileKernels(
  geometry: ConvGeometry,
  steps: number,
  { software, subgroups }: AdapterTraits,
): Kernel[] {
  const { channels, groups } = geometry;
  const kernel = subgroups ? conv2dFilterGradQuadsKernel : conv2dFilterGradRegistersKernel;
  const tile = (kernel: Shader, shares: boolean, quads: number) =>
    tileKernel({ kernel, shares, quads, steps, software }, geometry);
  const small = tile(kernel, subgroups, 1);
  const large = { ...tile(kernel, subgroups, 2), name: `${kernel.name}_wide` };
  const even = (channels / groups / 4) % 2 === 0;
  const own = even ? [small, large] : [small];
  if (!subgroups) return sorted(own, software);
  const slides = slidesAlong(geometry) && geometry.output[0] === geometry.input[0];
  const sharing = slides ? [...own, slidingKernel(geometry, software)] : own;
  return [...sorted(sharing, software), tile(conv2dFilterGradRegistersKernel, false, 1)];
}

/** On a software adapter the cheapest first. */
function sorted<K extends { readonly cost: number }>(kernels: K[], software: boolean): K[] {
  return software ? kernels.sort((a, b) => a.cost - b.cost) : kernels;
}

interface TileWay {
  readonly kernel: Shader;
  readonly shares: boolean;
  /** 4 rows of the gradient, so many times. */
  readonly quads: number;
  readonly steps: number;
  readonly software: boolean;
}

function tileKernel(
  { kernel, shares, quads, steps, software }: TileWay,
  { channels, filters, groups, kernel: taps }: ConvGeometry,
): Kernel & { readonly cost: number } {
  const count = filters / 4;
  const tiles = roundUp((sizeOf(taps) * channels) / groups / 4 / quads, 4);
  const threads = (vectors: number) => tiles * Math.ceil(count / vectors);
  const cost = (vectors: number) => tileCost(threads(vectors) * steps, vectors, quads, shares);
  const vectors = cheapestVectors(cost, count, groups, software);
  return {
    kernel,
    constants: { vectors, quads },
    threads: threads(vectors),
    steps,
    cost: cost(vectors),
  };
}

/** Tiles of a row of 3 taps, each by 4 channels, over 8 pixels a step. */
function slidingKernel(
  geometry: ConvGeometry,
  software: boolean,
): Kernel & { readonly cost: number } {
  const { batch, output, channels, filters, groups, kernel: taps } = geometry;
  const count = filters / 4;
  const tiles = roundUp((taps[0] * channels) / groups / 4, 4);
  const steps = Math.ceil((batch * sizeOf(output)) / 8);
  const threads = (vectors: number) => tiles * Math.ceil(count / vectors);
  const cost = (vectors: number) => slidingFilterCost(threads(vectors) * steps, vectors);
  const vectors = cheapestVectors(cost, count, groups, software);
  return {
    kernel: conv2dFilterGradQuads3Kernel,
    constants: { vectors },
    threads: threads(vectors),
    steps,
    cost: cost(vectors),
  };
}

function filterGradientLowering(
  geometry: ConvGeometry,
  { kernel, name = kernel.name, constants = {}, threads, steps }: Kernel,
  task: FilterGradientTask,
): Lowering {
  const { tensors, elem, adapter } = task;
  const temp = task.prologue ? 1 : 0;
  const weights = sizeOf(weightsShape(geometry));
  const stepsPerSplit = Math.ceil(steps / splitsFor(threads, steps, adapter));
  const splits = Math.ceil(steps / stepsPerSplit);
  // One split of f32 is the gradient itself.
  const whole = splits === 1 && elem === 'f32';
  const partials: Dispatch = {
    kernel,
    elem,
    constants,
    params: [...convParams(geometry), u32(splits), u32(stepsPerSplit)],
    bindings: [tensors.x, tensors.dy ?? readTemp(0), whole ? tensors.dw : writeTemp(temp)],
    workgroups: gridOf(Math.ceil((threads * splits) / 64), adapter),
    flops: flopsOf(geometry),
  };
  if (whole) return { name, dispatches: [partials] };
  return {
    name,
    dispatches: [partials, sumPartials(weights, splits, readTemp(temp), tensors.dw, task)],
    temps: [{ dtype: 'f32', shape: [splits, weights] }],
  };
}

/**
 * How many vec4s of filters a thread has, of `count`: for a column of 4×4 blocks, the loads (4 of
 * pixels, one a vec4 of dy, each worth about ten multiply-adds) against the multiply-adds.
 */
function vectorsFor(count: number): number {
  const cost = (vectors: number) =>
    Math.ceil(count / vectors) * (64 * vectors + 10 * (4 + vectors));
  return [4, 3, 2, 1].reduce((best, vectors) => (cost(vectors) < cost(best) ? vectors : best));
}

/** Splits enough to keep an adapter busy; more of them only make more partial sums. */
function splitsFor(threads: number, steps: number, { software }: AdapterTraits): number {
  const enough = software ? 512 : 2048;
  return Math.max(1, Math.min(steps, Math.ceil(enough / threads)));
}

function sumPartials(
  count: number,
  splits: number,
  from: Binding,
  to: Binding,
  { elem, adapter }: Target,
): Dispatch {
  return {
    kernel: sumPartialsKernel,
    elem,
    params: [u32(count), u32(splits)],
    bindings: [from, to],
    workgroups: gridOf(Math.ceil(count / 64), adapter),
    flops: count * (splits - 1),
  };
}
