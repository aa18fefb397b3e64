import type { DType } from '../../core/dtype';
import type { Shape } from '../../core/shape';
import type { Attrs } from '../../ir/graph';

/** How an input's numbers are made; all from the case's own seed. */
export type Fill =
  /** Normal with this mean and standard deviation (default 0 and 1). */
  | { readonly kind: 'normal'; readonly mean?: number; readonly std?: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  /** Integers in [0, below). */
  | { readonly kind: 'integers'; readonly below: number }
  /** A shuffle of evenly spaced numbers in [−1, 1]: no ties, no two closer than 2/size. */
  | { readonly kind: 'distinct' }
  /** Few different numbers, so that there are ties. */
  | { readonly kind: 'ties' }
  | { readonly kind: 'values'; readonly values: readonly number[] };

export interface InputSpec {
  readonly shape: Shape;
  readonly dtype?: DType;
  readonly fill?: Fill;
}

/**
 * One line of a case table: data only, read by the gradient check, the GPU test and the benchmark.
 * Tables hold odd sizes, ones, sizes past one workgroup and ill-conditioned inputs.
 */
export interface OpCase {
  readonly op: string;
  /** Says what is special; unique for its op. */
  readonly name: string;
  readonly inputs: readonly InputSpec[];
  readonly attrs?: Attrs;
  /** Inputs to differentiate; default all floating-point ones; `[]` for ops without a gradient. */
  readonly differentiate?: readonly number[];
  /** Outputs that the gradient check's loss is made of; default all floating-point ones. */
  readonly lossOf?: readonly number[];
  /**
   * Most numbers that are summed (or operations chained) into one element of an output; with f32
   * unit round-off u = 2⁻²⁴ the error allowed is (terms + 8)·u times the largest magnitude.
   */
  readonly terms?: number;
  /** The same for gradients; default `terms`. */
  readonly gradientTerms?: number;
  /** Magnitude that errors are relative to, where the largest output would be too small a measure. */
  readonly scale?: number;
  readonly gradientScale?: number;
  /**
   * Where an output is f16: how many units of 2⁻¹¹ of their largest the outputs may be off because they are
   * made from that one, as it is stored. Default 0.
   */
  readonly roundings?: number;
  /**
   * Where gradients are f16: how many units of 2⁻¹¹ of the largest they may be off because they are made
   * from another output as it is stored. Default 0.
   */
  readonly gradientRoundings?: number;
  /** Step of the finite differences, where the default 1e-5 is too coarse or too fine. */
  readonly step?: number;
}
