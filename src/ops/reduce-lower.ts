// Kernels of reductions. Neighbouring axes with the same fate are one; innermost first, each reduced
// run of axes is the middle of [outer, reduced, inner], and long ones take several passes.

import reduceKernel from '../../shaders/reduce.wgsl';
import reduceMaxGradKernel from '../../shaders/reduce_max_grad.wgsl';
import { type Shape, sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import {
  type AdapterTraits,
  type Dispatch,
  elemOf,
  f32,
  gridOf,
  type LowerContext,
  type Lowering,
  read,
  readTemp,
  u32,
  write,
  writeTemp,
} from '../ir/op';

/** Numbers of what `shaders/reduce.wgsl` combines by. */
const KINDS: Readonly<Record<string, number>> = {
  reduceSum: 0,
  reduceMean: 0,
  reduceMax: 1,
  reduceMin: 2,
  reduceProd: 3,
};

const WORKGROUP = 64;
/** Elements that a thread combines at least (where more threads would be idle) and at most. */
const SHORTEST_PART = 64;
const LONGEST_PART = 512;
/** Threads that keep an adapter busy. */
const BUSY = { software: 1024, hardware: 65536 };

/** A run of axes, all kept or all reduced. */
interface Run {
  readonly extent: number;
  readonly reduced: boolean;
}

/** One dispatch: [outer, reduced, inner] to [outer, parts, inner]. */
interface Pass {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  readonly parts: number;
}

export function lowerReduce(
  name: string,
  reduced: readonly boolean[],
  { inputs: [x], outputs: [y], adapter }: LowerContext,
): Lowering[] {
  const passes = passesOf(runsOf(x.shape, reduced), adapter);
  const mean = name === 'reduceMean' ? sizeOf(y.shape) / sizeOf(x.shape) : 1;
  const last = passes.length - 1;
  const temps: TensorType[] = passes
    .slice(0, last)
    .map(({ outer, parts, inner }) => ({ dtype: 'f32', shape: [outer, parts, inner] }));
  // Only `finish` turns f32 into f16, so f16 always ends with it.
  const finishing = y.dtype === 'f16' && last === 0;
  if (finishing) {
    const { outer, parts, inner } = passes[0];
    temps.push({ dtype: 'f32', shape: [outer, parts, inner] });
    passes.push({ outer, reduced: parts, inner, parts: 1 });
  }
  const dispatches = passes.map((pass, i): Dispatch => {
    const first = i === 0;
    const final = i === passes.length - 1;
    const entry = final && !first ? 'finish' : entryOf(pass);
    const by4 = entry === 'inner4' ? 4 : 1;
    const count = (pass.outer * pass.parts * pass.inner) / by4;
    return {
      kernel: reduceKernel,
      entry,
      elem: final || first ? elemOf(x.dtype) : 'f32',
      constants: { kind: KINDS[name] },
      params: [
        u32(count),
        u32(entry === 'rows4' ? pass.reduced / 4 : pass.reduced),
        u32(pass.parts),
        u32(pass.inner / by4),
        f32(final ? mean : 1),
      ],
      bindings: [first ? read(0) : readTemp(i - 1), final ? write(0) : writeTemp(i)],
      workgroups: gridOf(Math.ceil(count / WORKGROUP), adapter),
      flops: pass.outer * pass.reduced * pass.inner,
    };
  });
  return [{ name: `${passes.length} passes`, dispatches, temps }];
}

export function lowerReduceMaxGrad(
  reduced: readonly boolean[],
  { inputs: [x, y], adapter }: LowerContext,
): Lowering[] {
  const runs = runsOf(x.shape, reduced);
  const strides = runs.map((_, i) => product(runs.slice(i + 1)));
  /** Extents and strides of the kept or reduced runs, innermost first: at most 4, as ranks are ≤ 8. */
  const axes = (kind: boolean) => {
    const own = runs.flatMap((run, i) => (run.reduced === kind ? [i] : [])).reverse();
    const fill = (numbers: number[]) => Array.from({ length: 4 }, (_, i) => u32(numbers[i] ?? 1));
    return [...fill(own.map((i) => runs[i].extent)), ...fill(own.map((i) => strides[i]))];
  };
  const count = sizeOf(y.shape);
  const dispatch: Dispatch = {
    kernel: reduceMaxGradKernel,
    elem: elemOf(x.dtype),
    params: [...axes(false), ...axes(true), u32(count), u32(sizeOf(x.shape) / count)],
    bindings: [read(0), read(1), read(2), write(0)],
    workgroups: gridOf(Math.ceil(count / WORKGROUP), adapter),
    flops: sizeOf(x.shape),
  };
  return [{ name: 'direct', dispatches: [dispatch] }];
}

function runsOf(shape: Shape, reduced: readonly boolean[]): Run[] {
  return merge(shape.map((extent, axis) => ({ extent, reduced: reduced[axis] })));
}

/** Neighbours of a kind become one; extents of 1 go. */
function merge(runs: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (const run of runs) {
    const before = merged.at(-1);
    if (run.extent === 1) continue;
    if (before?.reduced === run.reduced) {
      merged[merged.length - 1] = { ...run, extent: before.extent * run.extent };
    } else merged.push(run);
  }
  return merged;
}

function passesOf(runs: readonly Run[], adapter: AdapterTraits): Pass[] {
  const passes: Pass[] = [];
  let left = runs;
  for (;;) {
    const at = left.map((run) => run.reduced).lastIndexOf(true);
    // Nothing to reduce at all is one pass over an axis of 1: a copy.
    if (at < 0 && passes.length) return passes;
    const [outer, inner] = [product(left.slice(0, Math.max(at, 0))), product(left.slice(at + 1))];
    const reduced = at < 0 ? 1 : left[at].extent;
    const parts = partsOf(reduced, outer * inner, adapter);
    passes.push({ outer, reduced, inner, parts });
    if (at < 0) return passes;
    left = merge(left.map((run, i) => (i === at ? { ...run, extent: parts } : run)));
  }
}

function partsOf(reduced: number, outputs: number, { software }: AdapterTraits): number {
  const busy = Math.ceil((software ? BUSY.software : BUSY.hardware) / outputs);
  const most = Math.floor(reduced / SHORTEST_PART);
  return Math.max(1, Math.min(busy, most), Math.ceil(reduced / LONGEST_PART));
}

function entryOf({ reduced, inner }: Pass): string {
  if (inner % 4 === 0) return 'inner4';
  return inner === 1 && reduced % 4 === 0 ? 'rows4' : 'main';
}

function product(runs: readonly Run[]): number {
  return runs.reduce((total, { extent }) => total * extent, 1);
}
