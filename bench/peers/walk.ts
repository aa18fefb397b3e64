// The benchmark's models, layer by layer, in another runtime's own functions.
import type { Shape } from '../../src/core/shape';
import type { Activation } from '../../src/model/activations';
import type { SymbolicTensor } from '../../src/model/layer';
import { batchNormNumbers } from '../../src/model/layers/batch-norm';
import type { Model } from '../../src/model/model';
import { type Pads, type Pair, resolvePadding } from '../../src/ops/window';

export interface Geometry {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
}

const ACTIVATIONS = ['relu', 'relu6', 'sigmoid'] as const;
export type ActivationName = (typeof ACTIVATIONS)[number];

/** A runtime's tensors and the layers that the benchmark's models are made of. */
export interface Kit<T> {
  conv(x: T, kernel: T, geometry: Geometry): T;
  depthwise(x: T, kernel: T, geometry: Geometry, channels: number): T;
  dense(x: T, kernel: T, bias?: T): T;
  /** With the statistics of the batch; `rank` is that of x. */
  batchNorm(x: T, gamma: T, beta: T, epsilon: number, rank: number): T;
  /** With given statistics. */
  normalise(x: T, vectors: readonly [T, T, T, T], epsilon: number, rank: number): T;
  activation(x: T, name: ActivationName): T;
  maxPool(x: T, geometry: Geometry): T;
  globalAverage(x: T): T;
  flatten(x: T): T;
  add(a: T, b: T): T;
  /** One more use of a tensor that is used again. */
  again(x: T): T;
}

/** The model's output. `weight` is asked for each weight that is used, once. */
export function applyModel<T>(
  kit: Kit<T>,
  model: Model,
  training: boolean,
  input: T,
  weight: (name: string) => T,
): T {
  const values = new Map<SymbolicTensor, T>([[model.inputs[0].tensor, input]]);
  const uses = new Map<SymbolicTensor, number>();
  for (const tensor of model.tensors.flatMap(({ call }) => call.inputs)) {
    uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  }
  const read = (tensor: SymbolicTensor): T => {
    const left = (uses.get(tensor) as number) - 1;
    uses.set(tensor, left);
    const value = values.get(tensor) as T;
    return left ? kit.again(value) : value;
  };
  for (const tensor of model.tensors) {
    const { layer, inputs } = tensor.call;
    const { name, type } = layer;
    const [shape] = inputs.map(({ shape }) => shape);
    const rank = shape.length + 1;
    const own = (key: string) => weight(`${name}/${key}`);
    const [x, other] = inputs.map(read);
    const apply = (): T => {
      switch (type) {
        case 'conv2d':
          return kit.conv(x, own('kernel'), geometryOf(layer.options, shape));
        case 'depthwiseConv2d':
          return kit.depthwise(x, own('kernel'), geometryOf(layer.options, shape), shape[2]);
        case 'dense':
          return kit.dense(x, own('kernel'), layer.core.useBias ? own('bias') : undefined);
        case 'batchNorm': {
          const { epsilon } = batchNormNumbers(layer.options);
          if (training) return kit.batchNorm(x, own('gamma'), own('beta'), epsilon, rank);
          const vectors = [own('gamma'), own('beta'), own('movingMean'), own('movingVariance')];
          return kit.normalise(x, vectors as unknown as [T, T, T, T], epsilon, rank);
        }
        case 'activation':
          return kit.activation(x, activationOf(layer.options));
        case 'maxPooling2d':
          return kit.maxPool(x, geometryOf(layer.options, shape));
        case 'globalAveragePooling2d':
          return kit.globalAverage(x);
        case 'flatten':
          return kit.flatten(x);
        case 'add':
          return kit.add(x, other);
        default:
          throw new Error(`The benchmark has no ${type} for its peers.`);
      }
    };
    values.set(tensor, apply());
  }
  return values.get(model.outputs[0].tensor) as T;
}

function activationOf(options: Readonly<Record<string, unknown>>): ActivationName {
  const { activation } = options as { readonly activation: Activation };
  const name = typeof activation === 'string' ? activation : activation.name;
  const known = ACTIVATIONS.find((one) => one === name);
  if (!known) throw new Error(`The benchmark has no ${name} for its peers.`);
  return known;
}

function geometryOf(options: Readonly<Record<string, unknown>>, shape: Shape): Geometry {
  const kernel = (options.kernelSize ?? options.poolSize) as Pair;
  const strides = (options.strides ?? kernel) as Pair;
  const size: Pair = [shape[0], shape[1]];
  const padding = options.padding as Parameters<typeof resolvePadding>[0];
  const pads = resolvePadding(padding, size, kernel, strides, [1, 1], 'bench');
  return { kernel, strides, pads };
}
