import {
  compile,
  type Network,
  type Program,
  programCosts,
  sgd,
  trainingProgram,
} from 'webgpu-batchnorm';
import { formatPercent } from '../../parts/format';
import type { Clock } from './clock';
import { median, p95, relativeError } from './statistics';
import { shapeOf, type Workload } from './workloads';

/** What was found out about a workload; NaN where there is nothing to say. */
export interface Measured {
  readonly id: string;
  readonly title: string;
  readonly shape: string;
  /** Milliseconds on the GPU. */
  readonly median: number;
  readonly p95: number;
  readonly gflops: number;
  readonly gbps: number;
  /** Largest difference from the reference, as a share of the largest number there. */
  readonly error: number;
  /** Milliseconds, each once or the median of a few. */
  readonly compile: number;
  readonly upload: number;
  readonly readback: number;
}

export type Phase = (text: string, share?: number) => void;

export interface Tools {
  readonly device: GPUDevice;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly phase: Phase;
}

const runs = 30;
/** Small transfers are timed as often. */
const transfers = 5;
const seed = 1;
/** What the sum of many rounding errors may come to; more is a fault, and nothing to be timed. */
const mostError = 1e-3;

export async function runWorkload(workload: Workload, tools: Tools): Promise<Measured> {
  const { device, clock, signal, phase } = tools;
  const net = await compile(workload.model, { device, seed });
  try {
    phase('compiling');
    const start = performance.now();
    const program = await programOf(net, workload, workload.batch);
    const compileMs = performance.now() - start;
    signal.throwIfAborted();
    phase('checking against the CPU reference');
    const error = await check(workload, device);
    if (!(error <= mostError)) {
      const found = Number.isNaN(error) ? 'no number' : `off by ${formatPercent(error)}`;
      throw new Error(`not timed, as its result is ${found}`);
    }
    signal.throwIfAborted();
    const upload = await timeUpload(program, workload, device);
    const record = (encoder: GPUCommandEncoder) => program.encode(encoder);
    const repeats = await clock.repeatsFor(record);
    const times: number[] = [];
    while (times.length < runs) {
      signal.throwIfAborted();
      phase(`run ${times.length + 1} of ${runs}`, times.length / runs);
      times.push(await clock.time(record, repeats));
    }
    const ms = median(times);
    const { flops, bytes } = programCosts(program);
    return {
      id: workload.id,
      title: workload.title,
      shape: shapeOf(workload),
      median: ms,
      p95: p95(times),
      gflops: flops / ms / 1e6,
      gbps: bytes / ms / 1e6,
      error,
      compile: compileMs,
      upload,
      readback: await timeReadback(program, device),
    };
  } finally {
    net.dispose();
  }
}

function programOf(net: Network, { loss }: Workload, batch: number): Promise<Program> {
  return loss
    ? trainingProgram(net, { batch, loss, optimizer: sgd(), metrics: [] })
    : net.program({ batch });
}

/** Numbers for the inputs, the same each time. */
function inputsOf(
  { model, loss }: Workload,
  batch: number,
  learningRate: number,
): Record<string, Float32Array | Int32Array> {
  const size = (shape: readonly number[]) => shape.reduce((all, extent) => all * extent, batch);
  const [{ name, tensor }] = model.inputs;
  const x = Float32Array.from({ length: size(tensor.shape) }, (_, i) => Math.sin(0.7 * i) + 0.2);
  if (!loss) return { [name]: x };
  const output = model.outputs[0].tensor.shape;
  const classes = output[output.length - 1];
  const targets =
    loss === 'crossEntropy'
      ? Int32Array.from({ length: batch }, (_, i) => i % classes)
      : new Float32Array(size(output)).fill(0.5);
  return {
    [name]: x,
    'training/targets': targets,
    'training/learningRate': Float32Array.of(learningRate),
  };
}

/** The largest error of the outputs or, after a training step, of the changes that it made. */
async function check(workload: Workload, device: GPUDevice): Promise<number> {
  const [got, want] = [await once(workload, { device }), await once(workload, { backend: 'cpu' })];
  const pairs = (part: keyof Once) =>
    [...want[part]].map(([name, numbers]) => ({ got: got[part].get(name) ?? [], want: numbers }));
  return Math.max(relativeError(pairs('outputs')), relativeError(pairs('changes')));
}

/** What one run gives. */
interface Once {
  readonly outputs: ReadonlyMap<string, ArrayLike<number>>;
  /** What it adds to weights and statistics. */
  readonly changes: ReadonlyMap<string, ArrayLike<number>>;
}

async function once(
  workload: Workload,
  options: { readonly device: GPUDevice } | { readonly backend: 'cpu' },
): Promise<Once> {
  const { model, checkBatch } = workload;
  const net = await compile(model, { ...options, seed });
  try {
    const before = await net.getState();
    const program = await programOf(net, workload, checkBatch);
    // A large step, so that the rounding of the weights themselves does not show.
    const outputs = await program.run(inputsOf(workload, checkBatch, 1));
    const after = await net.getState();
    const changes = after.names().map((name) => {
      const old = before.get(name);
      return [name, Float64Array.from(after.get(name), (x, i) => x - old[i])] as const;
    });
    return { outputs: new Map(Object.entries(outputs)), changes: new Map(changes) };
  } finally {
    net.dispose();
  }
}

async function timeUpload(
  program: Program,
  workload: Workload,
  device: GPUDevice,
): Promise<number> {
  // Too small to change what the weights are in as many steps as are timed.
  const inputs = Object.entries(inputsOf(workload, workload.batch, 1e-6));
  return timeTransfers(async () => {
    for (const [name, numbers] of inputs) program.writeInput(name, numbers);
    await device.queue.onSubmittedWorkDone();
  });
}

async function timeReadback(program: Program, device: GPUDevice): Promise<number> {
  const [name] = program.graph.outputs.keys();
  const output = program.outputBuffer(name);
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = device.createBuffer({ size: output.size, usage });
  const ms = await timeTransfers(async () => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(output, 0, staging, 0, output.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    staging.getMappedRange().slice(0);
    staging.unmap();
  });
  staging.destroy();
  return ms;
}

async function timeTransfers(transfer: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < transfers; i++) {
    const start = performance.now();
    await transfer();
    times.push(performance.now() - start);
  }
  return median(times);
}
