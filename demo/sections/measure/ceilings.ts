import type { Clock } from './clock';
import copyShader from './copy.wgsl?raw';
import multiplyAddShader from './multiply_add.wgsl?raw';
import { median } from './statistics';

/** What the adapter can do at best, as measured by kernels that do nothing else. */
export interface Ceilings {
  /** Bytes read and written by a copy, in GB/s. */
  readonly gbps: number;
  /** Operations of multiply-adds, in GFLOP/s. */
  readonly gflops: number;
}

const mebibyte = 2 ** 20;
/** Past any cache, and some milliseconds of arithmetic. */
const efforts = {
  hardware: { bytes: 128 * mebibyte, groups: 8192, turns: 1024, repeats: 4 },
  software: { bytes: 16 * mebibyte, groups: 128, turns: 256, repeats: 1 },
} as const;
/** A software adapter likes long stretches of one thread, a GPU neighbours in neighbouring threads. */
const accesses = [
  { run: 4, strided: 1 },
  { run: 16, strided: 1 },
  { run: 16, strided: 0 },
] as const;
const threads = 64;
/** Multiply-adds of a thread in a turn: eight chains of four. */
const multiplyAdds = 8 * 4;
const samples = 5;

/** Takes the best of several ways to copy. */
export async function measureCeilings(
  device: GPUDevice,
  clock: Clock,
  software: boolean,
): Promise<Ceilings> {
  const { bytes, groups, turns, repeats } = efforts[software ? 'software' : 'hardware'];
  const size = Math.min(bytes, device.limits.maxStorageBufferBindingSize);
  const usage = GPUBufferUsage.STORAGE;
  const buffers = [0, 1].map(() => device.createBuffer({ size, usage }));
  const time = async (code: string, constants: Record<string, number>, workgroups: number) => {
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code }), constants },
    });
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    const record = (encoder: GPUCommandEncoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(workgroups);
      pass.end();
    };
    await clock.time(record, 1);
    const times: number[] = [];
    for (let i = 0; i < samples; i++) times.push(await clock.time(record, repeats));
    return median(times);
  };
  try {
    const copies: number[] = [];
    for (const access of accesses) {
      const workgroups = size / 16 / threads / access.run;
      copies.push((2 * size) / (await time(copyShader, { threads, ...access }, workgroups)) / 1e6);
    }
    const flops = groups * threads * turns * multiplyAdds * 2;
    const gflops = flops / (await time(multiplyAddShader, { turns }, groups)) / 1e6;
    return { gbps: Math.max(...copies), gflops };
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}
