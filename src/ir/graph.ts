import type { NumericArray, TypedArray } from '../core/dtype';
import type { OpDef } from './op';
import type { Attrs, TensorType } from './tensor';

export type { Attrs, TensorType } from './tensor';

/** Tensors by name, with their numbers. */
export type NamedNumbers = Iterable<
  readonly [string, { readonly type: TensorType; readonly values: NumericArray }]
>;

/** A tensor in a graph: produced by one node, or by nobody (input, state, constant). Immutable. */
export interface Value extends TensorType {
  readonly id: number;
  readonly name: string;
}

/** One application of an op. Immutable. */
export interface Node {
  readonly id: number;
  readonly op: OpDef;
  /** Where it came from in the user's words, e.g. `stem/conv`. */
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: Attrs;
}

/** A constant's value and its numbers, as its dtype stores them. */
export interface Constant {
  readonly value: Value;
  readonly data: TypedArray;
}

/**
 * A pure function on tensors: nodes in an order in which they can run. What is remembered from run
 * to run is explicit: `states` are read, and `updates` say what each holds after the run.
 */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly states: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlyMap<string, Value>;
  /** New value of a state after the run. All reads of the state in the graph see the old one. */
  readonly updates: ReadonlyMap<Value, Value>;
}

/** What must be computed at all: outputs and updates. */
export function rootsOf(graph: Graph): Value[] {
  return [...graph.outputs.values(), ...graph.updates.values()];
}
