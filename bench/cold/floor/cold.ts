// The floor of the cold start: a page that opens a device, runs one trivial kernel and reads ten numbers.
import { measureFirstOutput } from '../first-output';

const KERNEL = `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = 0.1;
}`;

const BYTES = 40;

measureFirstOutput(async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = (await adapter?.requestDevice()) as GPUDevice;
  const module = device.createShaderModule({ code: KERNEL });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const buffer = device.createBuffer({ size: BYTES, usage: STORAGE | COPY_SRC });
  const staging = device.createBuffer({ size: BYTES, usage: MAP_READ | COPY_DST });
  const layout = pipeline.getBindGroupLayout(0);
  const entries = [{ binding: 0, resource: { buffer } }];
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(BYTES / 4);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, BYTES);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return new Float32Array(staging.getMappedRange());
});
