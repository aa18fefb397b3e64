import { compile, type Network, type Program, profile } from 'webgpu-batchnorm';
import type { OpenModel } from './opened';
import { estimateTimings, layerFinder, type Timing, type TimingRow } from './timing';

/** Numbers of a run by the input's name. */
export type RunInputs = Readonly<Record<string, Float32Array | Int32Array>>;

export interface NamedOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> &
    Iterable<number> & { slice(a: number, b: number): ArrayLike<number> };
}

export interface RunResult {
  readonly outputs: readonly NamedOutput[];
  /** From numbers in to numbers out, in milliseconds. */
  readonly ms: number;
}

/** The largest difference that folding makes to an output. */
export interface FoldingDifference {
  readonly absolute: number;
  /** The largest number that the outputs have, to measure it by. */
  readonly largest: number;
}

/** More operations than the reference does in about a second: without a GPU larger models are not run. */
const mostOnCpu = 1e8;

/** A model compiled for one example at a time. */
export class Runner {
  private constructor(
    readonly opened: OpenModel,
    private readonly net: Network,
    private readonly program: Program,
    /** Milliseconds that compiling took. */
    readonly compileMs: number,
  ) {}

  /** Without a device: on the CPU reference. Undefined where the model is too large for that. */
  static async create(
    opened: OpenModel,
    device: GPUDevice | undefined,
    progress: (done: number, total: number) => void,
  ): Promise<Runner | undefined> {
    if (!device && opened.flops > mostOnCpu) return undefined;
    const { model, state } = opened;
    const start = performance.now();
    const net = await compile(model, device ? { device, state } : { backend: 'cpu', state });
    try {
      const program = await net.program({ batch: 1, progress });
      return new Runner(opened, net, program, performance.now() - start);
    } catch (error) {
      net.dispose();
      throw error;
    }
  }

  /** Undefined on the CPU. */
  get device(): GPUDevice | undefined {
    return this.net.device;
  }

  get backend(): 'gpu' | 'cpu' {
    return this.net.backend;
  }

  async run(inputs: RunInputs): Promise<RunResult> {
    const start = performance.now();
    const found = await this.program.run(inputs);
    const ms = performance.now() - start;
    const outputs = this.opened.model.outputs.map(({ name, tensor }) => {
      return { name, shape: tensor.typeFor(1).shape, data: found[name] };
    });
    return { outputs, ms };
  }

  /** Undefined on the CPU, where nothing folds. */
  async foldingDifference(inputs: RunInputs): Promise<FoldingDifference | undefined> {
    if (this.backend === 'cpu') return undefined;
    const asIs = await this.net.program({ batch: 1, fold: false });
    const [folded, unfolded] = [await this.program.run(inputs), await asIs.run(inputs)];
    let [absolute, largest] = [0, 0];
    for (const [name, numbers] of Object.entries(unfolded)) {
      numbers.forEach((number, i) => {
        absolute = Math.max(absolute, Math.abs(number - folded[name][i]));
        largest = Math.max(largest, Math.abs(number));
      });
    }
    return { absolute, largest };
  }

  /** How long each part takes, over `runs` runs. */
  async time(inputs: RunInputs, runs: number): Promise<Timing> {
    const { device } = this;
    if (!device) {
      const gpu = await median(runs, () => this.run(inputs).then(({ ms }) => ms));
      return this.#estimated({ gpu });
    }
    const stages = await this.#stages(device, inputs, runs);
    if (!device.features.has('timestamp-query')) return this.#estimated(stages);
    const { rows, ms } = await profile(this.program, inputs, { runs });
    const layerOf = layerFinder(this.opened.layers);
    return {
      ...stages,
      compile: this.compileMs,
      runs,
      estimated: false,
      rows: rows
        .filter(({ kernel }) => kernel !== 'copy')
        .map((row): TimingRow => {
          const share = ms > 0 ? row.ms / ms : 0;
          return { ...row, layer: layerOf(row.node), share };
        }),
    };
  }

  #estimated(stages: { upload?: number; gpu: number; readBack?: number }): Timing {
    const rows = estimateTimings(this.opened.layers, stages.gpu);
    return { ...stages, compile: this.compileMs, runs: 0, estimated: true, rows };
  }

  /** Upload, work and read-back apart: each is waited for before the next begins. */
  async #stages(device: GPUDevice, inputs: RunInputs, runs: number) {
    const { program } = this;
    await program.prepare();
    const buffers = this.opened.model.outputs.map(({ name }) => program.outputBuffer(name));
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    const staging = buffers.map(({ size }) => device.createBuffer({ size, usage }));
    const submit = (record: (encoder: GPUCommandEncoder) => void) => {
      const encoder = device.createCommandEncoder();
      record(encoder);
      device.queue.submit([encoder.finish()]);
    };
    const [uploads, works, readBacks]: number[][] = [[], [], []];
    try {
      for (let run = 0; run < runs; run++) {
        const start = performance.now();
        for (const [name, numbers] of Object.entries(inputs)) program.writeInput(name, numbers);
        await device.queue.onSubmittedWorkDone();
        const uploaded = performance.now();
        submit((encoder) => program.encode(encoder));
        await device.queue.onSubmittedWorkDone();
        const worked = performance.now();
        submit((encoder) => {
          buffers.forEach((buffer, i) => {
            encoder.copyBufferToBuffer(buffer, 0, staging[i], 0, buffer.size);
          });
        });
        await Promise.all(staging.map((buffer) => buffer.mapAsync(GPUMapMode.READ)));
        const read = performance.now();
        for (const buffer of staging) buffer.unmap();
        uploads.push(uploaded - start);
        works.push(worked - uploaded);
        readBacks.push(read - worked);
      }
    } finally {
      for (const buffer of staging) buffer.destroy();
    }
    return { upload: middle(uploads), gpu: middle(works), readBack: middle(readBacks) };
  }

  dispose(): void {
    this.net.dispose();
  }
}

async function median(runs: number, measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await measure());
  return middle(times);
}

function middle(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

/** Numbers for every input, the same each time: normally distributed, zeros for indices. */
export function randomInputs({ model }: OpenModel): RunInputs {
  let state = 1;
  const uniform = () => {
    // Park and Miller's generator.
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Object.fromEntries(
    model.inputs.map(({ name, tensor }) => {
      const { dtype, shape } = tensor.typeFor(1);
      const size = shape.reduce((product, extent) => product * extent, 1);
      if (dtype === 'i32') return [name, new Int32Array(size)];
      return [name, Float32Array.from({ length: size }, normal)];
    }),
  );
}
