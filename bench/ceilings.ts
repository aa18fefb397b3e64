// What the adapter can do, measured by kernels that do nothing else.
import copy from '../demo/sections/measure/copy.wgsl?raw';
import multiplyAdd from '../demo/sections/measure/multiply_add.wgsl?raw';
import read from './kernels/read.wgsl?raw';
import touch from './kernels/touch.wgsl?raw';
import { type Ceilings, median } from './roof';

/** Records one measurement. */
type Record = (encoder: GPUCommandEncoder) => void;

/** A software adapter likes long runs of one thread, a GPU neighbours in neighbouring threads. */
const accesses = [
  { elems: 'vec4f', size: 64, run: 16, strided: 0 },
  { elems: 'vec4f', size: 64, run: 64, strided: 0 },
  { elems: 'vec4f', size: 64, run: 4, strided: 1 },
  { elems: 'vec4f', size: 256, run: 4, strided: 1 },
  { elems: 'vec4f', size: 256, run: 16, strided: 1 },
  { elems: 'mat4x4f', size: 64, run: 4, strided: 0 },
  { elems: 'mat4x4f', size: 64, run: 16, strided: 0 },
  { elems: 'mat4x4f', size: 64, run: 16, strided: 1 },
] as const;
/** Bytes of one. */
const BYTES = { vec4f: 16, mat4x4f: 64 };
/** Of each candidate, before the best one is chosen; the first warms up. */
const TRIES = 4;
const DISPATCHES = 256;

/** How much a measurement does: some 10 ms and more, past any cache. */
export interface Effort {
  /** Of each of two buffers. */
  readonly mebibytes: number;
  /** Of multiply-adds: workgroups, a multiple of 64, and turns of each thread. */
  readonly groups: number;
  readonly turns: number;
}

export const EFFORT: { readonly [K in 'software' | 'gpu']: Effort } = {
  software: { mebibytes: 32, groups: 512, turns: 16 },
  gpu: { mebibytes: 256, groups: 16384, turns: 128 },
};

/** Multiply-adds of a thread of multiply_add.wgsl in a turn: 16 in each of 24 chains. */
const MULTIPLY_ADDS = 16 * 24;
const MIB = 2 ** 20;
/** Not GPUBufferUsage, which is there only once WebGPU is loaded in Node. */
const COPIED_STORAGE = 0x4 | 0x8 | 0x80;

/**
 * The best kernel for each ceiling. `sample` runs them all once, between the workloads, so that both
 * see the same machine; a ceiling is the median of its samples, as a workload's time is.
 */
export class Gauges {
  readonly #times: { readonly [K in keyof Ceilings]: number[] } = {
    copy_gbps: [],
    buffer_copy_gbps: [],
    read_gbps: [],
    fma_gflops: [],
    dispatch_us: [],
  };

  private constructor(
    private readonly device: GPUDevice,
    private readonly records: { readonly [K in keyof Ceilings]: Record },
    /** Bytes of each of the two buffers, and operations of the multiply-adds. */
    private readonly bytes: number,
    private readonly flops: number,
  ) {}

  /** Holds its buffers until the device is destroyed. */
  static async create(device: GPUDevice, effort: Effort): Promise<Gauges> {
    const { mebibytes, groups, turns } = effort;
    const bytes = Math.min(mebibytes * MIB, device.limits.maxStorageBufferBindingSize);
    const [x, y] = ['x', 'y'].map((label) =>
      device.createBuffer({ label, size: bytes, usage: COPIED_STORAGE }),
    );
    const kernel = async (
      code: string,
      constants: { readonly [name: string]: number },
      workgroups: number,
      times = 1,
    ): Promise<Record> => {
      const module = device.createShaderModule({ code });
      const pipeline = await device.createComputePipelineAsync({
        layout: 'auto',
        compute: { module, constants },
      });
      const group = device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [x, y].map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
      // In two dimensions, since one holds 65535.
      const rows = Math.min(64, workgroups);
      return (encoder) => {
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        for (let i = 0; i < times; i++) pass.dispatchWorkgroups(workgroups / rows, rows);
        pass.end();
      };
    };
    const best = async (candidates: readonly Promise<Record>[]): Promise<Record> => {
      const ranked: { readonly record: Record; readonly ms: number }[] = [];
      for (const candidate of candidates) {
        const record = await candidate;
        const times: number[] = [];
        for (let i = 0; i < TRIES; i++) times.push(await time(device, record));
        ranked.push({ record, ms: Math.min(...times.slice(1)) });
      }
      return ranked.reduce((a, b) => (b.ms < a.ms ? b : a)).record;
    };
    const moving = (code: string) =>
      best(
        accesses.map(({ elems, ...access }) => {
          const typed = code.replace('alias elems = vec4f', `alias elems = ${elems}`);
          return kernel(typed, access, bytes / BYTES[elems] / (access.size * access.run));
        }),
      );
    const records = {
      copy_gbps: await moving(copy),
      buffer_copy_gbps: (encoder: GPUCommandEncoder) =>
        encoder.copyBufferToBuffer(x, 0, y, 0, bytes),
      read_gbps: await moving(read),
      fma_gflops: await kernel(multiplyAdd, { turns }, groups),
      dispatch_us: await kernel(touch, {}, 1, DISPATCHES),
    };
    return new Gauges(device, records, bytes, groups * 64 * turns * MULTIPLY_ADDS * 2);
  }

  /** One measurement of each. */
  async sample(): Promise<void> {
    for (const name of Object.keys(this.records) as (keyof Ceilings)[]) {
      this.#times[name].push(await time(this.device, this.records[name]));
    }
  }

  /** Medians so far. */
  ceilings(): Ceilings {
    const ms = (name: keyof Ceilings) => median(this.#times[name]);
    return {
      copy_gbps: (2 * this.bytes) / ms('copy_gbps') / 1e6,
      buffer_copy_gbps: (2 * this.bytes) / ms('buffer_copy_gbps') / 1e6,
      read_gbps: this.bytes / ms('read_gbps') / 1e6,
      fma_gflops: this.flops / ms('fma_gflops') / 1e6,
      dispatch_us: (1000 * ms('dispatch_us')) / DISPATCHES,
    };
  }
}

async function time(device: GPUDevice, record: Record): Promise<number> {
  const encoder = device.createCommandEncoder();
  record(encoder);
  const commands = encoder.finish();
  const start = performance.now();
  device.queue.submit([commands]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
