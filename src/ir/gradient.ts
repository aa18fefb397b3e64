import type { NumericArray } from '../core/dtype';
import type { Attrs, Node, TensorType, Value } from './graph';
import type { OpDef } from './op';

/** Where an op's gradient puts its nodes; a `GraphBuilder` is one. */
export interface NodeBuilder {
  /** Applies an op; gives all its outputs. */
  apply(op: OpDef, inputs: readonly Value[], attrs?: Attrs, name?: string): Value[];
  /** Applies an op with one output. */
  op(op: OpDef, inputs: readonly Value[], attrs?: Attrs, name?: string): Value;
  constant(values: NumericArray, type: TensorType, name?: string): Value;
  /** A constant f32 scalar. */
  scalar(number: number): Value;
  /** A constant filled with one number. */
  fill(number: number, type: TensorType): Value;
}

export interface GradientContext {
  readonly g: NodeBuilder;
  readonly node: Node;
  /** Gradient of the loss for each output; undefined where the loss does not depend on it. */
  readonly dOutputs: readonly (Value | undefined)[];
  /** Which inputs' gradients are wanted. */
  readonly wanted: readonly boolean[];
}

/** An op's gradient rule: gradients for the inputs, as new nodes; undefined where there is none. */
export type Gradient = (context: GradientContext) => (Value | undefined)[];

/** The rules of an op family. Apart from the ops, so that who only runs a network has none of them. */
export type Gradients = readonly (readonly [op: OpDef, rule: Gradient])[];
