import { paperSigma, paperThreshold } from '../../parts/paper-network';
import { type NetName, networks } from './networks';
import type { Batch } from './variants';

/** A few networks worth racing, and what to look for. */
export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly net: NetName;
  /** As in the link. */
  readonly lanes: string;
  readonly lr: number;
  readonly batch: Batch;
  readonly note: string;
}

const conv = { net: 'conv', lr: networks.conv.rate, batch: 32 } as const;

export const presets: readonly [Preset, ...Preset[]] = [
  {
    ...conv,
    id: 'twins',
    title: 'With and without',
    lanes: 'bn_plain',
    note: 'The same network twice, once with batch norm behind each convolution.',
  },
  {
    ...conv,
    id: 'rates',
    title: 'Learning rates',
    lanes: 'bn_bn.x5_bn.x30_plain.x30',
    note: 'Rates of one, five and thirty times the slider’s, as in the paper’s BN-x5 and BN-x30, and a plain network at the highest for comparison: it is lost at once. With batch norm longer steps learn faster, up to a point: raise the slider to find it.',
  },
  {
    ...conv,
    id: 'sigmoid',
    title: 'Sigmoid',
    lanes: 'bn.sigmoid_plain.sigmoid_bn_plain',
    lr: 0.15,
    note: 'A sigmoid flattens out on both sides, and a unit that is far out hardly learns. Batch norm keeps the inputs near the middle, where the slope is.',
  },
  {
    ...conv,
    id: 'batches',
    title: 'Batch sizes',
    lanes: 'bn.b4_bn.b128_plain.b4_plain.b128',
    note: 'Batch norm measures each batch: of four images it gets a rough estimate, of 128 a good one. A step of a large batch takes longer, and a hundred steps see more images: compare passes too.',
  },
  {
    ...conv,
    id: 'dropout',
    title: 'Dropout',
    lanes: 'bn_bn.d50_plain_plain.d50',
    note: 'Dropout leaves out half of the numbers before the last layer, at random, while training. The paper found that with batch norm it can be left off: the noise of the batch’s statistics does some of its work.',
  },
  {
    id: 'figure1',
    title: 'The paper’s Figure 1',
    net: 'mlp',
    lanes: 'bn.sigmoid_plain.sigmoid',
    lr: networks.mlp.rate,
    batch: 60,
    note: `The experiment of Ioffe and Szegedy (2015), section 4.1: binary images, three layers of 100 sigmoid units, ten outputs, cross-entropy, batches of 60, small random Gaussian weights, batch norm before each sigmoid. The paper trains for 50,000 steps on all of MNIST’s 60,000 images; here are 2,500. It leaves open, and here is taken: the learning rate, ${networks.mlp.rate} by plain gradient descent; the weights’ standard deviation, ${paperSigma}; ε, 0.001; from which grey on a pixel counts as ink, ${paperThreshold}; how the running averages are made, momentum 0.9.`,
  },
];
