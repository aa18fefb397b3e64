// Which convolution kernels there are for a geometry, and which one an adapter prefers.
import conv2dKernel from '../../shaders/conv2d.wgsl';
import conv2dOddKernel from '../../shaders/conv2d_odd.wgsl';
import conv2dOddQuadsKernel from '../../shaders/conv2d_odd_quads.wgsl';
import conv2dQuadsKernel from '../../shaders/conv2d_quads.wgsl';
import conv2dQuads3Kernel from '../../shaders/conv2d_quads_3.wgsl';
import conv2dRegistersKernel from '../../shaders/conv2d_registers.wgsl';
import conv2dSplitKernel from '../../shaders/conv2d_split.wgsl';
import conv2dTiledKernel from '../../shaders/conv2d_tiled.wgsl';
import { sizeOf } from '../core/shape';
import type { AdapterTraits, Shader } from '../ir/op';
import type { ConvGeometry, ConvKernel } from './conv-geometry';
import { depthwiseKernels, isDepthwise } from './depthwise-kernels';
import { allAre } from './window';

/** The kernels that can compute `geometry`, the preferred one first. */
export function convKernels(geometry: ConvGeometry, adapter: AdapterTraits): ConvKernel[] {
  const { batch, channels, filters, groups, output } = geometry;
  const direct: ConvKernel = {
    kernel: conv2dKernel,
    width: 1,
    threads: batch * sizeOf(output) * filters,
  };
  const vec4 = (channels / groups) % 4 === 0 && (filters / groups) % 4 === 0;
  if (isDepthwise(geometry) && filters % 4 === 0) {
    return [...depthwiseKernels(geometry, adapter), direct];
  }
  if (vec4) return [...vec4Kernels(geometry, adapter), direct];
  return groups === 1 ? [...oddKernels(geometry, adapter), direct] : [direct];
}

/** Any channels and filters, in one group. */
function oddKernels(geometry: ConvGeometry, adapter: AdapterTraits): ConvKernel[] {
  const alone = { kernel: conv2dOddKernel, quads: 1, pixelLoad: ODD_LOAD };
  const shared = { ...alone, kernel: conv2dOddQuadsKernel, shares: true };
  const tiles = adapter.subgroups ? [...sizes(shared, adapter), alone] : sizes(alone, adapter);
  return tileKernels(tiles, geometry, adapter).map((kernel) => ({ ...kernel, padded: true }));
}

function vec4Kernels(geometry: ConvGeometry, adapter: AdapterTraits): ConvKernel[] {
  const { filters, groups } = geometry;
  const alone = { kernel: conv2dRegistersKernel, quads: 1 };
  const shared = { kernel: conv2dQuadsKernel, shares: true, quads: 1 };
  const split = { kernel: conv2dSplitKernel, quads: 1, split: 4 };
  const slides = { ...shared, kernel: conv2dQuads3Kernel, slides: true };
  const along = slidesAlong(geometry) ? sizes(slides, adapter) : [];
  const sharing = [...sizes(shared, adapter), ...along];
  const tiles = adapter.subgroups ? [...sharing, split, alone] : sizes(alone, adapter);
  const own = tileKernels(tiles, geometry, adapter);
  if (groups > 1) return own;
  const tiled = tiledKernel(geometry);
  return adapter.software || filters < TILE / 2 ? [...own, tiled] : [tiled, ...own];
}

/** conv2d_tiled, for channels and filters in vec4s, in one group. */
export function tiledKernel({ batch, filters, output }: ConvGeometry): ConvKernel {
  return {
    kernel: conv2dTiledKernel,
    threads: Math.ceil((batch * sizeOf(output)) / TILE) * Math.ceil(filters / TILE) * 64,
  };
}

/** Under the next column of taps lie the neighbours of the pixels under this one. */
export function slidesAlong({ input, output, kernel: taps, ...geometry }: ConvGeometry): boolean {
  const { strides, spread, dilations, pads } = geometry;
  const close = [strides, spread, dilations].every((pair) => allAre(pair, 1));
  return close && taps[1] === 3 && pads[1] === 1 && output[1] === input[1];
}

/** How a kernel with register tiles works. */
interface TileWay {
  readonly kernel: Shader;
  readonly name?: string;
  /** 4 pixels, so many times. */
  readonly quads: number;
  /** Four threads load weights together. */
  readonly shares?: boolean;
  /** So many threads have a tile together. */
  readonly split?: number;
  /** Loads a row of pixels once for all 3 taps of a row, which are one step. */
  readonly slides?: boolean;
  /** What a vec4 of pixels costs to load, in multiply-adds of vec4s; default {@link LOAD}. */
  readonly pixelLoad?: number;
}

/** Small tiles and large ones; the largest only where registers spill without harm. */
const sizes = (way: TileWay, { software }: AdapterTraits): TileWay[] =>
  ['', '_wide', '_wider']
    .slice(0, software ? 3 : 2)
    .map((size, i) => ({ ...way, name: `${way.kernel.name}${size}`, quads: i + 1 }));

/** On a software adapter the cheapest first. */
function tileKernels(
  ways: readonly TileWay[],
  geometry: ConvGeometry,
  { software }: AdapterTraits,
): ConvKernel[] {
  const kernels = ways.map((way) => tileKernel(way, geometry, software));
  return software ? kernels.sort((a, b) => a.cost - b.cost) : kernels;
}

/** With the best number of vec4s of filters in a tile, and its cost. */
function tileKernel(
  { kernel, name, quads, shares = false, split = 1, slides = false, pixelLoad }: TileWay,
  geometry: ConvGeometry,
  software: boolean,
): ConvKernel & { readonly cost: number } {
  const { channels, filters, groups, kernel: taps, spread } = geometry;
  const groupSize = software ? SOFTWARE_GROUP : 64;
  const pixelTiles = flatTiles(geometry, 4 * quads);
  const tiles = split > 1 ? pixelTiles * split : roundUp(pixelTiles, 4);
  const count = Math.ceil(filters / 4);
  const threads = (vectors: number) => Math.ceil(count / vectors) * tiles;
  const depth = channels / groups / 4;
  const steps =
    split > 1 ? sizeOf(taps) * Math.ceil(depth / split) : Math.ceil(sizeOf(taps) * depth);
  // As many workgroups as two cores would do.
  const busy = (vectors: number) => 2 * Math.ceil(threads(vectors) / 2 / groupSize) * groupSize;
  const cost = (vectors: number) =>
    busy(vectors) * THREAD +
    (slides
      ? slidingCost(busy(vectors) * steps, vectors, quads)
      : tileCost(busy(vectors) * steps, vectors, quads, shares, pixelLoad));
  const vectors = cheapestVectors(cost, count, groups, software);
  return {
    kernel,
    name,
    constants: { vectors, quads, group_size: groupSize, split, spreads: allAre(spread, 1) ? 0 : 1 },
    groupSize,
    threads: threads(vectors),
    cost: cost(vectors),
  };
}

/** What a load costs, in multiply-adds of vec4s. */
const LOAD = 9;
/** …one of 4 numbers that each have to be found. */
const ODD_LOAD = 45;
/** What it costs to find a thread's place and to store what it has. */
const THREAD = 220;
/** What the code of 4 × 4 results costs to compile, spread over two hundred runs. */
const CODE = 100_000;

/** The time of so many steps of 4 rows with register tiles, in multiply-adds of vec4s. */
export function tileCost(
  steps: number,
  vectors: number,
  quads: number,
  shares: boolean,
  pixelLoad = LOAD,
): number {
  const loads = 4 * quads * pixelLoad + (shares ? 1 : 4) * vectors * LOAD;
  return steps * (16 * vectors * quads + loads) + CODE * quads * vectors;
}

/**
 * The same of a kernel that takes 3 taps a step. Most of its time are loads: sums are carried over a third
 * of the steps. Fitted to the times in docs/performance.md.
 */
function slidingCost(steps: number, vectors: number, quads: number): number {
  const loads = 13 * (4 * quads + 2 + 3 * vectors);
  return (steps / 3) * (27 * vectors * quads + loads) + 1.5 * CODE * quads * vectors;
}

/** The time of so many steps of conv2d_filter_grad_quads_3. */
export function slidingFilterCost(steps: number, vectors: number): number {
  return steps * (76 * vectors + (10 + 2 * vectors) * LOAD) + 3 * CODE * vectors;
}

/** How many of `count` vec4s of filters a thread should have. */
export function cheapestVectors(
  cost: (vectors: number) => number,
  count: number,
  groups: number,
  software: boolean,
): number {
  // Registers spill without harm on a software adapter only.
  const sizes = software ? [8, 7, 6, 5, 4, 3, 2, 1] : [4, 3, 2, 1];
  return sizes
    .filter((vectors) => fits(vectors, count, groups))
    .reduce((a, b) => (cost(b) < cost(a) ? b : a));
}

/** Small, so that small layers keep all cores busy: nothing is shared in a workgroup. */
const SOFTWARE_GROUP = 16;

/** Threads of a group must not reach into the next. */
function fits(vectors: number, count: number, groups: number): boolean {
  return groups === 1 || (count / groups) % vectors === 0;
}

/** Tiles of so many pixels of all images, for each rest that the spread leaves. */
function flatTiles({ batch, output, spread }: ConvGeometry, pixels: number): number {
  const [rows, columns] = [0, 1].map((axis) => Math.ceil(output[axis] / spread[axis]));
  return Math.ceil((batch * rows * columns) / pixels) * spread[0] * spread[1];
}

/** Pixels, and filters, that a workgroup of the tiled kernels makes; fewer filters waste most of it. */
export const TILE = 64;

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
