import type { SymbolicTensor } from '../../../model/layer';
import { dense } from '../../../model/layers/dense';
import { matmul } from '../../../model/layers/merge';
import { flatten, reshape } from '../../../model/layers/shape';
import { logical, relabelled } from '../layout';
import type { Convert, NodeScope } from '../scope';
import {
  BATCH,
  formatDims,
  type Known,
  type Live,
  live,
  transposeKnown,
  type Value,
  volume,
} from '../values';
import { binary } from './elementwise';

/** x·w on the last axis. `w` is [in, out]. */
function denseOf(node: NodeScope, x: Live, w: Known, bias?: Float32Array): Live {
  const rank = x.dims.length;
  const [inner, units] = w.dims;
  if (x.dims[rank - 1] !== inner) {
    throw node.fail('the inner extents agree', `${formatDims(x.dims)} and ${formatDims(w.dims)}`);
  }
  const { tensor, kernel } = x.flattened
    ? flattenedOperands(node, x.flattened, w)
    : { tensor: logical(node, x).tensor, kernel: node.weight(w) };
  const made = node.layer(
    (options) => dense(units, { ...options, useBias: bias !== undefined }),
    [tensor],
    { weights: { kernel, ...(bias && { bias }) } },
  );
  return live(made, [...x.dims.slice(0, -1), units]);
}

/** A flattening in the order in which the numbers are stored, and the weight's rows in that order. */
function flattenedOperands(node: NodeScope, x: Live, w: Known) {
  const rows: Known = { ...w, dims: [...x.dims.slice(1), w.dims[1]] };
  const perm = [...x.order.slice(1).map((axis) => axis - 1), x.dims.length - 1];
  const { data } = transposeKnown(rows, perm);
  const tensor = node.layer(
    (options) =>
      x.dims[0] === BATCH ? flatten(options) : reshape([x.dims[0], w.dims[0]], options),
    [x.tensor],
    { suffix: 'flatten' },
  );
  return { tensor, kernel: node.weight({ ...w, data }) };
}

const scaled = (values: Float32Array, factor: number): Float32Array =>
  factor === 1 ? values : values.map((value) => value * factor);

export const convertGemm: Convert = (node) => {
  const { attributes } = node;
  const [alpha, beta] = [attributes.float('alpha', 1), attributes.float('beta', 1)];
  const transposed = (value: Value, name: string): Value => {
    if (value.dims.length !== 2)
      throw node.fail('its matrices have two dimensions', formatDims(value.dims));
    if (!attributes.flag(name, false)) return value;
    return value.kind === 'known' ? transposeKnown(value, [1, 0]) : relabelled(value, [1, 0]);
  };
  if (node.opset < 7) attributes.ignore('broadcast');
  const a = transposed(node.input(0), 'transA');
  const b = transposed(node.input(1), 'transB');
  const c = node.inputs[2];
  const units = b.dims[1];
  if (b.kind === 'live' || a.kind === 'known') {
    const product = scaleBy(node, matmulOf(node, a, b), alpha);
    return c ? binary(node, 'Add', product, scaleBy(node, c, beta)) : product;
  }
  // A number for each column, or the same for all, is the bias of the layer.
  const columns =
    c?.kind === 'known' &&
    [1, units].includes(volume(c.dims)) &&
    (c.dims.at(-1) ?? 1) === volume(c.dims);
  const bias =
    columns &&
    scaled(
      volume(c.dims) === units ? node.weight(c) : new Float32Array(units).fill(c.data[0]),
      beta,
    );
  const weight: Known = { ...b, data: scaled(node.weight(b), alpha) };
  const product = denseOf(node, a, weight, bias || undefined);
  return c && !bias ? binary(node, 'Add', product, scaleBy(node, c, beta)) : product;
};

function scaleBy(node: NodeScope, value: Value, factor: number): Value {
  if (factor === 1) return value;
  const by: Known = { kind: 'known', dtype: 'float', dims: [], data: Float32Array.of(factor) };
  return binary(node, 'Mul', value, by);
}

export const convertMatMul: Convert = (node) => {
  const [a, b] = [node.input(0), node.input(1)];
  if (a.kind === 'live' && a.dims.length > 1 && b.kind === 'known' && b.dims.length === 2) {
    return denseOf(node, a, b);
  }
  return matmulOf(node, a, b);
};

/** The product of two tensors of runs, whose outer dimensions broadcast; vectors as in NumPy. */
function matmulOf(node: NodeScope, a: Value, b: Value): Live {
  const [x, y] = [a, b].map((value, i) => logical(node, node.live(value, i ? 'right' : 'left')));
  if (!x.dims.length || !y.dims.length) throw node.fail('it takes no single numbers');
  const row = x.dims.length === 1 ? [1, ...x.dims] : x.dims;
  const column = y.dims.length === 1 ? [...y.dims, 1] : y.dims;
  const shaped = (value: Live, dims: readonly number[], suffix: string): SymbolicTensor =>
    value.dims.length === dims.length
      ? value.tensor
      : node.layer((options) => reshape(dims, options), [value.tensor], { suffix });
  const tensor = node.layer(
    (options) => matmul(options),
    [shaped(x, row, 'row'), shaped(y, column, 'column')],
  );
  const full = tensor.batched ? [BATCH, ...tensor.shape] : [...tensor.shape];
  const dims = full.filter(
    (_, axis) =>
      !(x.dims.length === 1 && axis === full.length - 2) &&
      !(y.dims.length === 1 && axis === full.length - 1),
  );
  if (dims.length === full.length) return live(tensor, dims);
  const target = dims.filter((extent) => extent !== BATCH);
  return live(
    node.layer((options) => reshape(target, options), [tensor], { suffix: 'vector' }),
    dims,
  );
}
