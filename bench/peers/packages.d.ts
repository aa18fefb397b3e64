// What the benchmark uses of the peers' packages, which are installed when first asked for.
declare module '@jax-js/jax' {
  /** Every use of an array consumes it; `ref` is one more use. */
  export interface JaxArray {
    readonly ref: JaxArray;
    readonly shape: number[];
    add(other: JaxArray | number): JaxArray;
    sub(other: JaxArray | number): JaxArray;
    mul(other: JaxArray | number): JaxArray;
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  type Function = (...inputs: JaxArray[]) => JaxArray[];
  export const numpy: {
    array(values: Float32Array | number, options?: { shape: number[] }): JaxArray;
    mean(x: JaxArray, axes: number[], options?: { keepdims: boolean }): JaxArray;
    sum(x: JaxArray): JaxArray;
    max(x: JaxArray): JaxArray;
    pad(x: JaxArray, widths: [number, number][]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    reciprocal(x: JaxArray): JaxArray;
    clip(x: JaxArray, low: number, high?: number): JaxArray;
    reshape(x: JaxArray, shape: number[]): JaxArray;
    full(shape: number[], value: number): JaxArray;
  };
  export const nn: {
    sigmoid(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray, axis: number): JaxArray;
    softmax(x: JaxArray, axis: number): JaxArray;
  };
  export const lax: {
    convGeneralDilated(
      x: JaxArray,
      w: JaxArray,
      strides: number[],
      padding: [number, number][] | 'SAME',
      options?: { featureGroupCount: number },
    ): JaxArray;
    reduceWindow(
      x: JaxArray,
      reduce: (x: JaxArray) => JaxArray,
      window: number[],
      strides: number[],
    ): JaxArray;
  };
  export function init(device: string): Promise<string[]>;
  export function defaultDevice(device: string): string;
  export function jit(f: Function): Function & { dispose(): void };
  export function vjp(
    f: (...inputs: JaxArray[]) => JaxArray,
    inputs: JaxArray[],
  ): [JaxArray, (gradient: JaxArray) => JaxArray[]];
  export function blockUntilReady(arrays: JaxArray[]): Promise<JaxArray[]>;
}

declare module '@tensorflow/tfjs-backend-webgpu' {}
declare module '@tensorflow/tfjs-core/gradients' {}

declare module '@tensorflow/tfjs-core' {
  export interface Tensor {
    readonly shape: number[];
    data(): Promise<ArrayLike<number>>;
    dispose(): void;
  }
  interface Backend {
    readonly device: GPUDevice;
    endComputePassEncoder(): void;
    submitQueue(): void;
  }
  interface Optimizer {
    minimize(loss: () => Tensor, returnLoss: true, weights: Tensor[]): Tensor;
    getWeights(): Promise<{ readonly tensor: Tensor }[]>;
    dispose(): void;
  }
  type Rounding = 'floor';
  type Convolution = (
    x: Tensor,
    kernel: Tensor,
    strides: number[],
    pad: number | 'same',
    layout?: 'NHWC',
    dilations?: [number, number],
    rounding?: Rounding,
  ) => Tensor;
  export const conv2d: Convolution;
  export const depthwiseConv2d: Convolution;
  export function maxPool(
    x: Tensor,
    window: number[],
    strides: number[],
    pad: number,
    rounding?: Rounding,
  ): Tensor;
  export function batchNorm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor,
    scale: Tensor,
    epsilon: number,
  ): Tensor;
  export function moments(x: Tensor, axes: number[]): { mean: Tensor; variance: Tensor };
  export function tensor(values: Float32Array, shape: number[]): Tensor;
  export function fill(shape: number[], value: number): Tensor;
  export function variable(initial: Tensor): Tensor;
  export function matMul(a: Tensor, b: Tensor): Tensor;
  export function add(a: Tensor, b: Tensor): Tensor;
  export function relu(x: Tensor): Tensor;
  export function relu6(x: Tensor): Tensor;
  export function sigmoid(x: Tensor): Tensor;
  export function softmax(x: Tensor): Tensor;
  export function mean(x: Tensor, axes: number[]): Tensor;
  export function reshape(x: Tensor, shape: number[]): Tensor;
  export function tidy<T>(body: () => T): T;
  export function dispose(tensors: readonly Tensor[]): void;
  export function valueAndGrads(
    f: (...inputs: Tensor[]) => Tensor,
  ): (inputs: Tensor[], dy: Tensor) => { value: Tensor; grads: Tensor[] };
  export function backend(): Backend;
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export const losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
  export const train: { momentum(rate: number, momentum: number): Optimizer };
}

declare module 'onnxruntime-web/webgpu' {
  interface SessionOptions {
    executionProviders: string[];
    preferredOutputLocation?: string;
    graphOptimizationLevel?: string;
  }
  export class Tensor {
    constructor(type: 'float32', values: Float32Array, dims: readonly number[]);
    static fromGpuBuffer(
      buffer: GPUBuffer,
      options: { dataType: 'float32'; dims: readonly number[] },
    ): Tensor;
    getData(): Promise<ArrayLike<number>>;
    dispose(): void;
  }
  export interface InferenceSession {
    run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
    release(): Promise<void>;
  }
  export const InferenceSession: {
    create(model: Uint8Array | string, options: SessionOptions): Promise<InferenceSession>;
  };
  export const env: {
    logLevel: string;
    readonly wasm: { numThreads: number };
    readonly webgpu: { readonly device: Promise<GPUDevice> };
  };
}

/** The address of a model file that bench/chromium.ts makes. */
declare module 'virtual:small-cnn.onnx' {
  const url: string;
  export default url;
}
