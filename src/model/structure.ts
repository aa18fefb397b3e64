import { ArgumentError, NameError } from '../core/errors';
import { formatShape } from '../core/shape';
import type { TensorType } from '../ir/graph';
import { weightsOf } from './expand';
import { type Call, type Layer, rowShape, SymbolicTensor, type WeightSpec } from './layer';
import { ancestors, assignNames, uniqueNames } from './naming';

/** A tensor that a model takes or gives, and its name. */
export interface Port {
  readonly name: string;
  readonly tensor: SymbolicTensor;
}

/** A tensor of a model's state. */
export interface StateInfo {
  /** `<layer>/<weight>` */
  readonly name: string;
  readonly type: TensorType;
  /** Whether training changes it, as the layer is set now. */
  readonly trainable: boolean;
}

/** A layer within a model. */
export interface Place {
  readonly name: string;
  readonly layer: Layer;
  /** Its applications: several where it shares its weights. */
  readonly outputs: readonly SymbolicTensor[];
}

/** What a model is made of: pure data, in the order of the layers' application. */
export interface Structure {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly places: readonly Place[];
  /** Every tensor that a layer makes, in order. */
  readonly tensors: readonly (SymbolicTensor & { readonly call: Call })[];
}

/** The dropout layers' counter of training steps. */
export const STEP: StateInfo = {
  name: 'step',
  type: { dtype: 'i32', shape: [1] },
  trainable: false,
};

/** Finds the layers between `inputs` and `outputs` and names them. */
export function structureOf(
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  outputNames?: readonly string[],
): Structure {
  for (const [what, tensors] of Object.entries({ inputs, outputs })) {
    const listed = tensors.length > 0 || what === 'inputs';
    if (listed && tensors.every((tensor) => tensor instanceof SymbolicTensor)) continue;
    throw new ArgumentError({
      where: 'model',
      rule: `${what} are symbolic tensors, ${what === 'inputs' ? 'if any' : 'at least one'}`,
      found: tensors.length ? 'something else' : 'none',
      remedy: 'Make one with input(shape).',
    });
  }
  const stops = new Set(inputs);
  const all = ancestors(outputs, stops);
  const loose = all.find((tensor) => !tensor.call && !stops.has(tensor));
  if (loose) {
    throw new NameError({
      where: 'model',
      rule: 'every input that the outputs depend on is listed',
      found: `an input ${loose.name ? `"${loose.name}" ` : ''}of shape ${formatShape(loose.shape)} that is not`,
    });
  }
  const made = all.filter((tensor) => !stops.has(tensor)) as Structure['tensors'][0][];
  const layers = new Set(made.map(({ call }) => call.layer));
  for (const layer of layers) {
    const calls = made.filter((tensor) => tensor.call.layer === layer);
    layer.core.useBias ??= !calls.every((tensor) => normalisedNext(tensor, made, outputs));
  }
  const names = assignNames(layers);
  for (const [layer, name] of names) layer.core.name ??= name;
  const places = [...layers].map((layer) => ({
    name: names.get(layer) as string,
    layer,
    outputs: made.filter((tensor) => tensor.call.layer === layer),
  }));
  return {
    inputs: portsOf(
      inputs,
      inputs.map(({ name }) => name ?? 'input'),
    ),
    outputs: portsOf(
      outputs,
      outputNames ??
        outputs.map(({ call }) =>
          outputs.length === 1 || !call ? 'output' : (names.get(call.layer) as string),
        ),
    ),
    places,
    tensors: made,
  };
}

/** Whether a batch norm is all that reads `tensor`, and nothing comes between: a bias is in vain. */
function normalisedNext(
  tensor: SymbolicTensor & { readonly call: Call },
  made: readonly (SymbolicTensor & { readonly call: Call })[],
  outputs: readonly SymbolicTensor[],
): boolean {
  const { kind, config } = tensor.call.layer.core;
  if (!kind.bias || config.activation !== 'linear' || outputs.includes(tensor)) return false;
  const readers = made.filter(({ call }) => call.inputs.includes(tensor));
  return readers.length === 1 && readers[0].call.layer.type === 'batchNorm';
}

function portsOf(tensors: readonly SymbolicTensor[], names: readonly string[]): Port[] {
  const unique = uniqueNames();
  return tensors.map((tensor, i) => ({ name: unique(names[i]), tensor }));
}

/** The weights that a place declares now: adapting layers change how theirs start. */
export function placeWeights({
  layer,
  name,
  outputs,
}: Place): Readonly<Record<string, WeightSpec>> {
  return weightsOf(layer, name, (outputs[0].call as Call).inputs.map(rowShape));
}

/** Whether a graph for training counts its steps: some layer's randomness depends on them. */
export function countsSteps({ places }: Structure): boolean {
  return places.some(({ layer }) => layer.type === 'dropout' && layer.options.rate !== 0);
}

/** Every tensor of the model's state, layer by layer. */
export function stateInfoOf(structure: Structure): StateInfo[] {
  const weights = structure.places.flatMap((place) =>
    Object.entries(placeWeights(place)).map(([key, { dtype = 'f32', shape, trainable }]) => ({
      name: `${place.name}/${key}`,
      type: { dtype, shape },
      trainable: place.layer.trainable && trainable !== false,
    })),
  );
  return countsSteps(structure) ? [...weights, STEP] : weights;
}

/** Whether each layer reads the one before it, and the last is the output. */
export function isChain({ inputs, tensors, outputs }: Structure): boolean {
  return (
    inputs.length === 1 &&
    outputs.length === 1 &&
    tensors.every(({ call }, i) => {
      const before = i ? tensors[i - 1] : inputs[0].tensor;
      return call.inputs.length === 1 && call.inputs[0] === before;
    }) &&
    outputs[0].tensor === tensors[tensors.length - 1]
  );
}
