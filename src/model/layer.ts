import type { DType } from '../core/dtype';
import type { Shape } from '../core/shape';
import type { GraphBuilder } from '../ir/builder';
import type { TensorType, Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import type { Activation } from './activations';
import type { GivenOps } from './given-ops';
import type { Fans, Initializer } from './initializers';
import type { Config, Schema } from './options';

/** What tensors of a model hold. `i32` are indices and counts: nothing is differentiated by them. */
export type TensorDType = 'f32' | 'i32';

let created = 0;

/** A tensor of a model before it has numbers: what layers are applied to. */
export class SymbolicTensor {
  /** Grows with every tensor made: inputs of a layer come before its output. */
  readonly order = created++;

  constructor(
    /** Extents: without the batch dimension where there is one, else all of them. */
    readonly shape: Shape,
    /** The application of a layer that makes it; undefined for an input. */
    readonly call?: Call,
    /** Name given to an input. */
    readonly name?: string,
    readonly dtype: TensorDType = 'f32',
    /** Whether a dimension for the examples of a batch comes before `shape`. */
    readonly batched = true,
  ) {}

  /** Its type in a graph for batches of `batch` examples. */
  typeFor(batch: number): TensorType {
    const { shape, dtype, batched } = this;
    return { dtype, shape: batched ? [batch, ...shape] : shape };
  }
}

/** What a layer sees of a tensor: all dimensions but the first, the batch's or its own. */
export function rowShape(tensor: SymbolicTensor): Shape {
  return tensor.batched ? tensor.shape : tensor.shape.slice(1);
}

/** One application of a layer. */
export interface Call {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
}

/**
 * A layer: call it with a symbolic tensor (several, or a list of them, where it merges) to get its
 * output. Applied several times it shares its weights.
 */
export interface Layer {
  (...inputs: readonly (SymbolicTensor | readonly SymbolicTensor[])[]): SymbolicTensor;
  /** What it is, e.g. `conv2d`. */
  readonly type: string;
  /** The name given, or the one that its first model gave it; its type or function before that. */
  readonly name: string;
  /** Whether training changes its parameters. False on a batch norm also means inference mode. */
  trainable: boolean;
  /** Its options, checked, with defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  /** @internal */
  readonly core: LayerCore;
}

/** What a layer remembers beside its kind. */
export interface LayerCore {
  readonly kind: LayerKind;
  readonly config: Record<string, unknown>;
  /** What it is called where it has no name. */
  readonly label: string;
  trainable: boolean;
  /** Given by the user, or by the first model that the layer is part of. */
  name?: string;
  /** Whether the user gave it. */
  readonly named: boolean;
  /** Decided by the first model, where the user left it open. */
  useBias?: boolean;
  /** Shapes of the inputs it was first applied to, without the first dimension. */
  inputShapes?: readonly Shape[];
}

/** A weight as a layer declares it. */
export interface WeightSpec {
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** What it starts with instead: what a layer adapted to. */
  readonly values?: readonly number[];
  /** For the initialiser; default [1, 1]. */
  readonly fans?: Fans;
  /** False for what training does not learn: statistics, counters. */
  readonly trainable?: false;
  /** Default f32. */
  readonly dtype?: DType;
  /** Read as f16 where activations are: kernels and biases. */
  readonly half?: true;
}

export interface WeightContext<C> {
  readonly config: C;
  /** Shapes of the inputs, without the batch dimension (or what is first in its place). */
  readonly inputs: readonly Shape[];
  /** As asked for, or by default unless a batch norm follows. */
  readonly useBias: boolean;
  /** The layer as errors name it: `conv2d "conv2d_2"`. */
  readonly where: string;
}

/** What a layer sees when it turns into nodes. Tensors have their batch dimension here. */
export interface Expansion<C> {
  readonly g: GraphBuilder;
  readonly config: C;
  readonly inputs: readonly Value[];
  /** Which inputs have a batch, as their first dimension. The others' first is like any other. */
  readonly batched: readonly boolean[];
  readonly where: string;
  readonly name: string;
  /** How many times the layer was applied before in this graph. */
  readonly repeat: number;
  readonly training: boolean;
  /** An op that not every page has. Throws a GraphError where the graph is built without it. */
  opGiven(name: keyof GivenOps): OpDef;
  readonly trainable: boolean;
  readonly dropout: boolean;
  /** Which statistics normalise in an inference graph: 1 the batch's, 0 the running ones. */
  readonly blend: number;
  /** A weight declared by the kind, with pending updates applied. */
  weight(key: string): Value | undefined;
  /** After the run the weight holds `value`. */
  update(key: string, value: Value): void;
  /** The counter of training steps. */
  step(): Value;
  /** Applies an activation function; `own` where it is all that the layer does. */
  activate(value: Value, activation: Activation, own?: boolean): Value;
}

/** A kind of layer: its options, its weights, and the nodes it stands for. */
export interface LayerKind<S extends Schema = Schema> {
  readonly type: string;
  readonly options: S;
  /** How many inputs it takes; default one. */
  readonly inputs?: readonly [least: number, most: number];
  /** It has an option `useBias`, which a batch norm right after it makes redundant. */
  readonly bias?: true;
  /** It computes in f32 whatever the storage type. */
  readonly precise?: true;
  /** Options that may be assigned after the layer is made, as properties of it. */
  readonly switches?: readonly (keyof S & string)[];
  /** What layers without a name are called; default their type. */
  label?(config: Config<S>): string;
  /** Options that must fit together. */
  check?(config: Config<S>, where: string): void;
  weights?(context: WeightContext<Config<S>>): Readonly<Record<string, WeightSpec>>;
  build(expansion: Expansion<Config<S>>): Value;
  /** What layers of this kind can do beside being applied. */
  methods?(layer: Layer): Readonly<Record<string, unknown>>;
}
