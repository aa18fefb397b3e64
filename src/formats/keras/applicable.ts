import type { Shape } from '../../core/shape';
import type { SymbolicTensor } from '../../model/layer';
import type { Dialect, Read } from './classes/common';
import type { Fields } from './fields';

/** A layer of a file, ready to be applied. */
export interface Applicable {
  readonly name: string;
  readonly className: string;
  /** Names of the models around it, and its own. */
  readonly path: readonly string[];
  /** Of a model within the model. */
  readonly container?: Container;
  /** Once it has been applied: what its weights are. */
  readonly read?: Read;
  apply(inputs: readonly SymbolicTensor[], inference: boolean): SymbolicTensor[];
}

/** Layers as a file lists them, and how tensors go through them. */
export interface Container {
  readonly layers: readonly Applicable[];
  readonly inputs: readonly ContainerInput[];
  readonly outputNames: readonly string[];
  apply(inputs: readonly SymbolicTensor[], inference: boolean): SymbolicTensor[];
}

export interface ContainerInput {
  readonly name?: string;
  /** Without the batch dimension; null where the file leaves it open. Undefined where it says nothing. */
  readonly shape?: readonly (number | null)[];
}

/** Makes layers of what a file says of them. */
export interface LayerReader {
  readonly dialect: Dialect;
  layer(object: Fields, around: readonly string[]): Applicable;
}

/** Shapes of inputs, without the batch. A function gets what the file says: null for an open extent. */
export type InputShapes =
  | Readonly<Record<string, Shape>>
  | ((input: string, shape: readonly (number | null)[]) => Shape | undefined);
