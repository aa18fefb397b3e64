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
  type Width,
  write,
} from '../ir/op';
import { epilogueConstants, epilogueParams } from './epilogue';

export const WORKGROUP = 64;
/** Rows that a thread of a summing kernel adds up, and of one that applies, where there are enough… */
const SUMMED_ROWS = { software: 200, hardware: 32 };
const APPLIED_ROWS = { software: 64, hardware: 8 };
/** …and at least, where more threads would be idle: as many as keep an adapter busy. */
const FEWEST_SUMMED_ROWS = 16;
const FEWEST_APPLIED_ROWS = 8;
const BUSY = { software: 512, hardware: 65536 };
/** Threads that read memory together: a workgroup; of a software adapter, the lanes that are in step. */
const ABREAST = { software: 4, hardware: WORKGROUP };

/**
 * How the kernels see x. A thread takes `lanes` channels: 16, where what counts is how many loads there
 * are; else 4, which neighbouring threads read together. Where the channels are not a multiple of that,
 * `folds` neighbouring rows are taken side by side as one; sums of the folds are merged at the end.
 * Where that does not work out either, a thread takes one channel.
 */
export interface Channels {
  readonly outer: number;
  readonly channels: number;
  readonly folds: number;
  /** Folded rows. */
  readonly rows: number;
  readonly lanes: Width;
  /** Threads side by side. */
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
  const { lanes, folds } = foldsOf(rows, channels, software ? [16, 4, 1] : [4, 1]);
  const width = (folds * channels) / lanes;
  const folded = rows / folds;
  const kind = software ? 'software' : 'hardware';
  const busy = Math.floor((folded * width * outer) / BUSY[kind]);
  const summed = Math.min(SUMMED_ROWS[kind], Math.max(FEWEST_SUMMED_ROWS, busy));
  const applied = Math.min(APPLIED_ROWS[kind], Math.max(FEWEST_APPLIED_ROWS, busy));
  const span = Math.ceil(ABREAST[kind] / width);
  return {
    outer,
    channels,
    folds,
    rows: folded,
    lanes,
    width,
    sums: tilingOf(folded, summed, span),
    apply: tilingOf(folded, applied, span),
  };
}

/** The first of `widths` that some rows side by side are a multiple of. */
function foldsOf(
  rows: number,
  channels: number,
  widths: readonly Width[],
): { lanes: Width; folds: number } {
  for (const lanes of widths) {
    for (let folds = 1; folds <= lanes; folds *= 2) {
      if ((folds * channels) % lanes === 0 && rows % folds === 0) return { lanes, folds };
    }
  }
  return { lanes: 1, folds: 1 };
}

function tilingOf(rows: number, length: number, most: number): Tiling {
  const span = Math.min(most, Math.ceil(rows / length));
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
  return sumDispatch(
    batchNormStatsKernel,
    c,
    x,
    { params: tilingParams(c, c.sums), bindings },
    adapter,
  );
}

/** The attributes `activation` and `residual` of what followed, as in `./epilogue`. */
export function backwardStatsDispatch(
  c: Channels,
  x: TensorType,
  bindings: readonly Binding[],
  adapter: AdapterTraits,
  epilogue: Attrs = {},
): Dispatch {
  const { activation } = epilogueConstants(epilogue);
  const rest = {
    entry: epilogue.residual ? 'residual' : 'main',
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
  rest: Pick<Dispatch, 'entry' | 'constants' | 'params' | 'bindings'>,
  adapter: AdapterTraits,
): Dispatch {
  const count = c.outer * c.sums.tiles * c.width;
  return {
    kernel,
    elem: elemOf(x.dtype),
    width: c.lanes,
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
    width: c.lanes,
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
