import conv2dKernel from '../../shaders/conv2d.wgsl';
import conv2dDepthwiseKernel from '../../shaders/conv2d_depthwise.wgsl';
import conv2dDepthwise3x3Kernel from '../../shaders/conv2d_depthwise_3x3.wgsl';
import conv2dOddKernel from '../../shaders/conv2d_odd.wgsl';
import conv2dQuadsKernel from '../../shaders/conv2d_quads.wgsl';
import conv2dRegistersKernel from '../../shaders/conv2d_registers.wgsl';

// Which convolution kernels there are for a geometry, and which one an adapter prefers.
import conv2dTiledKernel from '../../shaders/conv2d_tiled.wgsl';
import { sizeOf } from '../core/shape';
import {
  type AdapterTraits,
  type Dispatch,
  type Param,
  type Shader,
  u32,
  type Width,
} from '../ir/op';
import type { ConvGeometry } from './conv-geometry';
import type { Pair } from './window';

/** A kernel of `shaders/`, set up for a geometry. */
export interface ConvKernel {
  readonly kernel: Shader;
  readonly entry?: string;
  /** Outputs finished at a time; default 4. */
  readonly width?: Width;
  readonly constants?: Dispatch['constants'];
  /** Words after the geometry's. */
  readonly params?: readonly Param[];
  /** Threads of the whole dispatch. */
  readonly threads: number;
  /** Rows of the weights are padded to whole vec4s. */
  readonly padded?: boolean;
}

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
  return groups === 1 ? [oddKernel(geometry), direct] : [direct];
}

/** One filter a channel. */
export function isDepthwise({ groups, channels, filters }: ConvGeometry): boolean {
  return groups === channels && groups === filters;
}

function depthwiseKernels(geometry: ConvGeometry, adapter: AdapterTraits): ConvKernel[] {
  const { filters, kernel: taps, strides, spread, dilations } = geometry;
  const plain = {
    kernel: conv2dDepthwiseKernel,
    threads: (rowTiles(geometry, PIXELS) * filters) / 4,
  };
  const [stride] = strides;
  const strips =
    same(taps, 3) && same(spread, 1) && same(dilations, 1) && same(strides, stride) && stride <= 2;
  if (!strips) return [plain];
  const kernels = [depthwiseStrips(geometry, stride), plain];
  return adapter.software ? kernels : kernels.reverse();
}

/** Threads that keep a software adapter busy. */
const ENOUGH_THREADS = 256;

/** Strips as tall as leaves enough of them: rows between two are read twice. */
function depthwiseStrips(geometry: ConvGeometry, stride: number): ConvKernel {
  const { batch, output, filters } = geometry;
  const columns = (quads: number) => Math.ceil(output[1] / (4 * quads));
  // Columns of the input that all threads read.
  const read = (quads: number) => columns(quads) * (4 * quads + 2);
  const quads = stride === 1 && read(2) <= read(1) ? 2 : 1;
  const threads = (batch * columns(quads) * filters) / 4;
  const strips = Math.max(1, Math.floor(ENOUGH_THREADS / threads));
  const rows = Math.ceil(output[0] / strips);
  return {
    kernel: conv2dDepthwise3x3Kernel,
    constants: { stride, quads },
    params: [u32(rows)],
    threads: threads * Math.ceil(output[0] / rows),
  };
}

const same = (pair: Pair, value: number) => pair.every((n) => n === value);

/** Tiles of so many pixels of a row, `spread` apart. */
function rowTiles({ batch, output, spread }: ConvGeometry, pixels: number): number {
  return batch * output[0] * Math.ceil(Math.ceil(output[1] / spread[1]) / pixels) * spread[1];
}

function oddKernel(geometry: ConvGeometry): ConvKernel {
  const { filters } = geometry;
  const vectors = vectorsFor(Math.ceil(filters / 4), 1);
  return {
    kernel: conv2dOddKernel,
    entry: filters % 4 === 0 ? 'main4' : 'main',
    constants: { vectors },
    threads: Math.ceil(filters / 4 / vectors) * roundUp(rowTiles(geometry, PIXELS), 4),
    padded: true,
  };
}

function vec4Kernels(geometry: ConvGeometry, adapter: AdapterTraits): ConvKernel[] {
  const { batch, filters, groups, output } = geometry;
  const vectors = vectorsFor(filters / 4, groups);
  const threads = Math.ceil(filters / 4 / vectors) * roundUp(rowTiles(geometry, PIXELS), 4);
  const registers = { kernel: conv2dRegistersKernel, constants: { vectors }, threads };
  const own = adapter.subgroups
    ? [{ ...registers, kernel: conv2dQuadsKernel }, registers]
    : [registers];
  if (groups > 1) return own;
  const tiled = {
    kernel: conv2dTiledKernel,
    threads: Math.ceil((batch * sizeOf(output)) / TILE) * Math.ceil(filters / TILE) * 64,
  };
  return adapter.software || filters < TILE / 2 ? [...own, tiled] : [tiled, ...own];
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
