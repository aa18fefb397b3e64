// ONNX Runtime Web: tasks as ONNX models on its native WebGPU provider; tensors stay on the GPU.
import * as ort from 'onnxruntime-web/webgpu';
import { toOurs } from './layout';
import { OnnxGraph } from './onnx';
import { onnxTask } from './ort-graph';
import { numbersOf, type Peer } from './peer';

const options: ort.SessionOptions = {
  executionProviders: ['webgpu'],
  preferredOutputLocation: 'gpu-buffer',
  graphOptimizationLevel: 'all',
};
/** Not GPUBufferUsage: also a type of a copy of WebGPU's names. */
const COPIED_STORAGE = 0x4 | 0x8 | 0x80;

export async function onnxRuntime(): Promise<Peer> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  // Its device is destroyed with the last session: one stays.
  const g = new OnnxGraph();
  g.op('Relu', [g.input('input', [4])], {}, 'output');
  g.output('output', [4]);
  await ort.InferenceSession.create(g.bytes(), options);
  const device = await ort.env.webgpu.device;
  return { name: 'onnxruntime-web', open: (task) => open(task, device) };
}

async function open(task: Parameters<Peer['open']>[0], device: GPUDevice) {
  const onnx = onnxTask(task);
  if (!onnx) return undefined;
  const session = await ort.InferenceSession.create(onnx.bytes, options);
  const buffers: GPUBuffer[] = [];
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, layout] of onnx.inputs) {
    const values = numbersOf(task, name, layout);
    const buffer = device.createBuffer({ size: values.byteLength, usage: COPIED_STORAGE });
    device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
    buffers.push(buffer);
    feeds[name] = ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: layout.theirs });
  }
  let last: Readonly<Record<string, ort.Tensor>> = {};
  const free = () => {
    for (const tensor of Object.values(last)) tensor.dispose();
    last = {};
  };
  return {
    async run() {
      free();
      last = await session.run(feeds);
    },
    settle: () => device.queue.onSubmittedWorkDone(),
    async outputs() {
      const all: Record<string, Float32Array> = {};
      for (const [name, layout] of onnx.outputs) {
        all[name] = toOurs((await last[name].getData()) as Float32Array, layout);
      }
      return all;
    },
    dispose() {
      free();
      for (const buffer of buffers) buffer.destroy();
      void session.release();
    },
  };
}
