// Parts of tensors, and tensors made of parts.
import { stridesOf } from '../../../core/shape';
import { concat } from '../../../model/layers/merge';
import { gather, slice } from '../../../model/layers/tensor';
import { reshapeTo } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { makeData } from '../tensor';
import {
  along,
  BATCH,
  type Dims,
  formatDims,
  identity,
  integersOf,
  type Known,
  known,
  live,
  pick,
  type Value,
  volume,
} from '../values';
import { alike } from './elementwise';

export const convertConcat: Convert = (node) => {
  const values = node.inputs.map((_, i) => node.input(i)).filter((value) => !isEmpty(value));
  const [first] = values;
  if (!first) return node.input(0);
  const rank = first.dims.length;
  const axis = node.axis(node.attributes.int('axis', 1), rank);
  const dims = [...first.dims];
  dims[axis] = values.reduce((sum, value) => sum + value.dims[axis], 0);
  const fits = values.every(
    (value) =>
      value.dims.length === rank && value.dims.every((n, a) => a === axis || n === dims[a]),
  );
  if (!fits || dims[axis] === BATCH) {
    const found = values
      .slice(0, 8)
      .map((value) => formatDims(value.dims))
      .join(', ');
    throw node.fail('extents agree but for the axis, which is not the batch', found);
  }
  if (values.length === 1) return first;
  const given = values.filter((value): value is Known => value.kind === 'known');
  if (given.length === values.length) return concatKnown(given, axis, dims);
  const parts = alike(node, values, dims);
  const { order } = parts[0];
  const stored = order.indexOf(axis);
  const tensor = node.layer(
    (options) => concat({ ...options, axis: stored }),
    parts.map((part) => part.tensor),
  );
  return live(tensor, dims, order, first.dtype);
};

const isEmpty = (value: Value): boolean => volume(value.dims) === 0;

function concatKnown(values: readonly Known[], axis: number, dims: Dims): Known {
  const inner = (value: Known) => volume(value.dims.slice(axis));
  const outer = volume(dims.slice(0, axis));
  const data = makeData(values[0].dtype, volume(dims));
  const perBatch = values.some((value) => value.perBatch)
    ? new Float64Array(data.length)
    : undefined;
  let at = 0;
  for (let i = 0; i < outer; i++) {
    for (const value of values) {
      const run = inner(value);
      data.set(value.data.subarray(i * run, (i + 1) * run), at);
      if (value.perBatch) perBatch?.set(value.perBatch.subarray(i * run, (i + 1) * run), at);
      at += run;
    }
  }
  return { kind: 'known', dtype: values[0].dtype, dims, data, ...(perBatch && { perBatch }) };
}

/** A part of a tensor: from `starts`, in `steps` that may go backwards, as many as `sizes` says. */
export function sliceOf(
  node: NodeScope,
  x: Value,
  starts: readonly number[],
  sizes: Dims,
  steps: readonly number[],
  suffix?: string,
): Value {
  const whole = sizes.every((size, axis) => size === x.dims[axis] && steps[axis] === 1);
  if (whole) return x;
  const source = node.sourceOf(x, sizes);
  if (source.kind === 'known') {
    const strides = stridesOf(x.dims);
    return pick(
      source,
      sizes.map((size, axis) => along(size, strides[axis], starts[axis], steps[axis])),
    );
  }
  const stored = <T>(values: readonly T[]) =>
    source.order.filter((axis) => x.dims[axis] !== BATCH).map((axis) => values[axis]);
  const how = { starts: stored(starts), sizes: stored(sizes), steps: stored(steps) };
  const tensor = node.layer((options) => slice({ ...options, ...how }), [source.tensor], {
    suffix,
  });
  return live(tensor, sizes, source.order, x.dtype);
}

export const convertSlice: Convert = (node) => {
  const x = node.input(0);
  const rank = x.dims.length;
  const given = (name: string, index: number) => {
    const values = node.integers(name, index, 10);
    if (values || index > 2) return values;
    throw node.fail(`it has ${name}`, 'none');
  };
  const from = given('starts', 1) as readonly number[];
  const to = given('ends', 2) as readonly number[];
  const axes = node.axes(given('axes', 3) ?? identity(from.length), rank);
  const by = (node.opset >= 10 && given('steps', 4)) || from.map(() => 1);
  if (to.length !== from.length || axes.length !== from.length || by.length !== from.length) {
    throw node.fail(
      'starts, ends, axes and steps are as many',
      `${[from, to, axes, by].map((l) => l.length)}`,
    );
  }
  const starts = x.dims.map(() => 0);
  const sizes = [...x.dims];
  const steps = x.dims.map(() => 1);
  axes.forEach((axis, i) => {
    const extent = x.dims[axis];
    const step = by[i];
    if (step === 0) throw node.fail('a step is not 0', `${by}`);
    if (extent === BATCH) {
      if (from[i] === 0 && step === 1 && to[i] >= 2 ** 31 - 1) return;
      throw node.fail('the batch is not cut', `from ${from[i]} to ${to[i]}`);
    }
    const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
    const clamp = (n: number) => Math.min(Math.max(n < 0 ? n + extent : n, low), high);
    starts[axis] = Math.max(clamp(from[i]), 0);
    steps[axis] = step;
    sizes[axis] = Math.max(Math.ceil((clamp(to[i]) - clamp(from[i])) / step), 0);
  });
  return sliceOf(node, x, starts, sizes, steps);
};

export const convertSplit: Convert = (node) => {
  const x = node.input(0);
  const axis = node.axis(node.attributes.int('axis', 0), x.dims.length);
  const extent = x.dims[axis];
  if (extent === BATCH) throw node.fail('the batch is not cut', `axis ${axis}`);
  const count =
    node.opset >= 18
      ? node.attributes.int('num_outputs', node.outputs.length)
      : node.outputs.length;
  const part = Math.ceil(extent / count);
  const equal = node.outputs.map((_, i) => Math.min(part, extent - i * part));
  const parts = node.integers('split', 1, 13) ?? equal;
  const total = parts.reduce((sum, n) => sum + n, 0);
  if (
    count !== node.outputs.length ||
    parts.length !== count ||
    total !== extent ||
    parts.some((n) => n < 0)
  ) {
    throw node.fail(`parts of ${extent}, one for each output`, `[${parts}]`);
  }
  let at = 0;
  return parts.map((size, i) => {
    const starts = x.dims.map((_, a) => (a === axis ? at : 0));
    at += size;
    const sizes = x.dims.map((n, a) => (a === axis ? size : n));
    return sliceOf(
      node,
      x,
      starts,
      sizes,
      x.dims.map(() => 1),
      `${i}`,
    );
  });
};

export const convertGather: Convert = (node) => {
  const [x, indices] = [node.input(0), node.input(1)];
  const axis = node.axis(node.attributes.int('axis', 0), x.dims.length);
  const extent = x.dims[axis];
  if (indices.kind === 'live') {
    throw node.fail('its indices are known at import', 'a tensor that each run computes');
  }
  if (extent === BATCH) throw node.fail('the batch is not gathered from', `axis ${axis}`);
  const places = integersOf(indices, `${node.where}, indices`).map((n) => (n < 0 ? n + extent : n));
  if (places.some((n) => n < 0 || n >= extent)) {
    throw node.fail(`indices are in [${-extent}, ${extent - 1}]`, `${indices.data}`.slice(0, 80));
  }
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  const listed = x.dims.map((n, a) => (a === axis ? places.length : n));
  return reshapeTo(node, taken(node, x, axis, places, listed), dims);
};

/** The elements of `x` at `places` of an axis. */
export function taken(
  node: NodeScope,
  x: Value,
  axis: number,
  places: readonly number[],
  dims: Dims,
): Value {
  const source = node.sourceOf(x, dims);
  if (source.kind === 'known') {
    node.builder.claim(dims, node.where);
    const strides = stridesOf(x.dims);
    return pick(
      source,
      dims.map((extent, a) =>
        a === axis ? places.map((place) => place * strides[a]) : along(extent, strides[a]),
      ),
    );
  }
  const steady = places.every((place, i) => i === 0 || place === places[0] + i);
  if (steady) {
    const starts = x.dims.map((_, a) => (a === axis ? places[0] : 0));
    return sliceOf(
      node,
      x,
      starts,
      dims,
      x.dims.map(() => 1),
    );
  }
  const stored = source.order.indexOf(axis);
  const listed = node.live(known('int64', [places.length], places), 'places');
  const tensor = node.layer(
    (options) => gather({ ...options, axis: stored }),
    [source.tensor, listed.tensor],
  );
  return live(tensor, dims, source.order, x.dtype);
}
