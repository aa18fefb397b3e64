import { castKnown } from '../arithmetic';
import { relabelled, reshapeTo } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { makeData } from '../tensor';
import {
  BATCH,
  type Dims,
  formatDims,
  identity,
  known,
  transposeKnown,
  type Value,
  volume,
} from '../values';

export const convertReshape: Convert = (node) => {
  const x = node.input(0);
  const target = node.extents(1, 'shape');
  if (!target) throw node.fail('it has a shape', 'none');
  const allowZero = node.opset >= 14 && node.attributes.flag('allowzero', false);
  return reshapeTo(node, x, resolveShape(node, x, target, allowZero));
};

/** Extents with 0 (as before), −1 (what is left) and a batch that was freed filled in. */
function resolveShape(node: NodeScope, x: Value, target: Dims, allowZero: boolean): number[] {
  const found = `${formatDims(x.dims)} to ${formatDims(target)}`;
  const dims = target.map((extent, axis) => {
    if (extent !== 0 || allowZero) return extent;
    if (axis < x.dims.length) return x.dims[axis];
    throw node.fail('a 0 copies an extent that is there', found);
  });
  const open = dims.indexOf(-1);
  if (dims.some((n) => n < -1) || open !== dims.lastIndexOf(-1)) {
    throw node.fail('extents are at least 0, and one at most is -1', found);
  }
  const batched = x.dims.includes(BATCH);
  const rest = () => volume(dims.filter((_, axis) => axis !== open));
  if (batched && !dims.includes(BATCH)) {
    // The graph has the batch that it was exported with in its shapes.
    const exported = dims[0] === node.exportedBatch && dims.length > 1;
    if (exported) dims[0] = BATCH;
    else if (open >= 0 && rest() === volume(x.dims)) dims[open] = BATCH;
  }
  if (open >= 0 && dims[open] === -1) dims[open] = rest() ? volume(x.dims) / rest() : 0;
  if (
    !dims.every((n) => n === BATCH || Number.isInteger(n)) ||
    volume(dims) !== volume(x.dims) ||
    batched !== dims.includes(BATCH)
  ) {
    throw node.fail('a shape has as many elements as before', found);
  }
  return dims;
}

export const convertFlatten: Convert = (node) => {
  const x = node.input(0);
  const rank = x.dims.length;
  const given = node.attributes.int('axis', 1);
  const axis = given === rank ? rank : node.axis(given, rank);
  const fused = (dims: Dims) => (dims.includes(BATCH) && volume(dims) === 1 ? BATCH : volume(dims));
  const [rows, columns] = [x.dims.slice(0, axis), x.dims.slice(axis)];
  if ([rows, columns].some((dims) => dims.includes(BATCH) && volume(dims) !== 1)) {
    throw node.fail(
      'the batch is not made one with other dimensions',
      `axis ${axis} of ${formatDims(x.dims)}`,
    );
  }
  return reshapeTo(node, x, [fused(rows), fused(columns)]);
};

export const convertSqueeze: Convert = (node) => {
  const x = node.input(0);
  const given = node.integers('axes', 1, 13);
  const axes = given
    ? node.axes(given, x.dims.length)
    : identity(x.dims.length).filter((axis) => x.dims[axis] === 1);
  if (axes.some((axis) => x.dims[axis] !== 1)) {
    throw node.fail('squeezed extents are 1', `axes ${axes} of ${formatDims(x.dims)}`);
  }
  return reshapeTo(
    node,
    x,
    x.dims.filter((_, axis) => !axes.includes(axis)),
  );
};

export const convertUnsqueeze: Convert = (node) => {
  const x = node.input(0);
  const given = node.integers('axes', 1, 13);
  if (!given) throw node.fail('it has axes', 'none');
  const rank = x.dims.length + given.length;
  const axes = node.axes(given, rank);
  const rest = [...x.dims];
  return reshapeTo(
    node,
    x,
    identity(rank).map((axis) => (axes.includes(axis) ? 1 : (rest.shift() as number))),
  );
};

export const convertTranspose: Convert = (node) => {
  const x = node.input(0);
  const rank = x.dims.length;
  const perm = node.attributes.ints('perm') ?? identity(rank).reverse();
  if (perm.length !== rank || [...perm].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw node.fail(`perm is a permutation of 0 to ${rank - 1}`, `[${perm}]`);
  }
  return x.kind === 'known' ? transposeKnown(x, perm) : relabelled(x, perm);
};

export const convertShape: Convert = (node) => {
  const { dims } = node.input(0);
  const clamp = (n: number) => Math.min(Math.max(n < 0 ? n + dims.length : n, 0), dims.length);
  const start = node.opset < 15 ? 0 : clamp(node.attributes.int('start', 0));
  const end = node.opset < 15 ? dims.length : clamp(node.attributes.int('end', dims.length));
  const listed = dims.slice(start, end);
  const plain = listed.map((extent) => (extent === BATCH ? 0 : extent));
  const value = known('int64', [listed.length], plain);
  if (!listed.includes(BATCH)) return value;
  return { ...value, perBatch: Float64Array.from(listed, (extent) => (extent === BATCH ? 1 : 0)) };
};

export const convertSize: Convert = (node) => {
  const { dims } = node.input(0);
  const size = volume(dims);
  if (!dims.includes(BATCH)) return known('int64', [], [size]);
  return { ...known('int64', [], [0]), perBatch: Float64Array.of(size) };
};

export const convertConstant: Convert = (node) => {
  const { attributes } = node;
  const tensor = attributes.tensor('value');
  if (tensor) return { kind: 'known', ...tensor };
  const [float, int] = [attributes.has('value_float'), attributes.has('value_int')];
  if (float) return known('float', [], [attributes.float('value_float', 0)]);
  if (int) return known('int64', [], [attributes.int('value_int', 0)]);
  const floats = attributes.floats('value_floats');
  if (floats) return known('float', [floats.length], floats);
  const ints = attributes.ints('value_ints');
  if (ints) return known('int64', [ints.length], ints);
  throw node.fail('a constant is a tensor, a number or a list of numbers', 'none of these');
};

export const convertConstantOfShape: Convert = (node) => {
  const dims = node.extents(0, 'shape');
  if (!dims || dims.includes(BATCH)) {
    throw node.fail('its shape is known and without a batch', dims ? formatDims(dims) : 'none');
  }
  const { dtype, data } = node.attributes.tensor('value') ?? known('float', [1], [0]);
  if (data.length !== 1) throw node.fail('its value is one number', String(data.length));
  node.checkDims(dims);
  node.builder.claim(dims, node.where);
  return { kind: 'known', dtype, dims, data: makeData(dtype, volume(dims)).fill(data[0]) };
};

export const convertRange: Convert = (node) => {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map((what, i) => {
    const value = node.knownInput(i, what);
    if (value?.data.length === 1 && !value.perBatch) return value;
    throw node.fail(`${what} is one known number`, value ? formatDims(value.dims) : 'nothing');
  });
  const [from, to, step] = [start.data[0], limit.data[0], delta.data[0]];
  const count = Math.max(Math.ceil((to - from) / step), 0);
  node.checkDims([count]);
  node.builder.claim([count], node.where);
  const numbers = Float64Array.from({ length: count }, (_, i) => from + i * step);
  return castKnown(known('double', [count], numbers), start.dtype);
};

/** Blocks of channels become blocks of pixels. */
export const convertDepthToSpace: Convert = (node) => {
  const { x, n, c, h, w, block } = blocks(node);
  const mode = node.attributes.string('mode', 'DCR', ['DCR', 'CRD']);
  const channels = c / block ** 2;
  if (!Number.isInteger(channels))
    throw node.fail('blocksize² divides the channels', `${block}, ${c}`);
  const [split, perm] =
    mode === 'DCR'
      ? [
          [n, block, block, channels, h, w],
          [0, 3, 4, 1, 5, 2],
        ]
      : [
          [n, channels, block, block, h, w],
          [0, 1, 4, 2, 5, 3],
        ];
  const moved = transposed(reshapeTo(node, x, split), perm);
  return reshapeTo(node, moved, [n, channels, h * block, w * block]);
};

/** Blocks of pixels become blocks of channels. */
export const convertSpaceToDepth: Convert = (node) => {
  const { x, n, c, h, w, block } = blocks(node);
  if (h % block || w % block)
    throw node.fail('blocksize divides height and width', `${block}, ${h}×${w}`);
  const split = [n, c, h / block, block, w / block, block];
  const moved = transposed(reshapeTo(node, x, split), [0, 3, 5, 1, 2, 4]);
  return reshapeTo(node, moved, [n, c * block ** 2, h / block, w / block]);
};

function blocks(node: NodeScope) {
  const x = node.liveInput(0, 4);
  if (x.dims.length !== 4) throw node.fail('its input is [N,C,H,W]', formatDims(x.dims));
  const block = node.attributes.int('blocksize', 0);
  if (block < 1) throw node.fail('blocksize is at least 1', String(block));
  const [n, c, h, w] = x.dims;
  return { x, n, c, h, w, block };
}

const transposed = (x: Value, perm: readonly number[]): Value =>
  x.kind === 'known' ? transposeKnown(x, perm) : relabelled(x, perm);
