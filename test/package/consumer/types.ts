// Uses the package as typed code does; it only has to compile.
import {
  adam,
  BatchNormError,
  batchNorm,
  compile,
  conv2d,
  dense,
  fit,
  flatten,
  type Network,
  relu,
  sequential,
  type Tensor,
} from 'webgpu-batchnorm';
import { parseIdx, readSafetensors } from 'webgpu-batchnorm/formats';
import { readKeras } from 'webgpu-batchnorm/keras';
import { requestNodeGPU } from 'webgpu-batchnorm/node';
import { readOnnx } from 'webgpu-batchnorm/onnx';
import { formatSelfTest, type SelfTestReport, selfTest } from 'webgpu-batchnorm/self-test';
import { exportTorch } from 'webgpu-batchnorm/torch';

const model = sequential([8, 8, 1], [conv2d(4, 3), batchNorm(), relu(), flatten(), dense(2)]);

export async function train(x: Float32Array, y: Int32Array): Promise<Tensor> {
  const gpu: GPU = await requestNodeGPU();
  const net: Network = await compile(model, { gpu, seed: 1 });
  const options = { loss: 'crossEntropy', optimizer: adam({ learningRate: 1e-3 }) } as const;
  for await (const { loss } of fit(net, { x, y }, options)) {
    if (!Number.isFinite(loss)) break;
  }
  return net.predict(x);
}

export async function embed(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  input: GPUBuffer,
  output: GPUBuffer,
): Promise<void> {
  const net = await compile(model, { device });
  const program = await net.program({ batch: 1 });
  program.encode(encoder, { inputs: { input }, outputs: { output } });
}

export const readers = [parseIdx, readSafetensors];

export async function convert(bytes: Uint8Array): Promise<string> {
  const { model, state } = readOnnx(bytes);
  const keras = await readKeras(bytes);
  return exportTorch(model, state)['model.py'] + keras.model.summary();
}

export async function report(device: GPUDevice, signal: AbortSignal): Promise<string> {
  const tested: SelfTestReport = await selfTest({ device, only: 'batch-norm', signal });
  return formatSelfTest(tested);
}

export const isOurs = (error: unknown): boolean => error instanceof BatchNormError;
