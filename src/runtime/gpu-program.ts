import { bytesOf, encodeArray, type NumericArray, type TypedArray } from '../core/dtype';
import { StateError } from '../core/errors';
import type { BoundBuffers, Executor, TimestampsOf } from '../gpu/executor';
import type { GpuVariables } from '../gpu/variables';
import type { Graph, Value } from '../ir/graph';
import { describePlan } from '../plan/describe';
import type { BufferRole, Plan } from '../plan/types';
import { checkLength, checkNames, fetchList, inputNamed, isGpuBuffer, unknownName } from './inputs';
import type { EncodeBindings, Inputs, Outputs, Program, RunOptions } from './program';

/** A graph planned for and compiled on a GPU device. */
export class GpuProgram implements Program {
  readonly backend = 'gpu';
  /** Names of the inputs that the plan copies, and of the states that it writes. */
  readonly #copied: ReadonlySet<string>;
  readonly #written: ReadonlySet<string>;

  /** Version of the variables that the prologue has seen; none yet. */
  #prepared = -1;
  /** What the prologue computed, as inputs of the rest. */
  readonly #prologueOutputs: Readonly<Record<string, GPUBuffer>>;

  constructor(
    readonly graph: Graph,
    readonly variables: GpuVariables,
    private readonly executor: Executor,
    /** Computes what depends on variables only: folded weights. Run where these have changed. */
    private readonly prologue?: Executor,
  ) {
    const { plan } = executor;
    const crossing = prologue?.plan.buffers.filter(({ role }) => role === 'output') ?? [];
    this.#prologueOutputs = Object.fromEntries(
      crossing.map(({ name }) => [name, (prologue as Executor).outputBuffer(name)]),
    );
    const copies = plan.steps.flatMap((step) => (step.kind === 'copy' ? [step.from.buffer] : []));
    const writes = plan.steps.flatMap((step) =>
      step.kind === 'copy'
        ? [step.to.buffer]
        : step.bindings.flatMap(({ buffer, access }) => (access === 'write' ? [buffer] : [])),
    );
    const named = (buffers: readonly number[], role: BufferRole) =>
      new Set(buffers.map((i) => plan.buffers[i]).flatMap((b) => (b.role === role ? b.name : [])));
    this.#copied = named(copies, 'input');
    this.#written = named(writes, 'state');
  }

  get plan(): Plan {
    return this.executor.plan;
  }

  async prepare(): Promise<void> {
    const { version } = this.variables;
    if (!this.prologue || this.#prepared === version) return;
    this.#prepared = version;
    try {
      await this.prologue.run([{}], {}, []);
    } catch (error) {
      this.#prepared = -1;
      throw error;
    }
  }

  async run(inputs: Inputs, options: RunOptions = {}): Promise<Outputs> {
    const [outputs] = await this.runSteps([inputs], {}, options);
    return outputs;
  }

  async runSteps(
    steps: readonly Inputs[],
    shared: Inputs = {},
    options: RunOptions = {},
  ): Promise<Outputs[]> {
    const fetch = fetchList(this.graph, options.fetch);
    for (const inputs of steps) checkNames(this.graph, inputs, shared);
    if (!steps.length) return [];
    const bound = new Map<string, GPUBuffer>();
    const numbersOf = (inputs: Inputs): Record<string, TypedArray> => {
      const numbers: Record<string, TypedArray> = {};
      for (const [name, data] of Object.entries(inputs)) {
        const value = inputNamed(this.graph, name);
        if (!isGpuBuffer(data)) {
          checkLength(value, data);
          numbers[name] = encodeArray(value.dtype, data);
          continue;
        }
        if (inputs !== shared && steps.length > 1) {
          throw new StateError({
            where: `input "${name}"`,
            rule: 'a GPUBuffer in runSteps() is shared by all steps',
            remedy: 'Give it in the second argument.',
          });
        }
        bound.set(name, this.#checkBuffer('input', value, name, data));
      }
      return numbers;
    };
    const common = numbersOf(shared);
    const numbers = steps.map((inputs, i) => ({
      ...(i === 0 ? common : {}),
      ...numbersOf(inputs),
    }));
    const inputs = Object.fromEntries(bound);
    this.#checkAliases({ inputs });
    // Both submit at once: when this returns its promise, the run is in the queue.
    const prepared = this.prepare();
    this.#touch();
    const bindings = { inputs: { ...inputs, ...this.#prologueOutputs } };
    const [outputs] = await Promise.all([this.executor.run(numbers, bindings, fetch), prepared]);
    return outputs;
  }

  /** With `timestampsOf` the caller submits at once. */
  encode(
    encoder: GPUCommandEncoder,
    { inputs = {}, outputs = {} }: EncodeBindings = {},
    timestampsOf?: TimestampsOf,
  ): void {
    const names = this.graph.inputs.map(({ name }) => name);
    for (const [name, buffer] of Object.entries(inputs)) {
      if (!names.includes(name)) throw unknownName('input', name, names);
      this.#checkBuffer('input', inputNamed(this.graph, name), name, buffer);
    }
    for (const [name, buffer] of Object.entries(outputs)) {
      const value = this.graph.outputs.get(name);
      if (!value) throw unknownName('output', name, [...this.graph.outputs.keys()]);
      this.#checkBuffer('output', value, name, buffer);
    }
    this.#checkAliases({ inputs, outputs });
    // The app may never submit this encoder: what is recorded here prepares this run alone.
    if (this.#prepared !== this.variables.version) this.prologue?.encode(encoder);
    this.#touch(!timestampsOf);
    const bindings = { inputs: { ...inputs, ...this.#prologueOutputs }, outputs };
    this.executor.encode(encoder, bindings, timestampsOf);
  }

  writeInput(name: string, data: NumericArray): void {
    const names = this.graph.inputs.map((value) => value.name);
    if (!names.includes(name)) throw unknownName('input', name, names);
    const value = inputNamed(this.graph, name);
    checkLength(value, data);
    this.executor.writeInput(name, encodeArray(value.dtype, data));
  }

  outputBuffer(name: string): GPUBuffer {
    const names = [...this.graph.outputs.keys()];
    if (!names.includes(name)) throw unknownName('output', name, names);
    return this.executor.outputBuffer(name);
  }

  describe(): string {
    const parts = [this.prologue, this.executor].flatMap((part) => part?.plan ?? []);
    return parts.map(describePlan).join('\n');
  }

  dispose(): void {
    this.executor.dispose();
    this.prologue?.dispose();
  }

  /** A run that changes variables makes what other programs have prepared out of date. */
  #touch(recorded = false): void {
    if (this.graph.updates.size) this.variables.touch(recorded);
  }

  /** What a run writes may be bound to nothing else in it. */
  #checkAliases({ inputs = {}, outputs = {} }: BoundBuffers): void {
    if (!Object.keys(inputs).length && !Object.keys(outputs).length) return;
    const seen = new Map<GPUBuffer, string>();
    const claim = (buffer: GPUBuffer, where: string, writes: boolean) => {
      const other = seen.get(buffer);
      if (other && writes) {
        const rule = 'what a run writes has a buffer of its own';
        throw new StateError({ where, rule, found: `the buffer of ${other}` });
      }
      seen.set(buffer, where);
    };
    for (const [name, buffer] of Object.entries(inputs)) claim(buffer, `input "${name}"`, false);
    for (const { role, name } of this.plan.buffers) {
      if (role !== 'state') continue;
      const { buffer } = this.variables.binding(name);
      claim(buffer, `state "${name}"`, this.#written.has(name));
    }
    for (const name of this.graph.outputs.keys()) {
      claim(outputs[name] ?? this.executor.outputBuffer(name), `output "${name}"`, true);
    }
  }

  #checkBuffer(what: 'input' | 'output', value: Value, name: string, buffer: GPUBuffer): GPUBuffer {
    const where = `${what} "${name}"`;
    const needed = bytesOf(value);
    if (buffer.size < needed) {
      const found = `${buffer.size} bytes`;
      throw new StateError({ where, rule: `its buffer has at least ${needed} bytes`, found });
    }
    const usages: ('STORAGE' | 'COPY_SRC' | 'COPY_DST')[] = ['STORAGE'];
    if (what === 'output') usages.push('COPY_DST');
    else if (this.#copied.has(name)) usages.push('COPY_SRC');
    if (!usages.every((usage) => buffer.usage & GPUBufferUsage[usage])) {
      throw new StateError({
        where,
        rule: `its buffer has usage ${usages.join(' | ')}`,
        found: `0x${buffer.usage.toString(16)}`,
        remedy: 'Create the buffer with these usages.',
      });
    }
    if (buffer.mapState !== 'unmapped') {
      throw new StateError({ where, rule: 'its buffer is not mapped', found: buffer.mapState });
    }
    return buffer;
  }
}
