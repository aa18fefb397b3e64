import { type Shape, sizeOf } from '../core/shape';
import { type Dispatch, f32, i32, type Param, type Shader, u32, type Width } from '../ir/op';
import type { Pair, Window } from './window';

/**
 * The one form that all convolution kernels compute, forwards and backwards:
 * y[n,o,…,c] = Σ x[n, (o·stride − pad + k·dilation)/spread, …, i]·w[k,…,i,c], over the taps k where
 * the division leaves no rest. A spread above 1 is a stride seen from the other side.
 */
export interface ConvGeometry {
  readonly batch: number;
  readonly input: Pair;
  readonly channels: number;
  readonly output: Pair;
  readonly filters: number;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly spread: Pair;
  /** Rows above and columns left of the input; may be negative. */
  readonly pads: Pair;
  readonly dilations: Pair;
  readonly groups: number;
}

export function forwardGeometry(
  x: Shape,
  w: Shape,
  y: Shape,
  { strides, pads, dilations }: Window,
  groups: number,
): ConvGeometry {
  return {
    batch: x[0],
    input: [x[1], x[2]],
    channels: x[3],
    output: [y[1], y[2]],
    filters: y[3],
    kernel: [w[0], w[1]],
    strides,
    spread: [1, 1],
    pads: [pads[0], pads[1]],
    dilations,
    groups,
  };
}

/** A product of matrices [rows, inner]·[inner, columns], as a 1×1 convolution of a row of pixels. */
export function matrixGeometry(rows: number, inner: number, columns: number): ConvGeometry {
  const none = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
  return forwardGeometry([1, 1, rows, inner], [1, 1], [1, 1, rows, columns], none, 1);
}

/**
 * The convolution that gives the gradient for the input of `geometry` (which has no spread) when its
 * weights are swapped: taps in reverse order, input and output channels exchanged in each group.
 */
export function adjoint(geometry: ConvGeometry): ConvGeometry {
  const { input, channels, output, filters, kernel, strides, pads, dilations } = geometry;
  return {
    ...geometry,
    input: output,
    channels: filters,
    output: input,
    filters: channels,
    strides: [1, 1],
    spread: strides,
    pads: [dilations[0] * (kernel[0] - 1) - pads[0], dilations[1] * (kernel[1] - 1) - pads[1]],
  };
}

/** A 1×1 convolution of every pixel is a product of matrices: one long row has no ragged ends. */
export function flattened(geometry: ConvGeometry): ConvGeometry {
  const { batch, input, output, kernel, strides, spread, pads } = geometry;
  const pointwise = [...kernel, ...strides, ...spread].every((n) => n === 1);
  if (!pointwise || pads[0] || pads[1] || sizeOf(input) !== sizeOf(output)) return geometry;
  const row: Pair = [1, batch * sizeOf(output)];
  return { ...geometry, batch: 1, input: row, output: row };
}

/** Shape of the weights: [kh, kw, channels/groups, filters]. */
export function weightsShape({ kernel, channels, filters, groups }: ConvGeometry): number[] {
  return [...kernel, channels / groups, filters];
}

/** Multiply-adds count as two; padding counts as input. */
export function flopsOf(geometry: ConvGeometry): number {
  const { batch, output, spread } = geometry;
  const products = (sizeOf(weightsShape(geometry)) * batch * sizeOf(output)) / sizeOf(spread);
  return 2 * Math.round(products);
}

/** The fields of `struct Conv` in shaders/lib/conv2d.wgsl; `activation` is the parameters of one. */
export function convParams(
  geometry: ConvGeometry,
  activation: readonly Param[] = [f32(0), f32(0)],
): Param[] {
  const { batch, input, channels, output, filters, kernel } = geometry;
  const { strides, spread, pads, dilations, groups } = geometry;
  return [
    u32(batch),
    u32(channels),
    u32(filters),
    u32(groups),
    ...[...input, ...output, ...kernel].map(u32),
    ...[...strides, ...spread, ...pads, ...dilations].map(i32),
    ...activation,
  ];
}

/** A kernel of `shaders/`, set up for a geometry. */
export interface ConvKernel {
  readonly kernel: Shader;
  /** Of the lowering; default the kernel's. */
  readonly name?: string;
  readonly entry?: string;
  /** Outputs finished at a time; default 4. */
  readonly width?: Width;
  readonly constants?: Dispatch['constants'];
  /** Words after the geometry's. */
  readonly params?: readonly Param[];
  /** Threads of the whole dispatch. */
  readonly threads: number;
  /** Threads of a workgroup; default 64. */
  readonly groupSize?: number;
  /** Rows of the weights are padded to whole vec4s. */
  readonly padded?: boolean;
}
