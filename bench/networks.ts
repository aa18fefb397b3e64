// The networks of the benchmark, in the model API; all end in logits, where an error shows.
import type { Layer, SymbolicTensor } from '../src/model/layer';
import { activation, relu, relu6 } from '../src/model/layers/activation';
import { batchNorm } from '../src/model/layers/batch-norm';
import { conv2d, depthwiseConv2d } from '../src/model/layers/conv';
import { dense } from '../src/model/layers/dense';
import { add } from '../src/model/layers/merge';
import { globalAveragePooling2d, maxPooling2d } from '../src/model/layers/pool';
import { flatten } from '../src/model/layers/shape';
import { input, type Model, model, sequential } from '../src/model/model';

export type NetworkName = 'smallCnn' | 'mlp' | 'resnet18' | 'mobilenetV2';

interface NetworkInfo {
  readonly channels: number;
  readonly classes: number;
  readonly model: (size: number) => Model;
}

const he = { kernelInitializer: 'heNormal', padding: 'same' } as const;

/** Twice convolution 3×3 to 32, batch norm and ReLU, then pooling and a dense layer. */
function smallCnn(size: number): Model {
  const block = (): Layer[] => [conv2d(32, 3, he), batchNorm(), relu()];
  return sequential(
    [size, size, 1],
    [...block(), ...block(), maxPooling2d(), flatten(), dense(10)],
  );
}

/** Ioffe and Szegedy, arXiv 1502.03167, §4.1: three layers of 100 sigmoids. */
function mlp(size: number): Model {
  const hidden = (): Layer[] => [dense(100), batchNorm(), activation('sigmoid')];
  const layers = [...hidden(), ...hidden(), ...hidden(), dense(10)];
  return sequential([size, size, 1], [flatten(), ...layers]);
}

const apply = (x: SymbolicTensor, layers: readonly Layer[]): SymbolicTensor =>
  layers.reduce((tensor, layer) => layer(tensor), x);

/** He et al., arXiv 1512.03385: two blocks of two convolutions in each of four stages. */
function resnet18(size: number): Model {
  const conv = (filters: number, kernel: number, strides = 1): Layer[] => [
    conv2d(filters, kernel, { ...he, strides, padding: (kernel - 1) / 2 }),
    batchNorm(),
  ];
  const block = (x: SymbolicTensor, filters: number, strides: number): SymbolicTensor => {
    const path = apply(x, [...conv(filters, 3, strides), relu(), ...conv(filters, 3)]);
    const same = strides === 1 && x.shape[2] === filters;
    return relu()(add()(path, same ? x : apply(x, conv(filters, 1, strides))));
  };
  const first = input([size, size, 3]);
  let x = apply(first, [
    ...conv(64, 7, 2),
    relu(),
    maxPooling2d({ poolSize: 3, strides: 2, padding: 1 }),
  ]);
  for (const filters of [64, 128, 256, 512]) {
    x = block(block(x, filters, filters === 64 ? 1 : 2), filters, 1);
  }
  const head = [globalAveragePooling2d(), dense(1000)];
  return model(first, apply(x, head));
}

/** Sandler et al., arXiv 1801.04381, table 2: expansion, channels, repetitions, strides. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

function mobilenetV2(size: number): Model {
  const pointwise = (filters: number): Layer[] => [conv2d(filters, 1, he), batchNorm()];
  const block = (x: SymbolicTensor, expansion: number, filters: number, strides: number) => {
    const channels = x.shape[2];
    const path = apply(x, [
      ...(expansion > 1 ? [...pointwise(channels * expansion), relu6()] : []),
      ...[depthwiseConv2d(3, { ...he, strides, padding: 1 }), batchNorm(), relu6()],
      ...pointwise(filters),
    ]);
    return strides === 1 && channels === filters ? add()(x, path) : path;
  };
  const first = input([size, size, 3]);
  let x = apply(first, [conv2d(32, 3, { ...he, strides: 2, padding: 1 }), batchNorm(), relu6()]);
  for (const [expansion, filters, count, strides] of STAGES) {
    for (let i = 0; i < count; i++) x = block(x, expansion, filters, i ? 1 : strides);
  }
  const head = [globalAveragePooling2d(), dense(1000)];
  return model(first, apply(x, [...pointwise(1280), relu6(), ...head]));
}

export const networks: Readonly<Record<NetworkName, NetworkInfo>> = {
  smallCnn: { channels: 1, classes: 10, model: smallCnn },
  mlp: { channels: 1, classes: 10, model: mlp },
  resnet18: { channels: 3, classes: 1000, model: resnet18 },
  mobilenetV2: { channels: 3, classes: 1000, model: mobilenetV2 },
};
