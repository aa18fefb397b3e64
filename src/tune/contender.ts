// A lowering of one op by itself on the device: it is run, looked at, and timed.
import type { TypedArray } from '../core/dtype';
import { KernelError, LimitError, OutOfMemoryError } from '../core/errors';
import { Random } from '../core/random';
import { sizeOf } from '../core/shape';
import { planLimitsOf, traitsOf } from '../gpu/device';
import { Executor } from '../gpu/executor';
import { uploadTensor } from '../gpu/upload';
import type { GpuVariables } from '../gpu/variables';
import { GraphBuilder } from '../ir/builder';
import type { Graph, Node, Value } from '../ir/graph';
import type { Lowering } from '../ir/op';
import { plan } from '../plan/plan';
import type { Clock } from './clock';

/** A node alone, with its inputs as the graph's. */
export function graphOf(node: Node): Graph {
  const g = new GraphBuilder();
  const known = new Map<Value, Value>();
  for (const value of node.inputs) {
    if (!known.has(value)) known.set(value, g.input(`in${known.size}`, value));
  }
  const inputs = node.inputs.map((value) => known.get(value) as Value);
  g.apply(node.op, inputs, node.attrs).forEach((value, i) => {
    g.output(`out${i}`, value);
  });
  return g.build();
}

/** Numbers drawn before they repeat: drawing millions takes seconds. */
const DRAWN = 65521;

/** Buffers with numbers that no op objects to: from 0.5 to 1.5, and 0 where they are integers. */
export async function uploadInputs(
  device: GPUDevice,
  { inputs }: Graph,
): Promise<Record<string, GPUBuffer>> {
  const random = new Random(1);
  const drawn = Float32Array.from({ length: DRAWN }, () => 0.5 + random.uniform());
  const made: Record<string, GPUBuffer> = {};
  try {
    for (const { name, dtype, shape } of inputs) {
      const count = sizeOf(shape);
      const numbers = dtype === 'i32' ? new Int32Array(count) : new Float32Array(count);
      if (dtype !== 'i32')
        numbers.forEach((_, i) => {
          numbers[i] = drawn[i % DRAWN];
        });
      made[name] = await uploadTensor(device, name, { dtype, shape }, numbers);
    }
    return made;
  } catch (error) {
    destroyAll(made);
    throw error;
  }
}

export function destroyAll(buffers: Readonly<Record<string, GPUBuffer>>): void {
  for (const buffer of Object.values(buffers)) buffer.destroy();
}

/** Undefined for what the device can not hold or does not compile: such a lowering is none of its. */
export async function unlessUnfit<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof LimitError || error instanceof OutOfMemoryError) return undefined;
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

/** Runs that a sample has at most. */
const MAX_RUNS = 1024;
/** The shortest of so many counts where a wait for something else would pass for work. */
const LOOKS = 3;

export class Contender {
  private constructor(
    readonly name: string,
    private readonly executor: Executor,
    private readonly inputs: Readonly<Record<string, GPUBuffer>>,
    private readonly outputs: readonly string[],
  ) {}

  static async create(
    graph: Graph,
    lowering: Lowering,
    variables: GpuVariables,
    inputs: Readonly<Record<string, GPUBuffer>>,
  ): Promise<Contender> {
    const { device } = variables;
    const planned = plan(graph, {
      adapter: traitsOf(device),
      limits: planLimitsOf(device),
      choose: () => lowering,
    });
    const executor = await Executor.create(device, planned, variables);
    return new Contender(lowering.name, executor, inputs, [...graph.outputs.keys()]);
  }

  /** The outputs, and milliseconds until they were there. */
  async run(): Promise<{ outputs: TypedArray[]; ms: number }> {
    const start = performance.now();
    const [named] = await this.executor.run([{}], { inputs: this.inputs }, this.outputs);
    return { outputs: this.outputs.map((name) => named[name]), ms: performance.now() - start };
  }

  /** How many runs make a sample. */
  async calibrate(clock: Clock): Promise<number> {
    for (let runs = 1; ; runs = Math.min(MAX_RUNS, 4 * runs)) {
      const times: number[] = [];
      for (let i = 0; i < LOOKS; i++) times.push(runs * (await this.sample(clock, runs)));
      const ms = Math.min(...times);
      if (ms > clock.sampleMs / 8)
        return Math.min(MAX_RUNS, Math.ceil((runs * clock.sampleMs) / ms));
      if (runs === MAX_RUNS) return runs;
    }
  }

  /** Milliseconds a run, of `runs` in one submit. */
  async sample(clock: Clock, runs: number): Promise<number> {
    const kinds = this.executor.plan.steps.map(({ kind }) => kind);
    const [begin, end] = [kinds.indexOf('dispatch'), kinds.lastIndexOf('dispatch')];
    const ms = await clock.time((encoder, first, last) => {
      for (let run = 0; run < runs; run++) {
        this.executor.encode(encoder, { inputs: this.inputs }, (step) => {
          const begins = step === begin && run === 0 ? first : undefined;
          const ends = step === end && run === runs - 1 ? last : undefined;
          return (begins || ends) && ({ ...begins, ...ends } as typeof first);
        });
      }
    });
    return ms / runs;
  }

  dispose(): void {
    this.executor.dispose();
  }
}
