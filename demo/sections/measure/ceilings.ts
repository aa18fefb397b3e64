import type { Clock } from './clock';
import copyShader from './copy.wgsl?raw';
import multiplyAddShader from './multiply_add.wgsl?raw';

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
  hardware: { bytes: 128 * mebibyte, groups: 8192, turns: 96 },
  software: { bytes: 16 * mebibyte, groups: 128, turns: 32 },
} as const;
/** A software adapter likes matrices and long stretches of one thread, a GPU neighbours in neighbours. */
const accesses = [
  { elems: 'vec4f', bytes: 16, run: 4, strided: 1 },
  { elems: 'vec4f', bytes: 16, run: 16, strided: 1 },
  { elems: 'mat4x4f', bytes: 64, run: 16, strided: 0 },
] as const;
const threads = 64;
/** Multiply-adds of a thread in a turn: 16 in each of 24 chains. */
const multiplyAdds = 16 * 24;
/** How often each is timed before each workload. */
const samples = 2;

interface Gauge {
  readonly record: (encoder: GPUCommandEncoder) => void;
  /** Bytes or operations of a run. */
  readonly work: number;
  readonly of: keyof Ceilings;
  /** Runs in one submit. */
  readonly repeats: number;
}

/**
 * Finds the ceilings: the best of several ways to copy, and the best of all samples, which are taken
 * between the workloads, so that both see the machine as busy as it is.
 */
export class Gauges {
  #ceilings: Ceilings = { gbps: 0, gflops: 0 };

  private constructor(
    private readonly clock: Clock,
    private readonly gauges: readonly Gauge[],
  ) {}

  /** Its buffers are given back with the device. */
  static async create(device: GPUDevice, clock: Clock, software: boolean): Promise<Gauges> {
    const { bytes, groups, turns } = efforts[software ? 'software' : 'hardware'];
    const size = Math.min(bytes, device.limits.maxStorageBufferBindingSize);
    const usage = GPUBufferUsage.STORAGE;
    const buffers = [0, 1].map(() => device.createBuffer({ size, usage }));
    const kernel = async (code: string, constants: Record<string, number>, workgroups: number) => {
      const pipeline = await device.createComputePipelineAsync({
        layout: 'auto',
        compute: { module: device.createShaderModule({ code }), constants },
      });
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      return (encoder: GPUCommandEncoder) => {
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(workgroups);
        pass.end();
      };
    };
    const gauges: Gauge[] = [];
    const add = async (of: Gauge['of'], work: number, record: Gauge['record']) => {
      gauges.push({ of, work, record, repeats: await clock.repeatsFor(record) });
    };
    for (const { elems, bytes: each, run, strided } of accesses) {
      const code = copyShader.replace('elems = vec4f', `elems = ${elems}`);
      const workgroups = size / each / threads / run;
      await add('gbps', 2 * size, await kernel(code, { size: threads, run, strided }, workgroups));
    }
    const flops = groups * threads * turns * multiplyAdds * 2;
    await add('gflops', flops, await kernel(multiplyAddShader, { turns }, groups));
    return new Gauges(clock, gauges);
  }

  get ceilings(): Ceilings {
    return this.#ceilings;
  }

  async sample(): Promise<void> {
    for (const { record, repeats, work, of } of this.gauges) {
      for (let i = 0; i < samples; i++) {
        const rate = work / (await this.clock.time(record, repeats)) / 1e6;
        const best = Math.max(this.#ceilings[of], rate);
        this.#ceilings = { ...this.#ceilings, [of]: best };
      }
    }
  }
}
