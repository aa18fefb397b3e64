// Tensors repeated.
import { stridesOf } from '../../../core/shape';
import { expand, tile } from '../../../model/layers/tensor';
import { expandKnown } from '../arithmetic';
import { reshapeTo } from '../layout';
import type { Convert, NodeScope } from '../scope';
import {
  BATCH,
  type Dims,
  formatDims,
  integersOf,
  type Live,
  live,
  pick,
  type Value,
} from '../values';
import { broadcastDims } from './elementwise';

export const convertExpand: Convert = (node) => {
  const x = node.input(0);
  const shape = node.extents(1, 'shape');
  if (!shape) throw node.fail('it has a shape', 'none');
  const batched = x.dims.includes(BATCH);
  const target = shape.map((n, axis) =>
    batched && axis === 0 && shape.length === x.dims.length && n === node.exportedBatch ? BATCH : n,
  );
  if (target.includes(BATCH) && !batched) {
    throw node.fail('a tensor without a batch is not repeated for one', formatDims(target));
  }
  node.checkDims(target.filter((n) => n !== BATCH));
  const dims = broadcastDims(node, x.dims, target);
  if (x.kind === 'known') {
    node.checkDims(dims);
    node.builder.claim(dims, node.where);
    return expandKnown(x, dims);
  }
  return repeated(node, x, dims);
};

/** `x` repeated along extents of 1. */
function repeated(node: NodeScope, x: Live, dims: Dims): Value {
  if (dims.length === x.dims.length && dims.every((n, axis) => n === x.dims[axis])) return x;
  const padded = reshapeTo(node, x, [
    ...Array(dims.length - x.dims.length).fill(1),
    ...x.dims,
  ]) as Live;
  const stored = padded.order.map((axis) => dims[axis]).filter((n) => n !== BATCH);
  const tensor = node.layer((options) => expand(stored, options), [padded.tensor]);
  return live(tensor, dims, padded.order, x.dtype);
}

export const convertTile: Convert = (node) => {
  const x = node.input(0);
  const value = node.knownInput(1, 'repeats');
  const repeats = value ? integersOf(value, `${node.where}, repeats`) : [];
  if (repeats.length !== x.dims.length || repeats.some((n) => n < 0)) {
    throw node.fail(`repeats has ${x.dims.length} numbers`, `[${repeats.slice(0, 9)}]`);
  }
  const batch = x.dims.indexOf(BATCH);
  if (batch >= 0 && repeats[batch] !== 1)
    throw node.fail('the batch is not repeated', `[${repeats}]`);
  const dims = x.dims.map((n, axis) => n * repeats[axis]);
  node.checkDims(dims.filter((n) => n !== BATCH));
  const source = node.sourceOf(x, dims);
  if (source.kind === 'known') {
    node.builder.claim(dims, node.where);
    const strides = stridesOf(x.dims);
    const tables = dims.map((extent, axis) =>
      Array.from({ length: extent }, (_, i) => (i % x.dims[axis]) * strides[axis]),
    );
    return pick(source, tables);
  }
  const stored = source.order.filter((axis) => x.dims[axis] !== BATCH).map((axis) => repeats[axis]);
  const tensor = node.layer((options) => tile(stored, options), [source.tensor]);
  return live(tensor, dims, source.order, x.dtype);
};
