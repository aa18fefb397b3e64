import { FormatError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import type { LayerOptions } from '../../../model/create-layer';
import type { Layer, SymbolicTensor } from '../../../model/layer';
import { permute, reshape } from '../../../model/layers/shape';
import type { Fields } from '../fields';

/** Whose meaning a file's configs have: they differ in a few numbers. */
export type Dialect = 'tfjs' | 'keras2' | 'keras3';

/** What a class sees of a layer in a file, when it is applied for the first time. */
export interface Reading {
  readonly config: Fields;
  /** Name within the model: those of the models around it and its own, with / between. */
  readonly name: string;
  readonly trainable: boolean;
  readonly dialect: Dialect;
  /** Shapes of the inputs as the file has them, without the batch dimension. */
  readonly shapes: readonly Shape[];
}

/** A weight of a layer: where the file has it, where the model has it. */
export interface WeightRule {
  /** Names that Keras has had for it, within the layer. */
  readonly keys: readonly string[];
  /** Name of the tensor in the model's state; undefined for one that is not needed. */
  readonly state?: string;
  /** The file's shape of it, by the model's; default the same. The order of the numbers is the same. */
  readonly shape?: (model: Shape) => Shape;
  readonly convert?: (values: Float32Array) => Float32Array;
  /** Whether files may leave it out. */
  readonly optional?: true;
}

/** A layer of a file as layers of this library. */
export interface Read {
  readonly apply: (inputs: readonly SymbolicTensor[]) => SymbolicTensor;
  /** In the order of Keras' `get_weights()`. */
  readonly weights?: readonly WeightRule[];
  /** State that is not in the file's weights. */
  readonly constants?: Readonly<Record<string, readonly number[]>>;
  /**
   * How it takes tensors: as the file has them (default); `first` where the file's are channels-first,
   * which are given to it, and taken from it, channels-last; `any` where that makes no difference.
   */
  readonly layout?: 'first' | 'any';
  /** The layers whose behaviour in training differs: `training: false` in a file switches it off. */
  readonly inference?: (inputs: readonly SymbolicTensor[]) => SymbolicTensor;
}

export interface KerasClass {
  /** What it is here and what it cannot do, for the docs. */
  readonly becomes: string;
  readonly read: (reading: Reading) => Read;
}

/** One layer after the other; the first takes all inputs. */
export function chain(...layers: readonly Layer[]): Read['apply'] {
  return (inputs) => {
    const [first, ...rest] = layers;
    return rest.reduce((tensor, layer) => layer(tensor), first(inputs));
  };
}

/** Options that every layer has. */
export function layerOptions({ name, trainable }: Reading): LayerOptions {
  return { name, trainable };
}

/** The layout that a file's layer has its images in. */
export function dataFormat({ config }: Reading): 'first' | undefined {
  const format = config.choice('data_format', ['channels_last', 'channels_first'], 'channels_last');
  return format === 'channels_first' ? 'first' : undefined;
}

/** The shape of the only input as the layer sees it: channels-last. */
export function shapeSeen({ shapes: [shape] }: Reading, layout?: 'first'): Shape {
  return layout === 'first' ? [...shape.slice(1), shape[0]] : shape;
}

/** Channels-first to channels-last. */
export function toLast(tensor: SymbolicTensor): SymbolicTensor {
  const rank = tensor.shape.length;
  return permute([...Array.from({ length: rank - 1 }, (_, i) => i + 2), 1])(tensor);
}

/** Channels-last to channels-first. */
export function toFirst(tensor: SymbolicTensor): SymbolicTensor {
  const rank = tensor.shape.length;
  return permute([rank, ...Array.from({ length: rank - 1 }, (_, i) => i + 1)])(tensor);
}

/** An axis that counts the batch as 0, or from the end, as one in [1, rank]. */
export function axisOf(config: Fields, key: string, value: unknown, rank: number): number {
  const axis = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (Number.isSafeInteger(axis)) {
    const positive = axis < 0 ? axis + rank + 1 : axis;
    if (positive >= 1 && positive <= rank) return positive;
  }
  throw config.wrong(key, `one axis of ${rank + 1}, not the batch's`);
}

/** Applies a layer for images to rows [steps, channels], as images one pixel wide. */
export function onRows(reading: Reading, layer: Layer): Read['apply'] {
  const { shapes, config } = reading;
  const [shape] = shapes;
  if (shape.length !== 2) {
    const found = formatShape(shape);
    throw new FormatError({ where: config.where, rule: 'its input is [steps, channels]', found });
  }
  const [steps, channels] = shape;
  return chain(reshape([steps, 1, channels]), layer, reshape([-1, channels]));
}

/** Two sides of each dimension: n, [n, m], or [[before, after], …], as [before…, after…]. */
export function sides(config: Fields, key: string, dimensions: 1 | 2, fallback: number): number[] {
  const value = config.raw(key) ?? fallback;
  // Along one dimension two numbers are its two sides.
  const listed = dimensions === 1 && Array.isArray(value) && value.length === 2 ? [value] : value;
  const each = Array.isArray(listed) ? listed : Array(dimensions).fill(listed);
  const both = each.map((side) => (Array.isArray(side) ? side : [side, side]));
  const ok = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (both.length === dimensions && both.every((side) => side.length === 2 && side.every(ok))) {
    return [...both.map(([before]) => before), ...both.map(([, after]) => after)];
  }
  throw config.wrong(
    key,
    `integers from 0 on, for ${dimensions === 1 ? 'both sides' : 'all sides'}`,
  );
}
