import { denseOp } from '../../ops/matmul';
import { createLayer } from '../create-layer';
import type { Layer, LayerKind } from '../layer';
import { count, required } from '../options';
import { biasWeight, channelsOf, type KernelOptions, kernelSchema, present } from './common';

const schema = { units: required(count), ...kernelSchema };

export const denseKind: LayerKind<typeof schema> = {
  type: 'dense',
  options: schema,
  bias: true,
  weights({ config, inputs: [shape], useBias, where }) {
    const channels = channelsOf(shape, where);
    const { units, kernelInitializer, biasInitializer } = config;
    return {
      kernel: {
        shape: [channels, units],
        initializer: kernelInitializer,
        fans: [channels, units],
        half: true,
      },
      ...biasWeight(useBias, units, biasInitializer),
    };
  },
  build({ g, config, inputs: [x], weight, activate }) {
    const y = g.op(denseOp, present(x, weight('kernel'), weight('bias')));
    return activate(y, config.activation);
  },
};

/**
 * Fully connected: activation(x·kernel + bias) on the last axis, [..., in] → [..., units]. Weights:
 * `kernel` [in, units], `bias` [units].
 */
export function dense(units: number, options: KernelOptions = {}): Layer {
  return createLayer(denseKind, options, { units });
}
