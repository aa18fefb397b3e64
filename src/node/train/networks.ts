import { normal } from '../../model/initializers';
import type { Layer } from '../../model/layer';
import { activation } from '../../model/layers/activation';
import { batchNorm } from '../../model/layers/batch-norm';
import { conv2d } from '../../model/layers/conv';
import { dense } from '../../model/layers/dense';
import { maxPooling2d } from '../../model/layers/pool';
import { flatten } from '../../model/layers/shape';
import { type Model, sequential } from '../../model/model';
import { adam, type Optimizer, sgd } from '../../train/optimizers';
import { cosineDecay } from '../../train/schedules';

/** A network and how it is trained unless told otherwise. */
export interface Recipe {
  readonly name: string;
  readonly model: Model;
  readonly batch: number;
  /** For `steps` steps; `rate` where the user gives one. */
  readonly optimizer: (rate: number | undefined, steps: number) => Optimizer;
}

/** What batch norm remembers follows quickly enough for a few hundred steps. */
const MOMENTUM = 0.9;

/** Twice convolution 3 × 3, batch norm, relu and pooling, then dense. */
export function cnn(shape: readonly number[], classes: number, normalise: boolean): Recipe {
  const block = (filters: number): Layer[] => [
    conv2d(filters, 3, { padding: 'same', kernelInitializer: 'heNormal' }),
    ...(normalise ? [batchNorm({ momentum: MOMENTUM })] : []),
    activation('relu'),
    maxPooling2d(),
  ];
  return {
    name: `cnn ${normalise ? 'with' : 'without'} batch norm`,
    model: sequential(
      shape,
      [...block(16), ...block(32), flatten(), dense(classes, { activation: 'softmax' })],
      { name: 'cnn' },
    ),
    batch: 64,
    optimizer: (rate = 8e-3, steps) =>
      adam({ learningRate: cosineDecay({ rate, steps, warmup: Math.min(20, steps >> 2) }) }),
  };
}

/**
 * The network of Ioffe & Szegedy, arXiv 1502.03167, §4.1: three layers of 100 sigmoids, batches of
 * 60, weights from a small normal distribution.
 */
export function mlp(shape: readonly number[], classes: number, normalise: boolean): Recipe {
  const kernelInitializer = normal({ std: 0.1 });
  const hidden = (): Layer[] => [
    dense(100, { kernelInitializer }),
    ...(normalise ? [batchNorm({ momentum: MOMENTUM })] : []),
    activation('sigmoid'),
  ];
  return {
    name: `mlp ${normalise ? 'with' : 'without'} batch norm`,
    model: sequential(
      shape,
      [
        flatten(),
        ...hidden(),
        ...hidden(),
        ...hidden(),
        dense(classes, { kernelInitializer, activation: 'softmax' }),
      ],
      { name: 'mlp' },
    ),
    batch: 60,
    optimizer: (learningRate = 0.2) => sgd({ learningRate }),
  };
}
