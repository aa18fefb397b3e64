import batchNormApplyKernel from '../../shaders/batch_norm_apply.wgsl';

// What the normalisations share: how x [outer, rows, channels] is cut up among threads, and the
// kernels that sum over its rows and that apply a line to each channel.
import batchNormBackwardApplyKernel from '../../shaders/batch_norm_backward_apply.wgsl';
import batchNormBackwardStatsKernel from '../../shaders/batch_norm_backward_stats.wgsl';
import batchNormStatsKernel from '../../shaders/batch_norm_stats.wgsl';
import { DTypeError, ShapeError } from '../core/errors';
import { formatShape, type Shape } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  type AdapterTraits,
  type Binding,
  type Dispatch,
  elemOf,
  gridOf,
  type Lowering,
  type Param,
  read,
  type Shader,
  u32,
  write,
} from '../ir/op';
import { epilogueConstants, epilogueParams } from './epilogue';

/** Rows of the `statistics` tensor of batchNorm. A mean is the sum of its row and its `Low` row. */
export const STATISTICS = {
  mean: 0,
  invStd: 1,
  batchMean: 2,
  batchVariance: 3,
  meanLow: 4,
  batchMeanLow: 5,
} as const;
export const STATISTICS_ROWS = Object.keys(STATISTICS).length;

export const WORKGROUP = 64;
/** Rows that a thread of a summing kernel adds up, where there are enough of them… */
const SUMMED_ROWS = { software: 200, hardware: 32 };
/** …and at least, where more threads would be idle: as many as keep an adapter busy. */
const FEWEST_SUMMED_ROWS = 16;
const BUSY = { software: 512, hardware: 65536 };
/** Rows that a thread of an element-wise kernel does. */
const APPLIED_ROWS = 8;

/**
 * How the kernels see x. Where the channels are not a multiple of 4, `folds` neighbouring rows are
 * taken side by side as one, so that vec4 loads still fit; sums of the folds are merged at the end.
 * Where that does not work out either, `scalar` kernels take one channel a thread.
 */
export interface Channels {
  readonly outer: number;
  readonly channels: number;
  readonly folds: number;
  /** Folded rows. */
  readonly rows: number;
  readonly vector: boolean;
  /** Threads side by side: vec4s or channels in a folded row. */
  readonly width: number;
  /** How the rows are dealt out to the threads of kernels that sum, and of those that apply. */
  readonly sums: Tiling;
  readonly apply: Tiling;
}

/** As in `shaders/lib/tiles.wgsl`. */
interface Tiling {
  readonly tiles: number;
  readonly length: number;
  readonly span: number;
}

export function channelsOf(
  outer: number,
  rows: number,
  channels: number,
  { software }: AdapterTraits,
): Channels {
  const fits = [1, 2, 4].find((n) => (n * channels) % 4 === 0 && rows % n === 0);
  const folds = fits ?? 1;
  const width = fits ? (folds * channels) / 4 : channels;
  const folded = rows / folds;
  const kind = software ? 'software' : 'hardware';
  const busy = Math.floor((folded * width * outer) / BUSY[kind]);
  const length = Math.min(SUMMED_ROWS[kind], Math.max(FEWEST_SUMMED_ROWS, busy));
  return {
    outer,
    channels,
    folds,
    rows: folded,
    vector: !!fits,
    width,
    sums: tilingOf(folded, width, length),
    apply: tilingOf(folded, width, APPLIED_ROWS),
  };
}

function tilingOf(rows: number, width: number, length: number): Tiling {
  const span = Math.min(Math.ceil(WORKGROUP / width), Math.ceil(rows / length));
  return { span, length, tiles: Math.ceil(rows / (span * length)) * span };
}

/** The words of a `Tiling` in WGSL. */
export function tilingParams({ outer, rows, width }: Channels, t: Tiling): Param[] {
  return [outer * t.tiles * width, rows, width, t.tiles, t.length, t.span].map(u32);
}

/** Extent of the last axis; infer has checked that there is one. */
export function channelCount(shape: Shape): number {
  return shape[shape.length - 1];
}

/** Throws unless `vector` is f32 and holds a number for each channel of `x`. */
export function checkVector(vector: TensorType, x: TensorType, where: string, name: string): void {
  if (x.shape.length === 0) {
    throw new ShapeError({
      where,
      rule: 'the last axis of the input is its channels',
      found: '[]',
    });
  }
  if (vector.dtype !== 'f32') {
    throw new DTypeError({ where, rule: `${name} is f32`, found: vector.dtype });
  }
  const channels = channelCount(x.shape);
  if (vector.shape.length === 1 && vector.shape[0] === channels) return;
  throw new ShapeError({
    where,
    rule: `${name} has shape [${channels}], a number for each channel of the input`,
    found: `${formatShape(vector.shape)} for an input of shape ${formatShape(x.shape)}`,
  });
}

/** Scratch of `rows` numbers for each tile of each channel. */
export function partialsType(c: Channels, rows: number): TensorType {
  return { dtype: 'f32', shape: [rows, c.outer, c.sums.tiles, c.folds * c.channels] };
}

/** Scratch of `rows` numbers for each channel, a copy for each fold. */
export function coefficientsType(c: Channels, rows: number): TensorType {
  return { dtype: 'f32', shape: [rows, c.outer, c.folds * c.channels] };
}

/** Floating-point operations that the formulas need for an element. */
const STATS_FLOPS = 4;
const APPLY_FLOPS = 3;

/** batch_norm_stats, a kernel that sums over the rows of each tile. */
export function statsDispatch(
  c: Channels,
  x: TensorType,
  bindings: readonly Binding[],
  adapter: AdapterTraits,
): Dispatch {
  const rest = { entry: c.vector ? 'main' : 'scalar', params: tilingParams(c, c.sums), bindings };
  return sumDispatch(batchNormStatsKernel, c, x, rest, adapter);
}

/** The attributes `activation` and `residual` of what followed, as in `./epilogue`. */
export function backwardStatsDispatch(
  c: Channels,
  x: TensorType,
  bindings: readonly Binding[],
  adapter: AdapterTraits,
  epilogue: Attrs = {},
): Dispatch {
  const entries = epilogue.residual ? ['residual', 'scalar_residual'] : ['main', 'scalar'];
  const { activation } = epilogueConstants(epilogue);
  const rest = {
    entry: entries[c.vector ? 0 : 1],
    // Scalar rows go four at a time through the activation.
    width: 4,
    constants: { activation },
    params: [...tilingParams(c, c.sums), u32(c.channels), ...epilogueParams(epilogue)],
    bindings,
  } as const;
  return sumDispatch(batchNormBackwardStatsKernel, c, x, rest, adapter);
}

function sumDispatch(
  kernel: Shader,
  c: Channels,
  x: TensorType,
  rest: Pick<Dispatch, 'entry' | 'width' | 'constants' | 'params' | 'bindings'>,
  adapter: AdapterTraits,
): Dispatch {
  const count = c.outer * c.sums.tiles * c.width;
  return {
    kernel,
    elem: elemOf(x.dtype),
    ...rest,
    workgroups: gridOf(Math.ceil(count / WORKGROUP), adapter),
    flops: STATS_FLOPS * elementsOf(c),
  };
}

/**
 * batch_norm_apply: from x (input 0) and the coefficients to y (output 0), with what follows by the
 * attributes `epilogue` and the residual where there is one.
 */
export function applyDispatch(
  c: Channels,
  x: TensorType,
  coefficients: Binding,
  adapter: AdapterTraits,
  epilogue: Attrs = {},
  residual: Binding = read(0),
): Dispatch {
  const bindings = [read(0), coefficients, write(0), residual];
  const constants = epilogueConstants(epilogue);
  return elementDispatch(batchNormApplyKernel, c, x, bindings, adapter, constants, epilogue);
}

/** batch_norm_backward_apply; of what followed, the activation. */
export function backwardApplyDispatch(
  c: Channels,
  x: TensorType,
  bindings: readonly Binding[],
  adapter: AdapterTraits,
  usesX = true,
  epilogue: Attrs = {},
): Dispatch {
  const { activation } = epilogueConstants(epilogue);
  const constants = { uses_x: usesX ? 1 : 0, activation };
  return elementDispatch(
    batchNormBackwardApplyKernel,
    c,
    x,
    bindings,
    adapter,
    constants,
    epilogue,
  );
}

function elementDispatch(
  kernel: Shader,
  c: Channels,
  x: TensorType,
  bindings: readonly Binding[],
  adapter: AdapterTraits,
  constants: Dispatch['constants'],
  epilogue: Attrs,
): Dispatch {
  const count = c.outer * c.apply.tiles * c.width;
  return {
    kernel,
    elem: elemOf(x.dtype),
    width: c.vector ? 4 : 1,
    constants,
    params: [...tilingParams(c, c.apply), u32(c.outer), ...epilogueParams(epilogue)],
    bindings,
    workgroups: gridOf(Math.ceil(count / WORKGROUP), adapter),
    flops: APPLY_FLOPS * elementsOf(c),
  };
}

/** A kernel with `lanes` threads for each of `count` channels or groups. */
export function finalizeDispatch(
  kernel: Shader,
  count: number,
  lanes: number,
  rest: Pick<Dispatch, 'entry' | 'params' | 'bindings' | 'constants' | 'flops'>,
  adapter: AdapterTraits,
): Dispatch {
  const workgroups = gridOf(Math.ceil((count * lanes) / WORKGROUP), adapter);
  return { kernel, workgroups, ...rest, constants: { ...rest.constants, lanes } };
}

/**
 * Two ways to do the same: what a thread does alone, or the lanes of a workgroup together, which
 * meet at barriers. A GPU has the lanes to spare; where they are emulated, barriers cost more.
 */
export function byLanes(
  adapter: AdapterTraits,
  make: (lanes: number) => Omit<Lowering, 'name'>,
): Lowering[] {
  const alone = { name: 'thread', ...make(1) };
  const together = { name: 'workgroup', ...make(WORKGROUP) };
  return adapter.software ? [alone, together] : [together, alone];
}

function elementsOf({ outer, rows, folds, channels }: Channels): number {
  return outer * rows * folds * channels;
}

/** Mean and biased variance of `values`, in two passes. */
export function momentsOf(values: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { mean, variance };
}
