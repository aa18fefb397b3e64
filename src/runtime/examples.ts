import type { NumericArray } from '../core/dtype';
import { DataError, NameError, ShapeError } from '../core/errors';
import { checkIntegers, flatten, type Numbers } from '../core/numbers';
import { formatShape, sizeOf } from '../core/shape';
import type { SymbolicTensor } from '../model/layer';
import type { Model } from '../model/model';
import type { Port } from '../model/structure';

/** Inputs of a prediction: numbers, or by name where the model has several inputs. */
export type Examples = Numbers | Readonly<Record<string, Numbers>>;

/** Numbers of one input: all examples', or the same for all where the tensor has no batch. */
export interface Column {
  readonly name: string;
  readonly tensor: SymbolicTensor;
  readonly data: NumericArray;
}

/** Zeros as a tensor of the model holds them. */
export function zerosFor({ dtype }: SymbolicTensor, length: number): Float32Array | Int32Array {
  return dtype === 'i32' ? new Int32Array(length) : new Float32Array(length);
}

/**
 * The numbers of each input, and how many examples there are (1 for a model without a batch). Throws
 * a DataError, {@link NameError} or {@link ShapeError} for what are no examples of the model's inputs.
 */
export function checkExamples(model: Model, x: Examples): { count: number; columns: Column[] } {
  const { inputs, name: modelName } = model;
  if (typeof x !== 'object' || x === null) {
    throw new DataError({
      where: `model "${modelName}"`,
      rule: 'examples are arrays of numbers, by name where the model has several inputs',
      found: typeof x,
    });
  }
  const plain = (Array.isArray(x) || ArrayBuffer.isView(x)) && inputs.length > 0;
  const named = (plain ? { [inputs[0].name]: x } : x) as Readonly<Record<string, Numbers>>;
  const columns = inputs.map((port) => columnOf(port, named));
  const counted = columns.filter(({ tensor }) => tensor.batched);
  const counts = counted.map(({ data, tensor }) => data.length / sizeOf(tensor.shape));
  const odd = counts.findIndex((count) => count !== counts[0]);
  if (odd < 0) return { count: counts[0] ?? 1, columns };
  throw new DataError({
    where: `input "${counted[odd].name}"`,
    rule: `it has as many examples as "${counted[0].name}", ${counts[0]}`,
    found: String(counts[odd]),
  });
}

function columnOf({ name, tensor }: Port, named: Readonly<Record<string, Numbers>>): Column {
  const where = `input "${name}"`;
  if (!Object.hasOwn(named, name)) {
    throw new NameError({
      where,
      rule: 'each input of the model is given',
      found: Object.keys(named).slice(0, 8).join(', ') || 'none',
    });
  }
  const data = flatten(named[name], where);
  const size = sizeOf(tensor.shape);
  const count = data.length / size;
  if (!data.length) throw new DataError({ where, rule: 'there is at least one example' });
  if (tensor.batched ? !Number.isInteger(count) : count !== 1) {
    throw new ShapeError({
      where,
      rule: `${tensor.batched ? 'an example' : 'it'} is ${formatShape(tensor.shape)}, ${size} numbers`,
      found: `${data.length} numbers`,
    });
  }
  if (tensor.dtype === 'i32') checkIntegers(data, where);
  return { name, tensor, data };
}
