import { unzipSync, type Zippable, zipSync } from 'fflate';
import type { Random } from '../../src/core/random';
import {
  archive,
  archiveFiles,
  called3,
  functional3,
  h5Tensors,
  input3,
  json,
  layer3,
  sequential3,
} from '../support/keras-archives';
import { layer, layersModel, sequentialTopology } from '../support/keras-files';
import { mutateTree } from './tree';

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

const tensor = (...shape: number[]) => ({ shape, data: ramp(shape.reduce((a, b) => a * b, 1)) });

/** Small `.keras` archives: a chain, stored, and a graph, deflated. */
export async function archiveSamples(): Promise<Uint8Array[]> {
  const chain = sequential3([
    input3('x', [3]),
    layer3('Dense', { name: 'd', units: 2, activation: 'relu' }),
    layer3('BatchNormalization', { name: 'b', axis: -1, momentum: 0.9, epsilon: 0.001 }),
  ]);
  const dense = { 'layers/dense/vars/0': tensor(3, 2), 'layers/dense/vars/1': tensor(2) };
  const norm = [0, 1, 2, 3].map((i) => [`layers/batch_normalization/vars/${i}`, tensor(2)]);
  const graph = functional3(
    [
      input3('x', [3]),
      called3(layer3('Dense', { name: 'd', units: 2 }), ['x']),
      called3(layer3('ReLU', { name: 'r' }), ['d']),
      called3(layer3('Add', { name: 'a' }), ['d', 'r']),
    ],
    ['x'],
    ['a'],
  );
  const weights = await h5Tensors(dense);
  return [
    archive(chain, await h5Tensors({ ...dense, ...Object.fromEntries(norm) })),
    zipSync(archiveFiles(graph, weights)),
  ];
}

/** An archive with another config, its sizes and checksums right. */
export function restructureArchive(bytes: Uint8Array, random: Random): Uint8Array {
  const files: Zippable = unzipSync(bytes);
  const config = new TextDecoder().decode(files['config.json'] as Uint8Array);
  const changed = { ...files, 'config.json': json(mutateTree(JSON.parse(config), random)) };
  return zipSync(changed, { level: random.uniform() < 0.5 ? 0 : 6 });
}

/** Whole models in HDF5, as Keras 2 wrote them. */
export async function hdf5Samples(): Promise<Uint8Array[]> {
  const topology = sequentialTopology([
    layer('Dense', { name: 'd', units: 2, activation: 'relu', batch_input_shape: [null, 3] }),
  ]);
  const weights = {
    'model_weights/d/d/kernel:0': tensor(3, 2),
    'model_weights/d/d/bias:0': tensor(2),
  };
  return [
    await h5Tensors(weights, (file) => {
      file.create_attribute('model_config', JSON.stringify(topology));
      file.create_attribute('keras_version', '2.11.0');
    }),
  ];
}
