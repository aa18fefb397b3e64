import {
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalAveragePooling2d,
  type Layer,
  type LossName,
  type Model,
  reduce,
  relu,
  sequential,
  sigmoid,
  softmax,
} from 'webgpu-batchnorm';
import { digitNetwork } from '../../parts/digit-network';
import { imageSize } from '../../parts/digits';

/** A network, how many examples it gets at a time, and whether it answers or learns. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  /** Undefined: inference. Else a training step with this loss. */
  readonly loss?: LossName;
  readonly model: Model;
  readonly batch: number;
  /** Of the comparison with the reference, which takes its time. */
  readonly checkBatch: number;
}

export const workloadIds = [
  'norm-images',
  'norm-rows',
  'norm-images-both',
  'norm-rows-both',
  'conv',
  'conv-norm',
  'cnn',
  'cnn-step',
  'mlp-step',
] as const;

/** What is measured; a software adapter gets less to do. */
export function workloads(software: boolean): readonly Workload[] {
  const image = software ? [28, 28, 32] : [56, 56, 64];
  const images = software ? 8 : 32;
  const row = software ? [512] : [1024];
  const rows = software ? 256 : 1024;
  const map = software ? [14, 14, 64] : [28, 28, 64];
  const maps = software ? 2 : 32;
  const digits = software ? 32 : 128;

  // What comes after is small, so that little but the batch norm is timed.
  const pooled = (...layers: Layer[]) => sequential(image, [...layers, globalAveragePooling2d()]);
  const summed = (...layers: Layer[]) =>
    sequential(row, [...layers, reduce('mean', { axes: [1], keepDims: true })]);
  // Without a scale and a shift there is nothing to learn, so the step has no way back.
  const forward = () => batchNorm({ scale: false, center: false });
  const conv = () => conv2d(64, 3, { padding: 'same' });
  const squares = { loss: 'meanSquaredError', checkBatch: 2 } as const;

  return [
    {
      id: 'norm-images',
      title: 'Batch norm, training, forward',
      model: pooled(forward()),
      batch: images,
      ...squares,
    },
    {
      id: 'norm-rows',
      title: 'Batch norm of rows, training, forward',
      model: summed(forward()),
      batch: rows,
      ...squares,
      checkBatch: 16,
    },
    {
      id: 'norm-images-both',
      title: 'Two batch norms, forward and backward',
      model: pooled(batchNorm(), relu(), batchNorm()),
      batch: images,
      ...squares,
    },
    {
      id: 'norm-rows-both',
      title: 'Two batch norms of rows, forward and backward',
      model: summed(batchNorm(), relu(), batchNorm()),
      batch: rows,
      ...squares,
      checkBatch: 16,
    },
    {
      id: 'conv',
      title: 'Convolution 3×3, 64 → 64',
      model: sequential(map, [conv()]),
      batch: maps,
      checkBatch: 1,
    },
    {
      id: 'conv-norm',
      title: 'Convolution 3×3 + batch norm + relu',
      model: sequential(map, [conv(), batchNorm(), relu()]),
      batch: maps,
      checkBatch: 1,
    },
    {
      id: 'cnn',
      title: 'The race’s network, inference',
      model: digitNetwork(true),
      batch: digits,
      checkBatch: 8,
    },
    {
      id: 'cnn-step',
      title: 'The race’s network, training step',
      model: digitNetwork(true),
      batch: digits,
      loss: 'crossEntropy',
      checkBatch: 8,
    },
    {
      id: 'mlp-step',
      title: 'The 2015 paper’s dense network, training step',
      model: paperNetwork(),
      batch: 60,
      loss: 'crossEntropy',
      checkBatch: 60,
    },
  ];
}

/** Three layers of 100 sigmoids for MNIST: section 4.1 of Ioffe and Szegedy (2015). */
function paperNetwork(): Model {
  const hidden = () => [dense(100), batchNorm(), sigmoid()];
  const layers = [...hidden(), ...hidden(), ...hidden(), dense(10), softmax()];
  return sequential([imageSize, imageSize, 1], [flatten(), ...layers]);
}

/** The shape of what goes in, e.g. `32 × 28 × 28 × 1`. */
export function shapeOf({ model, batch }: Workload): string {
  return [batch, ...model.inputs[0].tensor.shape].join(' × ');
}
