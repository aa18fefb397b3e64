// Tensors in ONNX's order and as they are stored: axes move only where somebody needs them moved.
import { FormatError } from '../../core/errors';
import type { SymbolicTensor } from '../../model/layer';
import { permute, reshape } from '../../model/layers/shape';
import type { Scope } from './scope';
import {
  BATCH,
  type Dims,
  formatDims,
  identity,
  type Live,
  lastOrder,
  live,
  type Value,
} from './values';

/** The extents of the stored tensor, the batch among them. */
const storedDims = (dims: Dims, order: readonly number[]): number[] => order.map((a) => dims[a]);

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** The stored axes that are not of extent 1: what decides where numbers lie. */
const significant = (dims: Dims, order: readonly number[]): number[] =>
  order.filter((axis) => dims[axis] !== 1);

/** The same tensor stored in another order of axes. */
export function arrange(scope: Scope, x: Live, order: readonly number[]): Live {
  if (same(x.order, order)) return x;
  const key = order.join();
  const known = x.arranged.get(key);
  if (known) return known;
  if (x.tensor.batched && x.dims[order[0]] !== BATCH) {
    throw new FormatError({
      where: scope.where,
      rule: 'the batch stays the first dimension',
      found: `${formatDims(x.dims)} in the order ${order}`,
      remedy: 'Import with a fixed batch: batch: "fixed" and a size for it.',
    });
  }
  const tensor = same(significant(x.dims, x.order), significant(x.dims, order))
    ? reshaped(scope, x.tensor, storedDims(x.dims, order))
    : permuted(
        scope,
        x.tensor,
        order.map((axis) => x.order.indexOf(axis)),
      );
  const made = live(tensor, x.dims, order, x.dtype);
  x.arranged.set(key, made);
  made.arranged.set(x.order.join(), x);
  return made;
}

/** The same tensor stored in ONNX's order. */
export function logical(scope: Scope, x: Live): Live {
  return arrange(scope, x, identity(x.dims.length));
}

/** The same tensor stored channels-last. */
export function channelsLast(scope: Scope, x: Live): Live {
  return arrange(scope, x, lastOrder(x.dims.length));
}

function permuted(scope: Scope, tensor: SymbolicTensor, perm: readonly number[]): SymbolicTensor {
  const dims = tensor.batched ? perm.slice(1) : perm.map((axis) => axis + 1);
  return scope.layer((options) => permute(dims, options), [tensor], { suffix: 'permute' });
}

/** A stored tensor with other extents; `dims` has the batch where it has one. */
function reshaped(scope: Scope, tensor: SymbolicTensor, dims: Dims): SymbolicTensor {
  const target = dims.filter((extent) => extent !== BATCH);
  if (same(target, tensor.shape)) return tensor;
  return scope.layer((options) => reshape(target, options), [tensor], { suffix: 'reshape' });
}

/** The same numbers with other extents, in ONNX's order. Numbers are moved only where they must be. */
export function reshapeTo(scope: Scope, x: Value, dims: Dims): Value {
  if (same(x.dims, dims)) return x;
  if (x.kind === 'known') return { ...x, dims };
  const ones = (extents: Dims) => extents.filter((extent) => extent !== 1);
  if (same(ones(x.dims), ones(dims))) return withOnes(scope, x, dims);
  if (x.tensor.batched && (dims[0] !== BATCH || x.dims[0] !== BATCH)) {
    throw new FormatError({
      where: scope.where,
      rule: 'the batch stays the first dimension',
      found: `${formatDims(x.dims)} to ${formatDims(dims)}`,
      remedy: 'Import with a fixed batch: batch: "fixed" and a size for it.',
    });
  }
  const flat =
    dims.length === 2 && dims[0] === x.dims[0] && !same(x.order, identity(x.dims.length));
  if (!flat) return regrouped(scope, x, dims);
  const make = () => regrouped(scope, x, dims).tensor;
  let made: SymbolicTensor | undefined;
  return {
    kind: 'live',
    dtype: x.dtype,
    dims,
    order: [0, 1],
    arranged: new Map(),
    flattened: x,
    get tensor() {
      made ??= make();
      return made;
    },
  };
}

/**
 * Axes split and made one. Those that are made one must lie side by side in storage; all others keep
 * the order in which they are stored.
 */
function regrouped(scope: Scope, x: Live, dims: Dims): Live {
  const blocks = blocksOf(x.dims, dims);
  const blockOf = new Map(blocks.flatMap((block) => block.from.map((axis) => [axis, block])));
  const inOrder = x.order.map((axis) => blockOf.get(axis) as Block);
  const blocksStored = [...new Set(inOrder)];
  const together = arrange(
    scope,
    x,
    blocksStored.flatMap(({ from }) => from),
  );
  const order = blocksStored.flatMap(({ to }) => to);
  const tensor = reshaped(scope, together.tensor, storedDims(dims, order));
  return live(tensor, dims, order, x.dtype);
}

/** Axes before and after a reshape that hold the same numbers, as few as can be. */
interface Block {
  readonly from: number[];
  readonly to: number[];
}

function blocksOf(from: Dims, to: Dims): Block[] {
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const block: Block = { from: [], to: [] };
    let [before, after] = [1, 1];
    do {
      // Extents of 1 that are left over go with the last axis.
      if (i < from.length && (before <= after || j === to.length)) {
        before *= from[i];
        block.from.push(i++);
      } else {
        after *= to[j];
        block.to.push(j++);
      }
    } while (
      before !== after ||
      !block.from.length ||
      !block.to.length ||
      (i === from.length && j < to.length) ||
      (j === to.length && i < from.length)
    );
    blocks.push(block);
  }
  return blocks;
}

/** Other extents of 1 only: axes keep the order in which they are stored. */
function withOnes(scope: Scope, x: Live, dims: Dims): Live {
  const axes = dims.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
  const before = x.dims.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
  const kept = significant(x.dims, x.order).map((axis) => axes[before.indexOf(axis)]);
  const fits = (order: readonly number[]) => same(significant(dims, order), kept);
  const free = identity(dims.length).filter((axis) => dims[axis] === 1);
  const order = [identity(dims.length), lastOrder(dims.length)].find(fits) ?? [...kept, ...free];
  return live(reshaped(scope, x.tensor, storedDims(dims, order)), dims, order, x.dtype);
}

/** Axes in another order: only their names change. */
export function relabelled(x: Live, perm: readonly number[]): Live {
  const dims = perm.map((axis) => x.dims[axis]);
  const order = x.order.map((axis) => perm.indexOf(axis));
  return live(x.tensor, dims, order, x.dtype);
}

/** `x` with ones before its extents until it has `rank`. */
export function padRank(scope: Scope, x: Value, rank: number): Value {
  const missing = rank - x.dims.length;
  return missing > 0 ? reshapeTo(scope, x, [...Array(missing).fill(1), ...x.dims]) : x;
}

/** A tensor N, C, (height,) width as an image stored channels-last: a row is an image of height 1. */
export function asImage(scope: Scope, x: Live): Live {
  const { dims } = x;
  if (dims.length === 3) {
    const image = reshapeTo(scope, x, [dims[0], dims[1], 1, dims[2]]) as Live;
    return channelsLast(scope, image);
  }
  if (dims.length === 4) return channelsLast(scope, x);
  throw new FormatError({
    where: scope.where,
    rule: 'its input has one or two spatial dimensions, [N,C,W] or [N,C,H,W]',
    found: formatDims(dims),
  });
}

/** A tensor [N, height, width, C] that a layer made of an image, with as many dimensions as `like`. */
export function fromImage(scope: Scope, tensor: SymbolicTensor, like: Live): Live {
  const [height, width, channels] = tensor.shape.slice(-3);
  const dims = [like.dims[0], channels, height, width];
  const image = live(tensor, dims, lastOrder(4));
  if (like.dims.length === 4) return image;
  return reshapeTo(scope, image, [like.dims[0], channels, width]) as Live;
}
