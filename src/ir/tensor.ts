import type { DType } from '../core/dtype';
import type { Shape } from '../core/shape';

/** What is known of a tensor before it has numbers. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** An attribute of a node. */
export type Attr = number | string | boolean | readonly number[];
export type Attrs = Readonly<Record<string, Attr>>;
