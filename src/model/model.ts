import { knownOptions, nonNegativeInteger } from '../core/check';
import { ArgumentError, NameError, ShapeError } from '../core/errors';
import { checkShape, formatShape, type Shape, sizeOf } from '../core/shape';
import { checkName } from './create-layer';
import { initialize } from './initializers';
import { type Layer, SymbolicTensor, type TensorDType } from './layer';
import { boolean, choice } from './options';
import { ModelState, type NamedTensor, streamOf } from './state';
import {
  countsSteps,
  type Place,
  type Port,
  placeWeights,
  STEP,
  type StateInfo,
  type Structure,
  stateInfoOf,
  structureOf,
} from './structure';
import { summarise } from './summary';
import { type ModelConfig, toConfig } from './to-config';

export interface ParameterCount {
  /** Numbers that training changes, as the layers are set now. */
  readonly trainable: number;
  /** Frozen parameters, running statistics, adapted state. */
  readonly nonTrainable: number;
  readonly total: number;
}

/** Layers between inputs and outputs. It holds no numbers: those are in a {@link ModelState}. */
export class Model implements Structure {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly places: readonly Place[];
  readonly tensors: Structure['tensors'];

  constructor(
    structure: Structure,
    readonly name: string,
  ) {
    this.inputs = structure.inputs;
    this.outputs = structure.outputs;
    this.places = structure.places;
    this.tensors = structure.tensors;
  }

  /** Whether it works on batches of examples: one of its inputs has a batch dimension. */
  get batched(): boolean {
    return this.inputs.some(({ tensor }) => tensor.batched);
  }

  /** Its layers, in the order of their first application. */
  get layers(): Layer[] {
    return this.places.map(({ layer }) => layer);
  }

  /** The layer of this name. Throws a {@link NameError} where there is none. */
  layer(name: string): Layer {
    const place = this.places.find((place) => place.name === name);
    if (place) return place.layer;
    throw new NameError({
      where: `layer "${name}"`,
      rule: 'the model must have it',
      remedy: `It has: ${this.places.map((place) => place.name).join(', ')}.`,
    });
  }

  /**
   * Its layers applied to other tensors, as part of a larger model: a head on a trained network, two
   * inputs through the same one. Gives its output, of several the first. Layers keep their names and
   * share their weights, so that its state fits the larger model. Throws an {@link ArgumentError} for
   * another number of tensors, and the layers' own errors for shapes that they do not take.
   */
  apply(...inputs: readonly (SymbolicTensor | readonly SymbolicTensor[])[]): SymbolicTensor {
    return this.applyAll(...inputs)[this.outputs[0].name];
  }

  /** All outputs by name; otherwise as `apply`. */
  applyAll(
    ...inputs: readonly (SymbolicTensor | readonly SymbolicTensor[])[]
  ): Record<string, SymbolicTensor> {
    const given = inputs.flat();
    if (given.length !== this.inputs.length) {
      throw new ArgumentError({
        where: `model "${this.name}"`,
        rule: `it is applied to ${this.inputs.length} symbolic tensors`,
        found: String(given.length),
      });
    }
    const made = new Map(this.inputs.map(({ tensor }, i) => [tensor, given[i]]));
    const of = (tensor: SymbolicTensor) => made.get(tensor) as SymbolicTensor;
    for (const tensor of this.tensors) {
      made.set(tensor, tensor.call.layer(tensor.call.inputs.map(of)));
    }
    return Object.fromEntries(this.outputs.map(({ name, tensor }) => [name, of(tensor)]));
  }

  /** Every tensor of its state, layer by layer: what `buildGraph` may declare. */
  stateInfo(): StateInfo[] {
    return stateInfoOf(this);
  }

  /** How many numbers it has; counters are not counted. */
  countParams(): ParameterCount {
    let trainable = 0;
    let total = 0;
    for (const info of this.stateInfo()) {
      if (info.type.dtype !== 'f32') continue;
      total += sizeOf(info.type.shape);
      if (info.trainable) trainable += sizeOf(info.type.shape);
    }
    return { trainable, nonTrainable: total - trainable, total };
  }

  /**
   * The state to start from. The same seed gives the same numbers, on any machine; each tensor's
   * depend on the seed and its name only.
   */
  initialState(seed = 0): ModelState {
    nonNegativeInteger(seed, 'initialState', 'seed');
    const tensors = this.places.flatMap((place) =>
      Object.entries(placeWeights(place)).map(([key, spec]) => {
        const name = `${place.name}/${key}`;
        const { dtype = 'f32', shape, initializer, fans = [1, 1] } = spec;
        const values = spec.values
          ? Float32Array.from(spec.values)
          : initialize(initializer, shape, fans, seed, streamOf(name));
        return [name, { type: { dtype, shape }, values }] as const;
      }),
    );
    const steps: (readonly [string, NamedTensor])[] = countsSteps(this)
      ? [[STEP.name, { type: STEP.type, values: new Int32Array(1) }]]
      : [];
    return new ModelState([...tensors, ...steps]);
  }

  /** A table of layers, output shapes and parameters; where the model branches, with connections. */
  summary(): string {
    return summarise(this, this.name, this.countParams());
  }

  /** The model as plain data for JSON, without numbers. `modelFromConfig` makes it again. */
  toConfig(): ModelConfig {
    return toConfig(this, this.name);
  }
}

export interface ModelOptions {
  /** Default `model`. */
  readonly name?: string;
  /** Names of the outputs; default `output`, or those of the layers that make them. */
  readonly outputNames?: readonly string[];
}

export interface InputOptions {
  /** Default `input`. */
  readonly name?: string;
  /** Default `f32`; `i32` for indices. */
  readonly dtype?: TensorDType;
  /**
   * Whether there is a batch dimension before `shape`; default true. Without one the tensor is the
   * same for all examples, and `shape` is all of it.
   */
  readonly batch?: boolean;
}

/**
 * A symbolic tensor that a model takes. `shape` is without the batch dimension, channels last:
 * `input([28, 28, 3])`. Layers that take examples of a given layout (convolutions, pooling) see the
 * first dimension of a tensor without a batch in the batch's place. Throws a ShapeError for an
 * illegal shape.
 */
export function input(shape: Shape, options: InputOptions = {}): SymbolicTensor {
  knownOptions(options, ['name', 'dtype', 'batch'], 'input');
  const { name, dtype = 'f32', batch = true } = options;
  const where = name === undefined ? 'input' : `input "${checkName(name, 'input')}"`;
  choice('f32', 'i32')(dtype, where, 'dtype');
  boolean(batch, where, 'batch');
  if (!Array.isArray(shape)) {
    throw new ShapeError({ where, rule: 'its shape is a list of extents', found: typeof shape });
  }
  checkShape(batch ? [1, ...shape] : shape, where);
  if (name === STEP.name) {
    throw new NameError({ where, rule: 'this name is the step counter’s', remedy: 'Use another.' });
  }
  return new SymbolicTensor([...shape], undefined, name, dtype, batch);
}

/** The model of all layers between `inputs` and `outputs`, which may be one tensor or several. */
export function model(
  inputs: SymbolicTensor | readonly SymbolicTensor[],
  outputs: SymbolicTensor | readonly SymbolicTensor[],
  { name = 'model', outputNames }: ModelOptions = {},
): Model {
  const listed = [inputs].flat();
  const given = [outputs].flat();
  checkName(name, 'model');
  for (const output of outputNames ?? []) checkName(output, 'output');
  const names = [...listed.flatMap((tensor) => tensor?.name ?? []), ...(outputNames ?? [])];
  const repeated =
    new Set(listed).size < listed.length
      ? 'an input that is listed twice'
      : names.find((input, i) => names.indexOf(input) !== i);
  if (repeated || (outputNames && outputNames.length !== given.length)) {
    throw new NameError({
      where: `model "${name}"`,
      rule: 'each input and each output has its own name',
      found: repeated ? repeated : `${outputNames?.length} names for ${given.length} outputs`,
    });
  }
  return new Model(structureOf(listed, given, outputNames), name);
}

/** A chain of layers: `sequential([28, 28, 3], [conv2d(32, 3), batchNorm(), relu()])`. */
export function sequential(
  inputShape: Shape,
  layers: readonly Layer[],
  options: ModelOptions = {},
): Model {
  const first = input(inputShape);
  if (!Array.isArray(layers) || !layers.length) {
    throw new ShapeError({
      where: 'sequential',
      rule: 'it has a list of at least one layer',
      found: `none after an input of ${formatShape(inputShape)}`,
    });
  }
  for (const [i, layer] of layers.entries()) {
    if (typeof layer === 'function') continue;
    const found = typeof layer;
    throw new ArgumentError({ where: `sequential, layer ${i}`, rule: 'it is a layer', found });
  }
  const last = layers.reduce((tensor, layer) => layer(tensor), first);
  return model(first, last, { name: 'sequential', ...options });
}
