// The same numbers in another runtime's order of axes.
import { type Shape, sizeOf } from '../../src/core/shape';
import type { Model } from '../../src/model/model';

/** Our numbers, seen as `ours`, with the axes in the order of `perm`, have the shape `theirs`. */
export interface Layout {
  readonly ours: Shape;
  readonly perm: readonly number[];
  readonly theirs: Shape;
}

export function toTheirs(values: ArrayLike<number>, { ours, perm }: Layout): Float32Array {
  return permuted(values, ours, perm);
}

export function toOurs(values: ArrayLike<number>, { ours, perm }: Layout): Float32Array {
  const shape = perm.map((axis) => ours[axis]);
  return permuted(
    values,
    shape,
    ours.map((_, axis) => perm.indexOf(axis)),
  );
}

/** Only another shape. */
export function seenAs(theirs: Shape): Layout {
  return { ours: theirs, perm: theirs.map((_, axis) => axis), theirs };
}

function moved(ours: Shape, perm: readonly number[], theirs?: Shape): Layout {
  return { ours, perm, theirs: theirs ?? perm.map((axis) => ours[axis]) };
}

/** Activations, batch first: images with their channels next to it. */
export function firstOf(shape: Shape): Layout {
  return shape.length === 4 ? moved(shape, [0, 3, 1, 2]) : seenAs(shape);
}

/**
 * Layouts of a model's weights. `last`: as ours, but depthwise kernels are [height, width, channels, 1].
 * `first`: kernels are [filters, channels, height, width], and the rows of a dense layer after an
 * image was flattened follow its channels first.
 */
export function weightLayouts(model: Model, channels: 'first' | 'last'): Map<string, Layout> {
  const types = new Map(model.stateInfo().map(({ name, type }) => [name, type.shape]));
  const result = new Map([...types].map(([name, shape]) => [name, seenAs(shape)]));
  for (const { name, layer, outputs } of model.places) {
    const kernel = `${name}/kernel`;
    const shape = types.get(kernel);
    if (!shape) continue;
    const depthwise = layer.type === 'depthwiseConv2d';
    if (channels === 'last') {
      if (depthwise) result.set(kernel, seenAs([shape[0], shape[1], sizeOf(shape.slice(2)), 1]));
    } else if (shape.length === 4) {
      const seen = depthwise ? [shape[0], shape[1], 1, sizeOf(shape.slice(2))] : shape;
      result.set(kernel, moved(seen, [3, 2, 0, 1]));
    } else {
      const before = outputs[0].call?.inputs[0].call;
      const image = before?.layer.type === 'flatten' ? before.inputs[0].shape : [];
      if (image.length === 3) result.set(kernel, moved([...image, shape[1]], [2, 0, 1, 3], shape));
    }
  }
  return result;
}

/** `values` of `shape` with the axes in the order of `perm`. */
function permuted(values: ArrayLike<number>, shape: Shape, perm: readonly number[]): Float32Array {
  if (perm.every((axis, i) => axis === i)) return Float32Array.from(values);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const result = new Float32Array(values.length);
  const index = perm.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    let at = 0;
    for (let axis = 0; axis < perm.length; axis++) at += index[axis] * strides[perm[axis]];
    result[i] = values[at];
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[perm[axis]]) break;
      index[axis] = 0;
    }
  }
  return result;
}
