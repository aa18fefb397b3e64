// Models for exports: between them every layer that PyTorch has a module or an expression for.
import { setBatchNormMode } from '../../../src/model/batch-norm-mode';
import {
  activation,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  prelu,
  relu,
  relu6,
  selu,
  silu,
  softplus,
} from '../../../src/model/layers/activation';
import { batchNorm } from '../../../src/model/layers/batch-norm';
import {
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  separableConv2d,
} from '../../../src/model/layers/conv';
import { conv1d } from '../../../src/model/layers/conv1d';
import { dense } from '../../../src/model/layers/dense';
import { add, average, concat, multiply } from '../../../src/model/layers/merge';
import { groupNorm, instanceNorm, layerNorm } from '../../../src/model/layers/norm';
import {
  averagePooling2d,
  globalAveragePooling1d,
  globalAveragePooling2d,
  maxPooling1d,
  maxPooling2d,
} from '../../../src/model/layers/pool';
import { rescaling, zScore } from '../../../src/model/layers/preprocessing';
import { dropout } from '../../../src/model/layers/regularisation';
import {
  cropping2d,
  flatten,
  permute as permuteLayer,
  reshape,
  upSampling2d,
  zeroPadding2d,
} from '../../../src/model/layers/shape';
import { input, type Model, model, sequential } from '../../../src/model/model';

const convention = 'pytorch' as const;

function residual(): Model {
  const x = input([8, 6, 3]);
  const trunk = relu()(batchNorm({ convention })(conv2d(8, 3, { padding: 'same' })(x)));
  const path = batchNorm({ convention, scale: false })(conv2d(8, 1)(trunk));
  const joined = relu()(add()(trunk, path));
  const pooled = concat()(maxPooling2d()(joined), averagePooling2d()(joined));
  return model(x, dense(4, { activation: 'softmax' })(globalAveragePooling2d()(pooled)));
}

function twoInputs(): Model {
  const image = input([5, 4, 2], { name: 'image' });
  const row = input([7], { name: 'row' });
  const seen = globalAveragePooling2d()(conv2d(6, 3, { activation: 'relu' })(image));
  const known = dense(6, { activation: 'tanh' })(row);
  return model([image, row], [multiply()(seen, known), average()(seen, known)]);
}

export interface ExportCase {
  readonly model: () => Model;
  /** Classes of the targets of a training step; none: only the outputs are compared. */
  readonly classes?: number;
}

export const EXPORTS: Readonly<Record<string, ExportCase>> = {
  'CNN with flatten': {
    classes: 5,
    model: () =>
      sequential(
        [9, 7, 3],
        [
          conv2d(8, 3, { padding: 'same', strides: 2 }),
          batchNorm({ convention }),
          relu(),
          flatten(),
          dense(12, { useBias: false }),
          batchNorm({ convention }),
          leakyRelu({ alpha: 0.2 }),
          dense(5, { activation: 'softmax' }),
        ],
      ),
  },
  'batch norm between flatten and dense': {
    classes: 3,
    model: () =>
      sequential(
        [4, 4, 2],
        [
          conv2d(3, 3),
          flatten(),
          batchNorm({ convention }),
          prelu(),
          dropout(0),
          dense(3),
          activation('softmax'),
        ],
      ),
  },
  'momentum as Keras, biased': {
    classes: 2,
    model: () =>
      sequential(
        [6, 6, 1],
        [
          conv2d(4, 3),
          batchNorm({ momentum: 0.8 }),
          relu(),
          flatten(),
          dense(2, { activation: 'softmax' }),
        ],
      ),
  },
  residual: { model: residual, classes: 4 },
  'frozen batch norm': {
    classes: 4,
    model: () => {
      const frozen = residual();
      setBatchNormMode(frozen, 'frozen');
      return frozen;
    },
  },
  'two inputs, two outputs': { model: twoInputs },
  convolutions: {
    model: () =>
      sequential(
        [9, 8, 4],
        [
          depthwiseConv2d(3, { depthMultiplier: 2, padding: [0, 1, 2, 1] }),
          hardSwish(),
          conv2d(6, [3, 2], { groups: 2, dilationRate: [1, 2], activation: 'elu' }),
          separableConv2d(5, 3, { padding: 'same', activation: 'selu' }),
          conv2dTranspose(4, 3, { strides: 2, padding: 'same' }),
          silu(),
          conv2dTranspose(3, [2, 4], {
            strides: [3, 2],
            padding: [1, 0, 0, 2],
            outputPadding: [1, 0],
          }),
          gelu(),
        ],
      ),
  },
  'norms and spatial layers': {
    model: () =>
      sequential(
        [6, 5, 8],
        [
          rescaling({ scale: 0.5, offset: 0.1 }),
          zScore({ mean: [1, 2, 3, 4, 5, 6, 7, 8], deviation: [1, 2, 1, 2, 1, 2, 1, 2] }),
          groupNorm({ groups: 4 }),
          relu6(),
          layerNorm(),
          layerNorm({ axis: [1, 2, 3], center: false }),
          instanceNorm(),
          softplus(),
          zeroPadding2d([1, 0, 2, 1]),
          upSampling2d(2, { interpolation: 'bilinear' }),
          cropping2d([1, 2, 0, 1]),
          maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
          averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
          upSampling2d(3),
          hardSigmoid(),
        ],
      ),
  },
  'rows of steps': {
    model: () =>
      sequential(
        [12, 3],
        [
          conv1d(6, 3, { padding: 'causal' }),
          batchNorm({ convention }),
          elu(),
          maxPooling1d(),
          conv1d(4, 3, { padding: 'same', dilationRate: 2 }),
          globalAveragePooling1d(),
          dense(3),
          selu(),
        ],
      ),
  },
  'axes of the user': {
    model: () =>
      sequential(
        [3, 6, 5],
        [
          permuteLayer([2, 3, 1]),
          conv2d(4, 3),
          relu(),
          permuteLayer([3, 1, 2]),
          flatten(),
          dense(6),
          reshape([3, 2]),
          activation({ name: 'softmax', axis: 1 }),
        ],
      ),
  },
};
