// What the adapter can do at best, measured by kernels that do nothing else.
import copy from './kernels/copy.wgsl?raw';
import multiplyAdd from './kernels/multiply_add.wgsl?raw';
import read from './kernels/read.wgsl?raw';
import touch from './kernels/touch.wgsl?raw';
import type { Ceilings } from './roof';

interface Variant {
  readonly size: number;
  readonly run: number;
  readonly strided: 0 | 1;
}

/** A software adapter likes long runs of one thread, a GPU neighbours in neighbouring threads. */
const variants: readonly Variant[] = [
  { size: 64, run: 16, strided: 0 },
  { size: 64, run: 64, strided: 0 },
  { size: 64, run: 4, strided: 1 },
  { size: 256, run: 4, strided: 1 },
  { size: 256, run: 16, strided: 1 },
];
const REPEATS = 5;
const DISPATCHES = 256;
const MIB = 2 ** 20;

/** Measures `device`; the best of several tries counts. */
export async function measureCeilings(device: GPUDevice, software: boolean): Promise<Ceilings> {
  const bytes = Math.min((software ? 32 : 256) * MIB, device.limits.maxStorageBufferBindingSize);
  const vectors = bytes / 16;
  const [x, y] = ['x', 'y'].map((label) =>
    device.createBuffer({ label, size: bytes, usage: USAGE.STORAGE | USAGE.SRC | USAGE.DST }),
  );
  const best = async (encode: (encoder: GPUCommandEncoder) => void): Promise<number> => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i <= REPEATS; i++) {
      const encoder = device.createCommandEncoder();
      encode(encoder);
      const commands = encoder.finish();
      const start = performance.now();
      device.queue.submit([commands]);
      await device.queue.onSubmittedWorkDone();
      // The first one warms up.
      if (i > 0) least = Math.min(least, performance.now() - start);
    }
    return least;
  };
  const kernel = async (code: string, constants: Record<string, number>) => {
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code }), constants },
    });
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [x, y].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return (encoder: GPUCommandEncoder, workgroups: number, times = 1) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      // In two dimensions, since one holds 65535.
      const rows = Math.min(64, workgroups);
      for (let i = 0; i < times; i++) pass.dispatchWorkgroups(workgroups / rows, rows);
      pass.end();
    };
  };
  const bestOf = async (code: string): Promise<number> => {
    let least = Number.POSITIVE_INFINITY;
    for (const variant of variants) {
      const record = await kernel(code, { ...variant });
      const workgroups = vectors / (variant.size * variant.run);
      least = Math.min(least, await best((encoder) => record(encoder, workgroups)));
    }
    return least;
  };

  try {
    const copyMs = await bestOf(copy);
    const readMs = await bestOf(read);
    const bufferMs = await best((encoder) => encoder.copyBufferToBuffer(x, 0, y, 0, bytes));
    const [turns, groups] = software ? [128, 512] : [2048, 16384];
    const adds = await kernel(multiplyAdd, { turns });
    const addsMs = await best((encoder) => adds(encoder, groups));
    const touches = await kernel(touch, {});
    const touchMs = await best((encoder) => touches(encoder, 1, DISPATCHES));
    return {
      copy_gbps: (2 * bytes) / copyMs / 1e6,
      buffer_copy_gbps: (2 * bytes) / bufferMs / 1e6,
      read_gbps: bytes / readMs / 1e6,
      fma_gflops: (groups * 64 * turns * 64) / addsMs / 1e6,
      dispatch_us: (1000 * touchMs) / DISPATCHES,
    };
  } finally {
    x.destroy();
    y.destroy();
  }
}

/** The better of two measurements of the same adapter. */
export function bestCeilings(a: Ceilings, b: Ceilings): Ceilings {
  return {
    copy_gbps: Math.max(a.copy_gbps, b.copy_gbps),
    buffer_copy_gbps: Math.max(a.buffer_copy_gbps, b.buffer_copy_gbps),
    read_gbps: Math.max(a.read_gbps, b.read_gbps),
    fma_gflops: Math.max(a.fma_gflops, b.fma_gflops),
    dispatch_us: Math.min(a.dispatch_us, b.dispatch_us),
  };
}

/** The numbers, since the names are not there before WebGPU is loaded in Node. */
const USAGE = { SRC: 0x4, DST: 0x8, STORAGE: 0x80 };
