import { dense } from '../../../model/layers/dense';
import { resize } from '../../../model/layers/shape';
import { arrange, channelsLast } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { BATCH, formatDims, identity, type Live, lastOrder, live, type Value } from '../values';
import { taken } from './movement';
import {
  aspectSizes,
  COORDINATES,
  type Line,
  MODES,
  NEAREST,
  type ResizeMode,
  resizeTaps,
} from './resize-weights';

/** Longest line that is resized. */
const MOST = 65535;
const PLAIN = { cubic: -0.75, excludeOutside: false, antialias: false } as const;

export const convertResize: Convert = (node) => {
  const x = node.liveInput(0, 1);
  const { attributes, opset } = node;
  const rank = x.dims.length;
  const how: ResizeMode =
    opset < 11
      ? {
          ...PLAIN,
          mode: attributes.string('mode', 'nearest', MODES),
          coordinates: 'asymmetric',
          nearest: 'floor',
        }
      : {
          mode: attributes.string('mode', 'nearest', MODES),
          coordinates: attributes.string(
            'coordinate_transformation_mode',
            'half_pixel',
            COORDINATES,
          ),
          nearest: attributes.string('nearest_mode', 'round_prefer_floor', NEAREST),
          cubic: attributes.float('cubic_coeff_a', -0.75),
          excludeOutside: attributes.flag('exclude_outside', false),
          antialias: attributes.flag('antialias', false),
        };
  attributes.ignore('extrapolation_value');
  const axes = node.axes(attributes.ints('axes') ?? identity(rank), rank);
  return resized(node, x, axes, linesOf(node, x, axes), how);
};

/** Upsample, before Resize took its place: coordinates from the corner. */
export const convertUpsample: Convert = (node) => {
  const x = node.liveInput(0, 1);
  const mode = node.attributes.string<'nearest' | 'linear' | 'bilinear'>('mode', 'nearest', [
    'nearest',
    'linear',
    'bilinear',
  ]);
  const how: ResizeMode = {
    ...PLAIN,
    mode: mode === 'nearest' ? 'nearest' : 'linear',
    coordinates: 'asymmetric',
    nearest: 'floor',
  };
  const scales = node.attributes.floats('scales') ?? knownFloats(node, 1, 'scales');
  const axes = identity(x.dims.length);
  return resized(node, x, axes, scaledLines(node, x, axes, scales ?? []), how);
};

function knownFloats(node: NodeScope, index: number, what: string): readonly number[] | undefined {
  const value = node.knownInput(index, what);
  return value?.data.length ? [...value.data] : undefined;
}

/** What becomes of each axis, by scales or by sizes. */
function linesOf(node: NodeScope, x: Live, axes: readonly number[]): Line[] {
  const late = node.opset >= 11;
  const scales = knownFloats(node, late ? 2 : 1, 'scales');
  const value = late ? node.knownInput(3, 'sizes') : undefined;
  const policy = node.attributes.string('keep_aspect_ratio_policy', 'stretch', [
    'stretch',
    'not_larger',
    'not_smaller',
  ]);
  if (scales) return scaledLines(node, x, axes, scales);
  const sizes = value && node.extents(3, 'sizes');
  if (sizes?.length !== axes.length) {
    throw node.fail(`scales or sizes have ${axes.length} numbers`, `${sizes?.length ?? 0}`);
  }
  const extents = axes.map((axis) => x.dims[axis]);
  const wanted = sizes.map((size, i) =>
    extents[i] === BATCH && size === node.exportedBatch ? BATCH : size,
  );
  if (wanted.some((size) => size < 1)) throw node.fail('sizes are at least 1', formatDims(wanted));
  const fixed = extents.flatMap((n, i) => (n === BATCH ? [] : [i]));
  const lines = aspectSizes(
    fixed.map((i) => extents[i]),
    fixed.map((i) => wanted[i]),
    policy,
  );
  if (wanted.some((size, i) => (size === BATCH) !== (extents[i] === BATCH))) {
    throw node.fail('the batch keeps its size', formatDims(wanted));
  }
  return extents.map((n, i) =>
    n === BATCH ? { from: n, to: n, scale: 1 } : lines[fixed.indexOf(i)],
  );
}

function scaledLines(
  node: NodeScope,
  x: Live,
  axes: readonly number[],
  scales: readonly number[],
): Line[] {
  if (scales.length !== axes.length || scales.some((scale) => !(scale > 0))) {
    throw node.fail(`scales have ${axes.length} numbers above 0`, `[${scales.slice(0, 9)}]`);
  }
  return axes.map((axis, i) => {
    const from = x.dims[axis];
    if (from === BATCH && scales[i] !== 1)
      throw node.fail('the batch keeps its size', `[${scales}]`);
    return { from, to: Math.floor(from * scales[i]), scale: scales[i] };
  });
}

/** The resize layer where it does the same; else a product with the weights, axis by axis. */
function resized(
  node: NodeScope,
  x: Live,
  axes: readonly number[],
  lines: readonly Line[],
  how: ResizeMode,
): Value {
  const changes = axes
    .map((axis, i) => ({ axis, line: lines[i] }))
    .filter(({ line }) => line.from !== line.to || line.scale !== 1);
  const long = changes.find(({ line }) => line.to < 1 || line.to > MOST);
  if (long) throw node.fail(`extents become 1 to ${MOST}`, String(long.line.to));
  const dims = [...x.dims];
  for (const { axis, line } of changes) dims[axis] = line.to;
  node.checkDims(dims.filter((n) => n !== BATCH));
  if (x.dims.length === 4 && changes.every(({ axis }) => axis > 1)) {
    const like = nativeMode(
      changes.map(({ line }) => line),
      how,
    );
    if (like) {
      const size = [dims[2], dims[3]] as const;
      const tensor = node.layer(
        (options) => resize(size, { ...options, ...like }),
        [channelsLast(node, x).tensor],
      );
      return live(tensor, dims, lastOrder(4));
    }
  }
  return changes.reduce<Value>(
    (y, { axis, line }) => alongAxis(node, y as Live, axis, line, how),
    x,
  );
}

/** What the resize layer calls a mode whose weights are the same, if it has such. */
function nativeMode(lines: readonly Line[], how: ResizeMode) {
  const candidates = [
    ['nearest', 'asymmetric', 'floor', 'asymmetric'],
    ['nearest', 'half_pixel', 'round_prefer_ceil', 'halfPixel'],
    ['nearest', 'align_corners', 'round_prefer_ceil', 'alignCorners'],
    ['linear', 'half_pixel', 'floor', 'halfPixel'],
    ['linear', 'asymmetric', 'floor', 'asymmetric'],
    ['linear', 'align_corners', 'floor', 'alignCorners'],
  ] as const;
  const weights = (line: Line, mode: ResizeMode) => JSON.stringify(resizeTaps(line, mode));
  const found = candidates.find(([mode, coordinates, nearest]) =>
    lines.every((line) => {
      const native = { ...line, scale: line.to / line.from };
      return weights(line, how) === weights(native, { ...PLAIN, mode, coordinates, nearest });
    }),
  );
  if (!found) return undefined;
  const [mode, , , coordinates] = found;
  return { interpolation: mode === 'nearest' ? mode : 'bilinear', coordinates } as const;
}

function alongAxis(node: NodeScope, x: Live, axis: number, line: Line, how: ResizeMode): Value {
  const dims = x.dims.map((n, a) => (a === axis ? line.to : n));
  const taps = resizeTaps(line, how);
  if (how.mode === 'nearest')
    return taken(
      node,
      x,
      axis,
      taps.map(([[index]]) => index),
      dims,
    );
  node.builder.claim([line.from, line.to], node.where);
  const kernel = new Float32Array(line.from * line.to);
  taps.forEach((list, to) => {
    for (const [from, weight] of list) kernel[from * line.to + to] = weight;
  });
  const order = [...x.order.filter((a) => a !== axis), axis];
  const tensor = node.layer(
    (options) => dense(line.to, { ...options, useBias: false, trainable: false }),
    [arrange(node, x, order).tensor],
    { weights: { kernel }, suffix: `axis${axis}` },
  );
  return live(tensor, dims, order, x.dtype);
}
