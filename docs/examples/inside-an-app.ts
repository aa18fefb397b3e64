// A network inside an app's own frame: the app's compute pass makes the input, the network runs on
// it, the app's render pass draws the output. One device, one command encoder, one submit, and no
// number leaves the GPU. test/gpu/guest.test.ts runs this file.
import type { Program } from 'webgpu-batchnorm';

/** The image that goes through the network: [SIZE, SIZE, 1], f32, values in [0, 1]. */
export const SIZE = 16;

const PATTERN = /* wgsl */ `
@group(0) @binding(0) var<uniform> time: f32;
@group(0) @binding(1) var<storage, read_write> image: array<f32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x < ${SIZE} && at.y < ${SIZE}) {
    image[at.y * ${SIZE} + at.x] = 0.5 + 0.5 * sin(time + 0.4 * f32(at.x) + 0.7 * f32(at.y));
  }
}`;

const DRAW = /* wgsl */ `
@group(0) @binding(0) var<storage, read> image: array<f32>;

@vertex
fn vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
  // One triangle that covers the target.
  return vec4f(f32(i & 1u) * 4.0 - 1.0, f32(i >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) at: vec4f) -> @location(0) vec4f {
  let value = image[u32(at.y) * ${SIZE} + u32(at.x)];
  return vec4f(value, value, value, 1.0);
}`;

/** The app's side: its pipelines and buffers, made once on its own device. */
export function createApp(device: GPUDevice, network: Program, format: GPUTextureFormat) {
  const bytes = SIZE * SIZE * 4;
  // What the network reads and writes: STORAGE, and COPY_DST for an output.
  const input = device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE });
  const output = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
  });
  const time = device.createBuffer({
    size: 4,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  const pattern = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: PATTERN }) },
  });
  const module = device.createShaderModule({ code: DRAW });
  const draw = device.createRenderPipeline({
    layout: 'auto',
    vertex: { module },
    fragment: { module, targets: [{ format }] },
  });
  const patternGroup = device.createBindGroup({
    layout: pattern.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: { buffer: time } },
      { binding: 1, resource: { buffer: input } },
    ],
  });
  const drawGroup = device.createBindGroup({
    layout: draw.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: output } }],
  });

  return {
    /** One frame onto `target`. */
    frame(target: GPUTextureView, seconds: number): void {
      device.queue.writeBuffer(time, 0, new Float32Array([seconds]));
      const encoder = device.createCommandEncoder();

      const compute = encoder.beginComputePass();
      compute.setPipeline(pattern);
      compute.setBindGroup(0, patternGroup);
      compute.dispatchWorkgroups(Math.ceil(SIZE / 8), Math.ceil(SIZE / 8));
      compute.end();

      network.encode(encoder, { inputs: { input }, outputs: { output } });

      const render = encoder.beginRenderPass({
        colorAttachments: [{ view: target, loadOp: 'clear', storeOp: 'store' }],
      });
      render.setPipeline(draw);
      render.setBindGroup(0, drawGroup);
      render.draw(3);
      render.end();

      device.queue.submit([encoder.finish()]);
    },
    dispose(): void {
      for (const buffer of [input, output, time]) buffer.destroy();
    },
  };
}
