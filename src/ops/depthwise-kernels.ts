// Kernels of convolutions with one filter a channel.
import conv2dDepthwiseKernel from '../../shaders/conv2d_depthwise.wgsl';
import conv2dDepthwise3x3Kernel from '../../shaders/conv2d_depthwise_3x3.wgsl';
import conv2dDepthwise3x3QuadsKernel from '../../shaders/conv2d_depthwise_3x3_quads.wgsl';
import { type AdapterTraits, type Shader, u32 } from '../ir/op';
import type { ConvGeometry, ConvKernel } from './conv-geometry';
import { allAre } from './window';

/** One filter a channel. */
export function isDepthwise({ groups, channels, filters }: ConvGeometry): boolean {
  return groups === channels && groups === filters;
}

/** Where channels are a multiple of 4, the preferred one first. */
export function depthwiseKernels(geometry: ConvGeometry, adapter: AdapterTraits): ConvKernel[] {
  const { batch, output, filters, kernel: taps, strides, spread, dilations } = geometry;
  // 4 pixels of a row, `spread` apart.
  const tiles = Math.ceil(Math.ceil(output[1] / spread[1]) / 4) * spread[1];
  const plain = {
    kernel: conv2dDepthwiseKernel,
    threads: (batch * output[0] * tiles * filters) / 4,
  };
  const [stride] = strides;
  const close = allAre(spread, 1) && allAre(dilations, 1) && allAre(strides, stride);
  if (!close || !allAre(taps, 3) || stride > 2) return [plain];
  // Strips side by side read 5 columns for 4 instead of 6, but in fours, also beyond the end of a row.
  const own = Math.ceil(output[1] / 4);
  const fours = 4 * Math.ceil(output[1] / 16);
  const alone = stripKernel(conv2dDepthwise3x3Kernel, geometry, own);
  const shared =
    adapter.subgroups && stride === 1
      ? [stripKernel(conv2dDepthwise3x3QuadsKernel, geometry, fours)]
      : [];
  const kernels = 5 * fours <= 6 * own ? [...shared, alone] : [alone, ...shared];
  return adapter.software ? [...kernels, plain] : [plain, ...kernels];
}

/** Threads that keep a software adapter busy. */
const ENOUGH_THREADS = 256;

/** Strips, so many next to each other, as tall as leaves enough of them: rows between two are read twice. */
function stripKernel(
  kernel: Shader,
  { batch, output: [height], filters, strides: [stride] }: ConvGeometry,
  across: number,
): ConvKernel {
  const threads = (batch * across * filters) / 4;
  const rows = Math.ceil(height / Math.max(1, Math.floor(ENOUGH_THREADS / threads)));
  return {
    kernel,
    constants: { stride },
    params: [u32(rows)],
    threads: threads * Math.ceil(height / rows),
  };
}
