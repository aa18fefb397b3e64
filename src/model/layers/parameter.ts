import { MAX_RANK, type Shape, sizeOf } from '../../core/shape';
import { createLayer, type LayerOptions } from '../create-layer';
import { type Fans, type Initializer, initializerOption } from '../initializers';
import type { LayerKind, SymbolicTensor, TensorDType } from '../layer';
import { choice, count, list, optional, required } from '../options';

const schema = {
  shape: required(list(count, 0, MAX_RANK)),
  initializer: optional(initializerOption, 'zeros' as Initializer),
  dtype: optional(choice<TensorDType>('f32', 'i32'), 'f32' as const),
};

export const parameterKind: LayerKind<typeof schema> = {
  type: 'parameter',
  options: schema,
  inputs: [0, 0],
  weights: ({ config: { shape, initializer, dtype } }) => ({
    value: {
      shape,
      initializer,
      dtype,
      fans: fansOf(shape),
      ...(dtype === 'f32' ? { half: true } : { trainable: false }),
    },
  }),
  build: ({ weight }) => weight('value')!,
};

/** As a kernel's: the last two dimensions are what is summed and what comes out, the others taps. */
function fansOf(shape: Shape): Fans {
  const taps = sizeOf(shape.slice(0, -2));
  const out = shape.at(-1) ?? 1;
  return [taps * (shape.at(-2) ?? out), taps * out];
}

export interface ParameterOptions extends LayerOptions {
  /** Default `zeros`. */
  readonly initializer?: Initializer;
  /** Default `f32`; `i32` holds indices and is never trained. */
  readonly dtype?: TensorDType;
}

/**
 * A tensor of the model's own, the same for all examples: it has no batch dimension. Weight: `value`
 * of `shape`, learned unless `trainable` is false.
 */
export function parameter(shape: Shape, options: ParameterOptions = {}): SymbolicTensor {
  return createLayer(parameterKind, options, { shape })();
}
