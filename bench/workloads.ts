// What is measured: data only. `tasks.ts` turns each line into a graph with numbers.
import type { NetworkName } from './networks';

/** A batch norm alone; `both` is forward and backward, with the gradients of x, gamma and beta. */
export interface BatchNormSpec {
  readonly kind: 'batchNorm';
  readonly shape: readonly number[];
  readonly pass: 'inference' | 'forward' | 'both';
}

/** A convolution, followed by batch norm and activation where `activation` is there. */
export interface ConvSpec {
  readonly kind: 'conv';
  readonly batch: number;
  /** Height and width of the input. */
  readonly size: number;
  readonly channels: number;
  /** Undefined: depthwise. */
  readonly filters?: number;
  readonly kernel: number;
  readonly strides?: number;
  readonly activation?: 'relu' | 'relu6';
  readonly pass: 'inference' | 'forward' | 'both';
}

/** A network: inference, or a training step with its update. */
export interface NetworkSpec {
  readonly kind: 'network' | 'step';
  readonly network: NetworkName;
  readonly batch: number;
  /** Height and width of the input. */
  readonly size: number;
}

export type Spec = BatchNormSpec | ConvSpec | NetworkSpec;

export interface Workload {
  readonly name: string;
  readonly spec: Spec;
  /** Too much for a software adapter. */
  readonly gpuOnly?: true;
  /** A smaller size for the comparison with the reference, which would take minutes in full. */
  readonly check?: Spec;
}

const norm = (
  pass: BatchNormSpec['pass'],
  shapes: readonly (readonly number[])[],
  gpuOnly?: true,
): Workload[] =>
  shapes.map((shape) => {
    const title = { inference: 'inference', forward: 'training forward', both: 'training' }[pass];
    const spec = { kind: 'batchNorm', shape, pass } as const;
    return {
      name: `batch norm ${title}${pass === 'both' ? ' forward + backward' : ''} [${shape}]`,
      spec,
      ...(gpuOnly && { gpuOnly, check: { ...spec, shape: [2, ...shape.slice(1)] } }),
    };
  });

const shapes = [
  [8, 56, 56, 64],
  [32, 7, 7, 128],
  [256, 1024],
];
const large = [
  [32, 56, 56, 64],
  [64, 112, 112, 64],
];

const square = { kind: 'conv', batch: 1, size: 56, channels: 64, filters: 64, kernel: 3 } as const;
const pointwise = { ...square, channels: 256, kernel: 1 } as const;
const depthwise = { kind: 'conv', batch: 1, size: 56, channels: 144, kernel: 3 } as const;
const stem = { ...square, size: 224, channels: 3, kernel: 7, strides: 2 } as const;

const network = (network: NetworkName, size: number, batch = 1): NetworkSpec => ({
  kind: 'network',
  network,
  batch,
  size,
});
const step = (network: NetworkName, size: number, batch: number): NetworkSpec => ({
  kind: 'step',
  network,
  batch,
  size,
});

export const workloads: readonly Workload[] = [
  ...norm('forward', shapes),
  ...norm('forward', large, true),
  ...norm('both', shapes),
  ...norm('both', large, true),
  ...norm('inference', shapes.slice(0, 1)),
  ...norm('inference', large, true),

  { name: 'conv 3×3 64→64 56²', spec: { ...square, pass: 'inference' } },
  {
    name: 'conv 3×3 64→64 56² batch 8',
    spec: { ...square, batch: 8, pass: 'inference' },
    check: { ...square, batch: 2, pass: 'inference' },
    gpuOnly: true,
  },
  { name: 'conv 1×1 256→64 56²', spec: { ...pointwise, pass: 'inference' } },
  { name: 'depthwise 3×3 144 56²', spec: { ...depthwise, pass: 'inference' } },
  { name: 'conv 7×7/2 3→64 224²', spec: { ...stem, pass: 'inference' } },

  {
    name: 'conv 3×3 64→64 56² + BN + ReLU inference',
    spec: { ...square, activation: 'relu', pass: 'inference' },
  },
  {
    name: 'conv 1×1 256→64 56² + BN + ReLU inference',
    spec: { ...pointwise, activation: 'relu', pass: 'inference' },
  },
  {
    name: 'depthwise 3×3 144 56² + BN + ReLU6 inference',
    spec: { ...depthwise, activation: 'relu6', pass: 'inference' },
  },
  {
    name: 'conv 3×3 64→64 56² + BN + ReLU training forward',
    spec: { ...square, activation: 'relu', pass: 'forward' },
  },
  {
    name: 'conv 3×3 64→64 56² + BN + ReLU training forward + backward',
    spec: { ...square, activation: 'relu', pass: 'both' },
  },
  {
    name: 'conv 3×3 64→64 56² batch 8 + BN + ReLU training forward + backward',
    spec: { ...square, batch: 8, activation: 'relu', pass: 'both' },
    check: { ...square, batch: 1, activation: 'relu', pass: 'both' },
    gpuOnly: true,
  },

  { name: 'small CNN inference 28²', spec: network('smallCnn', 28) },
  { name: 'ResNet-18 inference 64²', spec: network('resnet18', 64) },
  { name: 'MobileNetV2 inference 64²', spec: network('mobilenetV2', 64) },
  {
    name: 'ResNet-18 inference 224²',
    spec: network('resnet18', 224),
    check: network('resnet18', 64),
    gpuOnly: true,
  },
  {
    name: 'MobileNetV2 inference 224²',
    spec: network('mobilenetV2', 224),
    check: network('mobilenetV2', 96),
    gpuOnly: true,
  },

  { name: 'MLP training step batch 60', spec: step('mlp', 28, 60) },
  { name: 'small CNN training step batch 8', spec: step('smallCnn', 28, 8) },
  {
    name: 'small CNN training step batch 64',
    spec: step('smallCnn', 28, 64),
    check: step('smallCnn', 28, 8),
    gpuOnly: true,
  },
  {
    name: 'small CNN training step batch 128',
    spec: step('smallCnn', 28, 128),
    check: step('smallCnn', 28, 8),
    gpuOnly: true,
  },
  { name: 'ResNet-18 training step 64² batch 2', spec: step('resnet18', 64, 2) },
  {
    name: 'ResNet-18 training step 224² batch 32',
    spec: step('resnet18', 224, 32),
    check: step('resnet18', 64, 2),
    gpuOnly: true,
  },
];

/** Whether `name` contains one of the parts, upper or lower case; without parts any does. */
export function isNamed(name: string, parts: readonly string[] = []): boolean {
  const lower = name.toLowerCase();
  return !parts.length || parts.some((part) => lower.includes(part.toLowerCase()));
}

/** The workloads for an adapter, all or those so named. */
export function selectWorkloads(software: boolean, only?: readonly string[]): Workload[] {
  return workloads.filter(({ name, gpuOnly }) => !(gpuOnly && software) && isNamed(name, only));
}
