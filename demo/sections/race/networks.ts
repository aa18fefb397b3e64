import type { Model } from 'webgpu-batchnorm';
import { describeNetwork, digitNetwork } from '../../parts/digit-network';
import type { Digits } from '../../parts/digits';
import { binarised, paperNetwork } from '../../parts/paper-network';
import { baseRate } from '../../parts/training-settings';
import type { Variant } from './variants';

export const netNames = ['conv', 'mlp'] as const;
export type NetName = (typeof netNames)[number];

interface RaceNetwork {
  /** The learning rate that ×1 stands for. */
  readonly rate: number;
  build(variant: Variant): Model;
  /** The images as the network takes them. */
  imagesOf(digits: Digits): Float32Array;
  describe(): string;
}

export const networks: Readonly<Record<NetName, RaceNetwork>> = {
  conv: {
    rate: baseRate,
    build: ({ norm, activation, dropout }) => digitNetwork(norm, { activation, dropout }),
    imagesOf: ({ images }) => images,
    describe: describeNetwork,
  },
  mlp: {
    rate: 0.5,
    build: ({ norm, activation, dropout }) => paperNetwork(norm, { activation, dropout }),
    imagesOf: ({ images }) => binarised(images),
    describe: () =>
      'The network: the 784 pixels, three dense layers of 100, each followed by its activation, and a dense layer for the ten digits, by plain gradient descent.',
  },
};
