import { layer, layersModel, sequentialTopology } from '../support/keras-files';

const ramp = (count: number) => Float32Array.from({ length: count }, (_, i) => i / count);

/** A small tf.layers model: its `model.json` and its one file of weights. */
export function layersSample(): { modelJson: Uint8Array; shard: Uint8Array } {
  const conv = {
    name: 'c',
    filters: 2,
    kernel_size: [3, 3],
    padding: 'same',
    batch_input_shape: [null, 5, 5, 1],
  };
  const topology = sequentialTopology([
    layer('Conv2D', conv),
    layer('BatchNormalization', { name: 'b', axis: -1, momentum: 0.9, epsilon: 0.001 }),
    layer('Activation', { name: 'a', activation: 'relu' }),
    layer('Flatten', { name: 'f' }),
    layer('Dense', { name: 'd', units: 2, activation: 'softmax' }),
  ]);
  const vector = (name: string) => ({ name: `b/${name}`, shape: [2], data: ramp(2) });
  const { json, shards } = layersModel(topology, [
    { name: 'c/kernel', shape: [3, 3, 1, 2], data: ramp(18) },
    { name: 'c/bias', shape: [2], data: ramp(2) },
    ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map(vector),
    { name: 'd/kernel', shape: [50, 2], data: ramp(100) },
    { name: 'd/bias', shape: [2], data: ramp(2) },
  ]);
  return {
    modelJson: new TextEncoder().encode(JSON.stringify(json)),
    shard: shards.get('weights.bin') as Uint8Array,
  };
}
