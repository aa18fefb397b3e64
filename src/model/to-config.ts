import type { Shape } from '../core/shape';
import type { SymbolicTensor, TensorDType } from './layer';
import { isChain, type Structure } from './structure';

/** A layer as plain data: its type, its name, and its options beside them. */
export interface LayerConfig {
  readonly type: string;
  readonly name?: string;
  /** Default true. */
  readonly trainable?: boolean;
  readonly [option: string]: unknown;
}

/** An input: its shape is without the batch dimension, unless it has none. */
export interface InputConfig {
  readonly name?: string;
  readonly shape: Shape;
  /** Default `f32`. */
  readonly dtype?: TensorDType;
  /** Whether it has a batch dimension; default true. */
  readonly batch?: boolean;
}

/** One application of a layer. Tensors are numbered: the inputs, then the calls' outputs. */
export interface CallConfig {
  /** Index in `layers`. */
  readonly layer: number;
  readonly inputs: readonly number[];
}

/**
 * A model as plain data. A chain of layers needs only `inputs` and `layers`; anything else says in
 * `calls` which layer is applied to which tensors, and in `outputs` which tensors come out.
 */
export interface ModelConfig {
  readonly format?: 'webgpu-batchnorm';
  readonly version?: 1;
  readonly name?: string;
  readonly inputs: readonly InputConfig[];
  readonly layers: readonly LayerConfig[];
  readonly calls?: readonly CallConfig[];
  readonly outputs?: readonly { readonly name?: string; readonly tensor: number }[];
}

export function toConfig(structure: Structure, name: string): ModelConfig {
  const { inputs, outputs, places, tensors } = structure;
  const numbers = new Map<SymbolicTensor, number>();
  for (const tensor of [...inputs.map(({ tensor }) => tensor), ...tensors]) {
    numbers.set(tensor, numbers.size);
  }
  const numberOf = (tensor: SymbolicTensor) => numbers.get(tensor) as number;
  const layers = places.map(({ name, layer }): LayerConfig => {
    const { useBias } = layer.core;
    return plain({
      type: layer.type,
      name,
      trainable: layer.trainable ? undefined : false,
      ...layer.options,
      ...(layer.core.kind.bias && { useBias: layer.options.useBias ?? useBias }),
    });
  });
  const graph = {
    calls: tensors.map(({ call }) => ({
      layer: places.findIndex(({ layer }) => layer === call.layer),
      inputs: call.inputs.map(numberOf),
    })),
    outputs: outputs.map(({ name, tensor }) => ({ name, tensor: numberOf(tensor) })),
  };
  const chain =
    isChain(structure) && outputs[0].name === 'output' && places.length === tensors.length;
  return {
    format: 'webgpu-batchnorm',
    version: 1,
    name,
    inputs: inputs.map(({ name, tensor: { shape, dtype, batched } }) => ({
      name,
      shape,
      ...(dtype !== 'f32' && { dtype }),
      ...(!batched && { batch: false }),
    })),
    layers,
    ...(chain ? {} : graph),
  };
}

/** A copy as JSON would make it: without undefined, sharing nothing. */
function plain(config: LayerConfig): LayerConfig {
  return JSON.parse(JSON.stringify(config));
}
