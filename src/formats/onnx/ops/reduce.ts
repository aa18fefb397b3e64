import { activation } from '../../../model/layers/activation';
import { argMax, argMin, type Reduction, reduce } from '../../../model/layers/reduce';
import { reduceKnown } from '../arithmetic';
import { reshapeTo } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { BATCH, type Dims, identity, type Live, live, type Value, volume } from '../values';

/** Axes given, or all; with `noop_with_empty_axes` none. */
function reducedAxes(node: NodeScope, rank: number, since: number): readonly number[] {
  const given = node.integers('axes', 1, since);
  const none = node.opset >= since && node.attributes.flag('noop_with_empty_axes', false);
  if (!given?.length) return none ? [] : identity(rank);
  return node.axes(given, rank);
}

/** Extents of a reduction: those of the axes 1, or left out. */
const reducedDims = (dims: Dims, axes: readonly number[], keepDims: boolean): number[] =>
  keepDims
    ? dims.map((n, axis) => (axes.includes(axis) ? 1 : n))
    : dims.filter((_, axis) => !axes.includes(axis));

/** A converter to a reduction; its axes are an input since opset `since`. */
export const reduction =
  (how: Reduction, since = 18): Convert =>
  (node) => {
    const x = node.input(0);
    const keepDims = node.attributes.flag('keepdims', true);
    const axes = reducedAxes(node, x.dims.length, since);
    return reduceOver(node, how, x, axes, keepDims);
  };

export function reduceOver(
  node: NodeScope,
  how: Reduction,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
  suffix?: string,
): Value {
  if (!axes.length) return x;
  const dims = reducedDims(x.dims, axes, keepDims);
  if (volume(x.dims) === 0 && x.kind === 'known') {
    const op = `Reduce${how[0].toUpperCase()}${how.slice(1)}`;
    const folded = reduceKnown(op, x, axes, keepDims);
    if (folded) return folded;
  }
  if (x.kind === 'known') {
    const folded = reduceKnown(node.op, x, axes, keepDims);
    if (folded) return folded;
  }
  const source = node.live(x);
  if (axes.some((axis) => source.dims[axis] === BATCH)) {
    throw node.fail('the batch is not reduced', `axes ${axes}`);
  }
  const stored = axes.map((axis) => source.order.indexOf(axis)).sort((a, b) => a - b);
  const tensor = node.layer(
    (options) => reduce(how, { ...options, axes: stored, keepDims: true }),
    [source.tensor],
    { suffix },
  );
  const kept = live(tensor, reducedDims(x.dims, axes, true), source.order, x.dtype);
  return reshapeTo(node, kept, dims);
}

export const convertArgMax =
  (how: 'max' | 'min'): Convert =>
  (node) => {
    const x = node.liveInput(0, 1);
    const axis = node.axis(node.attributes.int('axis', 0), x.dims.length);
    const keepDims = node.attributes.flag('keepdims', true);
    const last = node.opset >= 12 && node.attributes.flag('select_last_index', false);
    if (x.dims[axis] === BATCH) throw node.fail('the batch is not searched', `axis ${axis}`);
    const stored = x.order.indexOf(axis);
    const tensor = node.layer(
      (options) => {
        const make = how === 'max' ? argMax : argMin;
        return make({ ...options, axis: stored, keepDims: true, last });
      },
      [x.tensor],
    );
    const kept: Live = live(tensor, reducedDims(x.dims, [axis], true), x.order, 'int64');
    return reshapeTo(node, kept, reducedDims(x.dims, [axis], keepDims));
  };

/** Softmax along an axis; before opset 13 over that axis and all after it. */
export const softmaxLike =
  (name: 'softmax' | 'logSoftmax'): Convert =>
  (node) => {
    const x = node.liveInput(0, 1);
    const rank = x.dims.length;
    const axis = node.axis(node.attributes.int('axis', node.opset < 13 ? 1 : -1), rank);
    const rest = x.dims.slice(axis);
    const single = node.opset >= 13 || rest.filter((n) => n !== 1).length <= 1;
    if (!single) {
      const flat = reshapeTo(node, x, [...x.dims.slice(0, axis), volume(rest)]) as Live;
      return reshapeTo(node, along(node, name, flat, axis), x.dims);
    }
    const wide = rest.findIndex((n) => n !== 1);
    return along(node, name, x, node.opset < 13 && wide > 0 ? axis + wide : axis);
  };

function along(node: NodeScope, name: 'softmax' | 'logSoftmax', x: Live, axis: number): Live {
  if (x.dims[axis] === BATCH) throw node.fail('the batch is not normalised', `axis ${axis}`);
  const how = { name, axis: x.order.indexOf(axis) } as const;
  const tensor = node.layer((options) => activation(how, options), [x.tensor]);
  return live(tensor, x.dims, x.order, x.dtype);
}
