import { expect, test } from 'vitest';
import { describeAdapter, getAdapter, getDevice } from '../support/gpu';

test('a device answers', async () => {
  console.log(`adapter: ${describeAdapter(await getAdapter())}`);
  const device = await getDevice();
  const input = new Float32Array([1, 2, 3, 4]);
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST | GPUBufferUsage.STORAGE;
  const buffer = device.createBuffer({ size: input.byteLength, usage });
  const back = device.createBuffer({
    size: input.byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, input);
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: {
      module: device.createShaderModule({
        code: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
          @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
            x[id.x] = x[id.x] * x[id.x];
          }`,
      }),
    },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, back, 0, input.byteLength);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const result = new Float32Array(back.getMappedRange().slice(0));
  back.unmap();
  buffer.destroy();
  back.destroy();
  expect([...result]).toEqual([1, 4, 9, 16]);
});
