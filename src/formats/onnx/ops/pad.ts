import { zeroPadding2d } from '../../../model/layers/shape';
import { pad } from '../../../model/layers/tensor';
import { channelsLast } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { BATCH, formatDims, identity, type Live, lastOrder, live, type Value } from '../values';
import { sliceOf, taken } from './movement';

const MODES = ['constant', 'reflect', 'edge', 'wrap'] as const;
type Mode = (typeof MODES)[number];

/** Elements before and after each axis; negative ones are cut off. */
interface Padding {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export const convertPad: Convert = (node) => {
  const x = node.input(0);
  const mode = node.attributes.string<Mode>('mode', 'constant', MODES);
  const cut = cropped(node, x, paddingOf(node, x));
  if (mode !== 'constant') return mirrored(node, cut.x, cut.padding, mode);
  return padded(node, node.live(cut.x), cut.padding, fillOf(node));
};

function paddingOf(node: NodeScope, x: Value): Padding {
  const rank = x.dims.length;
  const pads = node.integers('pads', 1, 11);
  const given = node.opset >= 18 ? node.integers('axes', 3, 0) : undefined;
  const axes = given ? node.axes(given, rank) : identity(rank);
  if (pads?.length !== 2 * axes.length) {
    throw node.fail(`pads has ${2 * axes.length} numbers`, String(pads?.length ?? 0));
  }
  const spread = (values: readonly number[]) =>
    identity(rank).map((axis) => (axes.includes(axis) ? values[axes.indexOf(axis)] : 0));
  const padding = {
    before: spread(pads.slice(0, axes.length)),
    after: spread(pads.slice(axes.length)),
  };
  const batch = x.dims.indexOf(BATCH);
  if (batch >= 0 && (padding.before[batch] || padding.after[batch])) {
    throw node.fail('the batch is not padded', `[${pads}]`);
  }
  return padding;
}

function fillOf(node: NodeScope): number {
  if (node.opset < 11) return node.attributes.float('value', 0);
  const value = node.knownInput(2, 'constant_value');
  if (value && value.data.length !== 1)
    throw node.fail('it pads with one number', formatDims(value.dims));
  return value?.data[0] ?? 0;
}

/** Without what negative padding takes away, and the padding that is left. */
function cropped(node: NodeScope, x: Value, { before, after }: Padding) {
  const off = (values: readonly number[]) => values.map((n) => Math.max(-n, 0));
  const [starts, ends] = [off(before), off(after)];
  const sizes = x.dims.map((n, axis) => n - starts[axis] - ends[axis]);
  if (sizes.some((n) => n < 0)) throw node.fail('something is left', formatDims(sizes));
  const left = sliceOf(
    node,
    x,
    starts,
    sizes,
    x.dims.map(() => 1),
    'crop',
  );
  const positive = (values: readonly number[]) => values.map((n) => Math.max(n, 0));
  return { x: left, padding: { before: positive(before), after: positive(after) } };
}

const paddedDims = (x: Value, { before, after }: Padding): number[] =>
  x.dims.map((n, axis) => before[axis] + n + after[axis]);

/** `x` with `value` around it. */
export function padded(node: NodeScope, x: Live, padding: Padding, value: number): Live {
  const dims = paddedDims(x, padding);
  if (dims.every((n, axis) => n === x.dims[axis])) return x;
  node.checkDims(dims.filter((n) => n !== BATCH));
  const image = x.dims.length === 4 && [0, 1].every((axis) => dims[axis] === x.dims[axis]);
  if (image) {
    const sides = [
      padding.before[2],
      padding.before[3],
      padding.after[2],
      padding.after[3],
    ] as const;
    const tensor = node.layer(
      (options) => zeroPadding2d(sides, { ...options, value }),
      [channelsLast(node, x).tensor],
    );
    return live(tensor, dims, lastOrder(4));
  }
  const stored = (values: readonly number[]) =>
    x.order.filter((axis) => x.dims[axis] !== BATCH).map((axis) => values[axis]);
  const how = { before: stored(padding.before), after: stored(padding.after), value };
  const tensor = node.layer((options) => pad({ ...options, ...how }), [x.tensor]);
  return live(tensor, dims, x.order, x.dtype);
}

/** Padding that repeats elements: axis by axis, the elements that are wanted. */
function mirrored(
  node: NodeScope,
  x: Value,
  padding: Padding,
  mode: Exclude<Mode, 'constant'>,
): Value {
  const dims = paddedDims(x, padding);
  node.checkDims(dims.filter((n) => n !== BATCH));
  return identity(dims.length).reduce<Value>((y, axis) => {
    const extent = x.dims[axis];
    if (dims[axis] === extent) return y;
    const places = Array.from({ length: dims[axis] }, (_, i) => {
      const place = sourceOf(i - padding.before[axis], extent, mode);
      if (place >= 0 && place < extent) return place;
      throw node.fail(
        'reflections stay within the tensor',
        `${padding.before[axis]}, ${padding.after[axis]} of ${extent}`,
      );
    });
    return taken(
      node,
      y,
      axis,
      places,
      y.dims.map((n, a) => (a === axis ? dims[a] : n)),
    );
  }, x);
}

function sourceOf(index: number, extent: number, mode: Exclude<Mode, 'constant'>): number {
  switch (mode) {
    case 'edge':
      return Math.min(Math.max(index, 0), extent - 1);
    case 'wrap':
      return ((index % extent) + extent) % extent;
    case 'reflect':
      return index < 0 ? -index : index < extent ? index : 2 * (extent - 1) - index;
  }
}
