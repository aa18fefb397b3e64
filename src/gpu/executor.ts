import { decodeArray, type TypedArray } from '../core/dtype';
import { DisposedError, KernelError, OutOfMemoryError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Plan, PlanBuffer, PlanDispatch } from '../plan/types';
import { bufferId, withErrorScopes, writeBuffer } from './buffers';
import { DeviceWatch } from './device';
import { type CompileProgress, PipelineCache } from './pipelines';
import { Readback, type Staged } from './readback';
import type { GpuVariables } from './variables';

/** What a run's tensors are bound to, by name. What is missing gets a buffer of the executor's own. */
export interface BoundBuffers {
  readonly inputs?: Readonly<Record<string, GPUBuffer>>;
  readonly outputs?: Readonly<Record<string, GPUBuffer>>;
}

/**
 * Where a dispatch, by its step, has the times of its begin and end written: it then begins a pass.
 * Undefined for one that is not timed.
 */
export type TimestampsOf = (step: number) => GPUComputePassTimestampWrites | undefined;

/** Bind groups kept a dispatch for buffers that come from outside; an app rarely rotates more. */
const BIND_GROUPS_KEPT = 16;

/** Carries out a plan on a device. It makes no decisions: every one is in the plan. */
export class Executor {
  readonly #own: (GPUBuffer | undefined)[];
  readonly #inputs = new Map<string, number>();
  readonly #outputs = new Map<string, number>();
  /** For each step, the buffers it binds that may differ from run to run. */
  readonly #outside: readonly (readonly number[])[];
  readonly #bindGroups: Map<string, GPUBindGroup>[];
  #upload?: GPUBuffer;
  #disposed = false;

  private constructor(
    readonly device: GPUDevice,
    readonly plan: Plan,
    readonly pipelines: readonly GPUComputePipeline[],
    private readonly variables: GpuVariables,
    private readonly params: GPUBuffer | undefined,
    constants: (GPUBuffer | undefined)[],
  ) {
    this.#own = constants;
    this.#bindGroups = plan.steps.map(() => new Map());
    const varies = ({ role }: PlanBuffer) => role === 'input' || role === 'output';
    this.#outside = plan.steps.map((step) =>
      step.kind === 'copy'
        ? []
        : step.bindings
            .map(({ buffer }) => buffer)
            .filter((buffer) => varies(plan.buffers[buffer])),
    );
    plan.buffers.forEach(({ role, name }, i) => {
      if (role === 'input') this.#inputs.set(name, i);
      if (role === 'output') this.#outputs.set(name, i);
    });
    Readback.of(device).hold();
  }

  static async create(
    device: GPUDevice,
    plan: Plan,
    variables: GpuVariables,
    progress?: CompileProgress,
  ): Promise<Executor> {
    const watch = DeviceWatch.of(device);
    watch.check('compile');
    const pipelines = PipelineCache.of(device).getAll(plan.pipelines, progress);
    const made: GPUBuffer[] = [];
    const create = (label: string, size: number, usage: number) => {
      const buffer = device.createBuffer({ label, size, usage });
      made.push(buffer);
      return buffer;
    };
    try {
      const allocated = withErrorScopes(
        device,
        () => {
          const buffers = plan.buffers.map((buffer) => {
            if (buffer.role !== 'scratch' && buffer.role !== 'constant') return undefined;
            const gpuBuffer = create(buffer.name, buffer.bytes, STORAGE_USAGE);
            if (buffer.data) writeBuffer(device, gpuBuffer, 0, buffer.data);
            return gpuBuffer;
          });
          if (!plan.params.length) return { buffers, params: undefined };
          const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
          const params = create('params', plan.params.length, usage);
          writeBuffer(device, params, 0, plan.params);
          return { buffers, params };
        },
        (error) => gpuError('compile', error, plan.peakBytes),
      );
      const work = Promise.all([pipelines, allocated]);
      const [ready, { buffers, params }] = await watch.guard('compile', work);
      return new Executor(device, plan, ready, variables, params, buffers);
    } catch (error) {
      for (const buffer of made) buffer.destroy();
      throw error;
    }
  }

  /** Records one run into the caller's encoder. Nothing is submitted. */
  encode(encoder: GPUCommandEncoder, bound: BoundBuffers = {}, timestampsOf?: TimestampsOf): void {
    this.#checkAlive();
    DeviceWatch.of(this.device).check('encode');
    const buffers = this.#resolve(bound);
    let pass: GPUComputePassEncoder | undefined;
    let pipeline = -1;
    this.plan.steps.forEach((step, index) => {
      if (step.kind === 'copy') {
        pass?.end();
        pass = undefined;
        const { from, to } = step;
        const [source, target] = [buffers[from.buffer], buffers[to.buffer]];
        encoder.copyBufferToBuffer(source, from.offset, target, to.offset, from.bytes);
        return;
      }
      const timestampWrites = timestampsOf?.(index);
      if (timestampWrites) pass?.end();
      if (!pass || timestampWrites) {
        pass = encoder.beginComputePass({ timestampWrites });
        pipeline = -1;
      }
      if (pipeline !== step.pipeline) {
        pipeline = step.pipeline;
        pass.setPipeline(this.pipelines[pipeline]);
      }
      pass.setBindGroup(0, this.#bindGroup(step, index, buffers));
      pass.dispatchWorkgroups(...step.workgroups);
    });
    pass?.end();
  }

  /**
   * Runs once for each entry of `steps`, all in one submit; answers the fetched outputs of each.
   * Inputs in `bound` stay the same for all of them.
   */
  async run(
    steps: readonly Readonly<Record<string, TypedArray>>[],
    bound: BoundBuffers,
    fetch: readonly string[],
  ): Promise<Record<string, TypedArray>[]> {
    this.#checkAlive();
    const watch = DeviceWatch.of(this.device);
    watch.check('run');
    const readback = Readback.of(this.device);
    const fetched = fetch.map((name) => this.#buffer(this.#outputs, name));
    const stepBytes = fetched.reduce((sum, { bytes }) => sum + bytes, 0);
    const staged = stepBytes ? readback.stage(stepBytes * steps.length) : undefined;
    try {
      await withErrorScopes(
        this.device,
        () => this.#submit(steps, bound, fetched, staged),
        (error) => gpuError('run', error, this.plan.peakBytes),
      );
      watch.check('run');
    } catch (error) {
      if (staged) readback.discard(staged);
      throw error;
    }
    if (!staged) return steps.map(() => ({}));
    const bytes = await readback.finish(staged, 'run');
    return this.#unpack(bytes, steps.length, fetch);
  }

  /** The executor's own buffer of an output, made when first asked for. */
  outputBuffer(name: string): GPUBuffer {
    this.#checkAlive();
    return this.#ownBuffer(this.#outputs.get(name) as number);
  }

  writeInput(name: string, data: TypedArray): void {
    this.#checkAlive();
    writeBuffer(this.device, this.#inputBuffer(name), 0, data);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    Readback.of(this.device).release();
    for (const buffer of this.#own) buffer?.destroy();
    this.params?.destroy();
    this.#upload?.destroy();
    for (const groups of this.#bindGroups) groups.clear();
  }

  #submit(
    steps: readonly Readonly<Record<string, TypedArray>>[],
    bound: BoundBuffers,
    fetched: readonly PlanBuffer[],
    staged: Staged | undefined,
  ): void {
    const { device } = this;
    const encoder = device.createCommandEncoder({ label: 'run' });
    const copies = this.#uploadSteps(steps);
    let offset = 0;
    steps.forEach((_, k) => {
      for (const { target, offset: from, bytes } of copies[k]) {
        encoder.copyBufferToBuffer(this.#upload as GPUBuffer, from, target, 0, bytes);
      }
      this.encode(encoder, bound);
      for (const { name, bytes } of fetched) {
        const source = bound.outputs?.[name] ?? this.outputBuffer(name);
        encoder.copyBufferToBuffer(source, 0, (staged as Staged).staging, offset, bytes);
        offset += bytes;
      }
    });
    device.queue.submit([encoder.finish()]);
  }

  /** One step's inputs go straight to their buffers; several steps' through one upload buffer. */
  #uploadSteps(steps: readonly Readonly<Record<string, TypedArray>>[]) {
    const copies = steps.map((): { target: GPUBuffer; offset: number; bytes: number }[] => []);
    if (steps.length === 1) {
      for (const [name, data] of Object.entries(steps[0])) {
        writeBuffer(this.device, this.#inputBuffer(name), 0, data);
      }
      return copies;
    }
    let offset = 0;
    const writes: { offset: number; data: TypedArray }[] = [];
    steps.forEach((inputs, k) => {
      for (const [name, data] of Object.entries(inputs)) {
        const bytes = Math.ceil(data.byteLength / 4) * 4;
        copies[k].push({ target: this.#inputBuffer(name), offset, bytes });
        writes.push({ offset, data });
        offset += bytes;
      }
    });
    if (!this.#upload || this.#upload.size < offset) {
      this.#upload?.destroy();
      const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      this.#upload = this.device.createBuffer({
        label: 'upload',
        size: Math.max(4, offset),
        usage,
      });
    }
    for (const { offset: at, data } of writes) writeBuffer(this.device, this.#upload, at, data);
    return copies;
  }

  #unpack(
    bytes: ArrayBuffer,
    steps: number,
    fetch: readonly string[],
  ): Record<string, TypedArray>[] {
    let offset = 0;
    return Array.from({ length: steps }, () => {
      const entries = fetch.map((name) => {
        const { type, bytes: size } = this.#buffer(this.#outputs, name);
        const { dtype, shape } = type as NonNullable<PlanBuffer['type']>;
        const data = decodeArray(dtype, bytes.slice(offset, offset + size), sizeOf(shape));
        offset += size;
        return [name, data] as const;
      });
      return Object.fromEntries(entries);
    });
  }

  #buffer(names: ReadonlyMap<string, number>, name: string): PlanBuffer {
    return this.plan.buffers[names.get(name) as number];
  }

  #resolve(bound: BoundBuffers): GPUBuffer[] {
    return this.plan.buffers.map(({ role, name }, i) => {
      if (role === 'state') return this.variables.binding(name).buffer;
      const outside = role === 'input' ? bound.inputs?.[name] : bound.outputs?.[name];
      return (role === 'input' || role === 'output') && outside ? outside : this.#ownBuffer(i);
    });
  }

  #inputBuffer(name: string): GPUBuffer {
    return this.#ownBuffer(this.#inputs.get(name) as number);
  }

  #ownBuffer(index: number): GPUBuffer {
    let buffer = this.#own[index];
    if (!buffer) {
      const { name, bytes } = this.plan.buffers[index];
      buffer = this.device.createBuffer({ label: name, size: bytes, usage: STORAGE_USAGE });
      this.#own[index] = buffer;
    }
    return buffer;
  }

  /** Made once; again only where a dispatch touches buffers that differ from run to run. */
  #bindGroup(step: PlanDispatch, index: number, buffers: readonly GPUBuffer[]): GPUBindGroup {
    const groups = this.#bindGroups[index];
    const key = this.#outside[index].map((buffer) => bufferId(buffers[buffer])).join();
    let group = groups.get(key);
    if (!group) {
      const entries: GPUBindGroupEntry[] = step.bindings.map(({ buffer, offset, bytes }, i) => ({
        binding: i + 1,
        resource: { buffer: buffers[buffer], offset, size: bytes },
      }));
      if (step.params) {
        const { offset, bytes } = step.params;
        const resource = { buffer: this.params as GPUBuffer, offset, size: bytes };
        entries.unshift({ binding: 0, resource });
      }
      const layout = PipelineCache.of(this.device).layout(this.plan.pipelines[step.pipeline]);
      group = this.device.createBindGroup({ label: step.node, layout, entries });
      if (groups.size >= BIND_GROUPS_KEPT) groups.clear();
      groups.set(key, group);
    }
    return group;
  }

  #checkAlive(): void {
    if (!this.#disposed) return;
    throw new DisposedError({ where: 'program', rule: 'it is not used after dispose()' });
  }
}

const STORAGE_USAGE =
  (globalThis.GPUBufferUsage?.STORAGE ?? 0x80) |
  (globalThis.GPUBufferUsage?.COPY_SRC ?? 0x4) |
  (globalThis.GPUBufferUsage?.COPY_DST ?? 0x8);

function gpuError(where: string, error: GPUError, peakBytes: number): Error {
  if (error.constructor.name === 'GPUOutOfMemoryError') {
    return new OutOfMemoryError({
      where,
      rule: 'the device must have room for the plan',
      found: `out of memory with a planned peak of ${peakBytes} bytes: ${error.message}`,
      remedy: 'Use a smaller batch, or dispose of programs that are no longer needed.',
    });
  }
  return new KernelError({ where, rule: 'the GPU must accept every call', found: error.message });
}
