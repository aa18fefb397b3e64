import { sizeOf } from '../core/shape';
import type { Call, SymbolicTensor } from '../model/layer';
import type { Structure } from '../model/structure';

/** Layers whose output has the axes of their input, in the same order. */
const SAME_AXES = new Set([
  'activation',
  'add',
  'average',
  'batchNorm',
  'divide',
  'dropout',
  'identity',
  'instanceNorm',
  'groupNorm',
  'layerNorm',
  'math',
  'maximum',
  'minimum',
  'minMax',
  'multiply',
  'prelu',
  'rescaling',
  'subtract',
  'zScore',
]);

/** Layers after which the order of the axes is the user's own: no channels to move. */
const OWN_AXES = new Set(['permute', 'transpose', 'reshape', 'flatten', 'parameter']);

/** Layers that say themselves where the channels of the user's images are. */
const MOVES_AXES = new Set(['permute', 'transpose', 'reshape']);

/** Layers on a row of features that take another order of them where their weights do too. */
const FEATUREWISE = new Set(['activation', 'batchNorm', 'dropout', 'identity', 'prelu']);

type Made = Structure['tensors'][number];

/**
 * Which tensors have channels last where PyTorch has them first, and which rows of features PyTorch
 * flattens in another order (channels, height, width) than this runtime (height, width, channels).
 */
export class Layouts {
  readonly #own = new Map<SymbolicTensor, boolean>();
  readonly #features = new Map<SymbolicTensor, readonly number[]>();

  constructor(structure: Structure) {
    const { inputs, tensors, outputs } = structure;
    const readers = new Map<SymbolicTensor, Made[]>();
    for (const tensor of tensors) {
      for (const input of tensor.call.inputs) {
        readers.set(input, [...(readers.get(input) ?? []), tensor]);
      }
    }
    const ends = new Set(outputs.map(({ tensor }) => tensor));
    const readersOf = (tensor: SymbolicTensor) => readers.get(tensor) ?? [];
    for (const { tensor } of inputs) {
      const permuted = readersOf(tensor).every(({ call }) => MOVES_AXES.has(call.layer.type));
      this.#own.set(tensor, permuted);
    }
    for (const tensor of tensors) this.#own.set(tensor, this.#ownAxes(tensor.call));
    const endInDense = (tensor: SymbolicTensor): boolean =>
      !ends.has(tensor) &&
      readersOf(tensor).every(
        (reader) =>
          reader.call.layer.type === 'dense' ||
          (FEATUREWISE.has(reader.call.layer.type) && endInDense(reader)),
      );
    for (const tensor of tensors) {
      const { layer, inputs } = tensor.call;
      const [before] = inputs;
      if (layer.type === 'flatten' && this.channelsLast(before) && endInDense(tensor)) {
        this.#features.set(tensor, before.shape);
      } else if (FEATUREWISE.has(layer.type) && this.#features.has(before)) {
        this.#features.set(tensor, this.#features.get(before)!);
      }
    }
  }

  /** Whether PyTorch has the last axis of this tensor as its first after the batch. */
  channelsLast(tensor: SymbolicTensor): boolean {
    return tensor.shape.length > 1 && this.#own.get(tensor) === false;
  }

  /** [..., channels] that was flattened into this row, where PyTorch's order of features is another. */
  features(tensor: SymbolicTensor): readonly number[] | undefined {
    const shape = this.#features.get(tensor);
    // One pixel or one channel is in the same order either way.
    return shape && sizeOf(shape.slice(0, -1)) > 1 && shape[shape.length - 1] > 1
      ? shape
      : undefined;
  }

  #ownAxes({ layer, inputs }: Call): boolean {
    if (OWN_AXES.has(layer.type)) return true;
    return SAME_AXES.has(layer.type) && inputs.every((input) => this.#own.get(input) !== false);
  }
}
