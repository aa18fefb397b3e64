import { encodeArray, type NumericArray, type TypedArray } from '../core/dtype';
import { ArgumentError, DataError, ShapeError } from '../core/errors';
import { checkIntegers, flatten, type Numbers } from '../core/numbers';
import { permutation, Random } from '../core/random';
import { formatShape, sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import type { Model } from '../model/model';

/** Samples: what goes into the model, and what should come out. */
export interface Samples {
  /** Samples × the model's input; by name where the model has several inputs. */
  readonly x: Numbers | Readonly<Record<string, Numbers>>;
  /** Samples × targets: class numbers, or as many numbers as the model puts out. */
  readonly y: Numbers;
}

/** Samples all at once, or batches of them that can be gone through once an epoch. */
export type TrainingData = Samples | AsyncIterable<Samples> | Iterable<Samples>;

/** One model input as the data must fill it: the type of one sample, or without a batch of all. */
export interface Field extends TensorType {
  readonly name: string;
  readonly batched: boolean;
}

/** Throws an ArgumentError for a model whose samples are not told apart. */
export function fieldsOf({ name, inputs }: Model): Field[] {
  const fields = inputs.map(({ name, tensor: { dtype, shape, batched } }) => {
    return { name, dtype, shape, batched };
  });
  if (fields.some(({ batched }) => batched)) return fields;
  throw new ArgumentError({
    where: `model "${name}"`,
    rule: 'a model that is trained or evaluated has an input with a batch',
  });
}

/** Checked samples in flat arrays, as the device stores them. */
export interface Table {
  readonly count: number;
  readonly inputs: readonly { readonly field: Field; readonly data: TypedArray }[];
  readonly targets: { readonly type: TensorType; readonly data: TypedArray };
}

/** Whether `data` is samples all at once. Throws a {@link DataError} if it is no training data. */
export function isSamples(data: TrainingData): data is Samples {
  if (typeof data === 'object' && data !== null) {
    if ('x' in data && 'y' in data) return true;
    if (Symbol.asyncIterator in data || Symbol.iterator in data) return false;
  }
  throw new DataError({
    where: 'training data',
    rule: 'it is { x, y }, or batches of them that can be gone through',
    found: contents(data),
  });
}

function contents(data: unknown): string {
  if (typeof data !== 'object' || data === null) return String(data).slice(0, 80);
  return `an object with ${Object.keys(data).slice(0, 8).join(', ') || 'nothing'}`;
}

/**
 * Checks samples against the model's inputs, and the targets against `targetType`, which is given
 * the targets a sample. Throws a {@link DataError} for none at all, lengths that do not fit together
 * and labels outside [0, classes); a {@link ShapeError} for rows that do not fill an input.
 */
export function checkSamples(
  samples: Samples,
  fields: readonly Field[],
  targetType: (numbers: number) => TensorType,
  classes: number,
  where = 'training data',
): Table {
  const { x, y }: Partial<Samples> = samples ?? {};
  if (x === undefined || x === null || y === undefined || y === null) {
    throw new DataError({ where, rule: 'it is { x, y }', found: contents(samples) });
  }
  const named = isNamed(x) ? x : { [fields[0].name]: x };
  const inputs = fields.map((field) => {
    if (!Object.hasOwn(named, field.name)) {
      throw new DataError({
        where,
        rule: `x has numbers for each input: ${fields.map(({ name }) => name).join(', ')}`,
        found: Object.keys(named).join(', ') || 'none',
      });
    }
    const numbers = flatten(named[field.name], where);
    if (field.dtype === 'i32') checkIntegers(numbers, `${where}, input "${field.name}"`);
    return { field, data: encodeArray(field.dtype, numbers) };
  });
  const first = inputs.find(({ field }) => field.batched)!;
  const count = first.data.length / sizeOf(first.field.shape);
  if (count === 0) throw new DataError({ where, rule: 'there is at least one sample' });
  for (const { field, data } of inputs) {
    const size = sizeOf(field.shape);
    const wanted = field.batched ? count * size : size;
    if (data.length === wanted && Number.isInteger(count)) continue;
    const counted = Number.isInteger(count) ? `, and there are ${count} samples` : '';
    throw new ShapeError({
      where: `${where}, input "${field.name}"`,
      rule: field.batched
        ? `each sample is ${formatShape(field.shape)}, ${size} numbers${counted}`
        : `it is ${formatShape(field.shape)}, ${size} numbers for all samples`,
      found: `${data.length} numbers`,
    });
  }
  const targets = flatten(y, where);
  const numbers = targets.length / count;
  if (!Number.isInteger(numbers) || numbers === 0) {
    throw new DataError({
      where,
      rule: `y has targets for each of the ${count} samples of x`,
      found: `${targets.length} numbers`,
    });
  }
  const type = targetType(numbers);
  if (type.dtype === 'i32') checkLabels(targets, numbers, classes, where);
  return { count, inputs, targets: { type, data: encodeArray(type.dtype, targets) } };
}

function checkLabels(labels: NumericArray, numbers: number, classes: number, where: string): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new DataError({
      where: `${where}, sample ${Math.floor(i / numbers)}`,
      rule: `a label is an integer from 0 to ${classes - 1}: the model puts out ${classes} classes`,
      found: String(label),
    });
  }
}

function isNamed(x: Samples['x']): x is Readonly<Record<string, Numbers>> {
  return !Array.isArray(x) && !ArrayBuffer.isView(x);
}

/** The inputs of the samples in `order`, by name: rows of what has a batch, all of what has none. */
export function inputsOf({ inputs, count }: Table, order: Int32Array): Record<string, TypedArray> {
  const picked = inputs.map(
    ({ field, data }) => [field.name, field.batched ? gather(data, count, order) : data] as const,
  );
  return Object.fromEntries(picked);
}

/** Rows `order[start … start + length)` of a table's column, one after the other. */
export function gather(
  data: TypedArray,
  rows: number,
  order: Int32Array,
  start = 0,
  length = order.length,
): TypedArray {
  const size = data.length / rows;
  const picked = new (data.constructor as Float32ArrayConstructor)(length * size);
  for (let i = 0; i < length; i++) {
    const row = order[start + i];
    picked.set(data.subarray(row * size, (row + 1) * size) as Float32Array, i * size);
  }
  return picked;
}

/** Streams of the seed that orders are drawn from start here: weights use the small numbers. */
const ORDER_STREAM = 0x40000000;

/** The order in which epoch `epoch` (from 0) visits `count` samples. */
export function epochOrder(
  count: number,
  seed: number,
  epoch: number,
  shuffle: boolean,
): Int32Array {
  if (!shuffle) return Int32Array.from({ length: count }, (_, i) => i);
  return permutation(count, new Random(seed, ORDER_STREAM + epoch));
}
