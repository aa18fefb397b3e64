import {
  batchNorm,
  dense,
  dropout,
  flatten,
  type Model,
  normal,
  relu,
  sequential,
  sigmoid,
  softmax,
} from 'webgpu-batchnorm';
import type { DigitNetworkOptions } from './digit-network';
import { imageSize } from './digits';

/** Standard deviation of the weights' start. The paper says “small random Gaussian values”. */
export const paperSigma = 0.1;
/** From this grey on a pixel counts as ink. The paper says “a binary image”. */
export const paperThreshold = 0.5;

const activations = { relu, sigmoid };

/**
 * The network of Figure 1 of Ioffe and Szegedy (2015, section 4.1): three layers of 100 sigmoid units on
 * binary images, batch norm before each nonlinearity. Twins start from the same weights.
 */
export function paperNetwork(normalised: boolean, options: DigitNetworkOptions = {}): Model {
  const activate = activations[options.activation ?? 'sigmoid'];
  const kernelInitializer = normal({ std: paperSigma });
  const hidden = () => [
    dense(100, { kernelInitializer }),
    ...(normalised ? [batchNorm({ momentum: 0.9 })] : []),
    activate(),
    ...(options.dropout ? [dropout(options.dropout)] : []),
  ];
  return sequential(
    [imageSize, imageSize, 1],
    [flatten(), ...hidden(), ...hidden(), ...hidden(), dense(10, { kernelInitializer }), softmax()],
  );
}

/** Black and white, as the paper's network sees the digits. */
export function binarised(images: Float32Array): Float32Array {
  return images.map((ink) => (ink >= paperThreshold ? 1 : 0));
}
