import {
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  type Model,
  relu,
  sequential,
  sigmoid,
  softmax,
} from 'webgpu-batchnorm';
import { imageSize } from './digits';
import { formatCount } from './format';

/** A short memory: the running statistics keep up with a network that changes quickly. */
export const digitMomentum = 0.9;

export interface DigitNetworkOptions {
  /** Default `relu`. */
  readonly activation?: 'relu' | 'sigmoid';
  /** Share of the numbers before the last layer that training drops; default 0. */
  readonly dropout?: number;
}

const activations = { relu, sigmoid };

/**
 * The network of the race. Layers have the same names with and without batch norm, and a weight's
 * start depends on the seed and its name only: twins start from the same weights.
 */
export function digitNetwork(normalised: boolean, options: DigitNetworkOptions = {}): Model {
  const activate = activations[options.activation ?? 'relu'];
  const block = (filters: number, strides: number) => [
    conv2d(filters, 3, { strides, padding: 'same', kernelInitializer: 'heNormal' }),
    ...(normalised ? [batchNorm({ momentum: digitMomentum })] : []),
    activate(),
  ];
  return sequential(
    [imageSize, imageSize, 1],
    [
      ...block(8, 2),
      ...block(16, 2),
      ...block(16, 1),
      // Smaller before the last layer, which nothing normalises: its steps grow with what it reads.
      ...block(16, 2),
      flatten(),
      ...(options.dropout ? [dropout(options.dropout)] : []),
      dense(10),
      softmax(),
    ],
  );
}

/** The network in words, for the page. */
export function describeNetwork(): string {
  const [normalised, plain] = [true, false].map(
    (isNormalised) => digitNetwork(isNormalised).countParams().trainable,
  );
  return `The network: four 3×3 convolutions with 8, 16, 16 and 16 channels, three of which halve the picture, each followed by its activation, and a dense layer for the ten digits. It learns ${formatCount(plain)} numbers without batch norm and ${formatCount(normalised)} with it, by plain gradient descent.`;
}
