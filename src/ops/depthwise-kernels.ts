// Kernels of convolutions with one filter a channel.
import conv2dDepthwiseKernel from '../../shaders/conv2d_depthwise.wgsl';
import conv2dDepthwise3x3Kernel from '../../shaders/conv2d_depthwise_3x3.wgsl';
import conv2dDepthwise3x3QuadsKernel from '../../shaders/conv2d_depthwise_3x3_quads.wgsl';
import { type AdapterTraits, u32 } from '../ir/op';
import type { ConvGeometry, ConvKernel } from './conv-geometry';
import { allAre } from './window';

/** One filter a channel. */
export function isDepthwise({ groups, channels, filters }: ConvGeometry): boolean {
  return groups === channels && groups === filters;
}

/** Where channels are a multiple of 4, the preferred one first. */
export function depthwiseKernels(geometry: ConvGeometry, adapter: AdapterTraits): ConvKernel[] {
  const { filters, kernel: taps, strides, spread, dilations } = geometry;
  const plain = {
    kernel: conv2dDepthwiseKernel,
    threads: (rowTiles(geometry, PIXELS) * filters) / 4,
  };
  const [stride] = strides;
  const strips =
    allAre(taps, 3) &&
    allAre(spread, 1) &&
    allAre(dilations, 1) &&
    allAre(strides, stride) &&
    stride <= 2;
  if (!strips) return [plain];
  const alone = depthwiseStrips(geometry, stride);
  const shared = adapter.subgroups && stride === 1 ? [depthwiseQuads(geometry)] : [];
  const kernels = edgesPay(geometry) ? [...shared, alone] : [alone, ...shared];
  return adapter.software ? [...kernels, plain] : [plain, ...kernels];
}

/** Threads that keep a software adapter busy. */
const ENOUGH_THREADS = 256;

/** Strips as tall as leaves enough of them: rows between two are read twice. */
function stripRows(threads: number, rows: number): number {
  return Math.ceil(rows / Math.max(1, Math.floor(ENOUGH_THREADS / threads)));
}

const stripsOf = ({ output }: ConvGeometry, columns: number) => Math.ceil(output[1] / columns);

/** Columns of the input that all strips of 4·quads columns read. */
const columnsRead = (geometry: ConvGeometry, quads: number) =>
  stripsOf(geometry, 4 * quads) * (4 * quads + 2);

function depthwiseStrips(geometry: ConvGeometry, stride: number): ConvKernel {
  const { batch, output, filters } = geometry;
  const quads = stride === 1 && columnsRead(geometry, 2) <= columnsRead(geometry, 1) ? 2 : 1;
  const threads = (batch * stripsOf(geometry, 4 * quads) * filters) / 4;
  const rows = stripRows(threads, output[0]);
  return {
    kernel: conv2dDepthwise3x3Kernel,
    constants: { stride, quads },
    params: [u32(rows)],
    threads: threads * Math.ceil(output[0] / rows),
  };
}

/** Strips of 4 columns, four of them side by side: each reads one column more for the edges of all. */
function depthwiseQuads(geometry: ConvGeometry): ConvKernel {
  const { batch, output, filters } = geometry;
  const threads = batch * stripsOf(geometry, 16) * filters;
  const rows = stripRows(threads, output[0]);
  return {
    kernel: conv2dDepthwise3x3QuadsKernel,
    params: [u32(rows)],
    threads: threads * Math.ceil(output[0] / rows),
  };
}

/** Whether to share edges: a column read that way costs an eighth less, as the code is half as long. */
function edgesPay(geometry: ConvGeometry): boolean {
  const alone = Math.min(columnsRead(geometry, 1), columnsRead(geometry, 2));
  return 7 * 20 * stripsOf(geometry, 16) <= 8 * alone;
}

/** Tiles of so many pixels of a row, `spread` apart. */
function rowTiles({ batch, output, spread }: ConvGeometry, pixels: number): number {
  return batch * output[0] * Math.ceil(Math.ceil(output[1] / spread[1]) / pixels) * spread[1];
}

/** Pixels of a row that a thread of the register kernels has. */
const PIXELS = 4;
