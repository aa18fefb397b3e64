import { BatchNormError, KernelError } from '../core/errors';
import type { PipelineSpec } from '../plan/types';
import { type ComposedShader, compose } from './compose';

/** Called after each pipeline: how many are ready, of how many. */
export type CompileProgress = (done: number, total: number) => void;

/** Pipelines of one device, made once and shared by all programs on it. */
export class PipelineCache {
  static readonly #caches = new WeakMap<GPUDevice, PipelineCache>();
  readonly #modules = new Map<string, { module: GPUShaderModule; shader: ComposedShader }>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  static of(device: GPUDevice): PipelineCache {
    let cache = PipelineCache.#caches.get(device);
    if (!cache) {
      cache = new PipelineCache(device);
      PipelineCache.#caches.set(device, cache);
    }
    return cache;
  }

  private constructor(readonly device: GPUDevice) {}

  /** Number of distinct pipelines made so far. */
  get size(): number {
    return this.#pipelines.size;
  }

  /** Compiles all at once, without blocking the page. */
  async getAll(
    specs: readonly PipelineSpec[],
    progress?: CompileProgress,
  ): Promise<GPUComputePipeline[]> {
    let done = 0;
    return Promise.all(
      specs.map(async (spec) => {
        const pipeline = await this.get(spec);
        progress?.(++done, specs.length);
        return pipeline;
      }),
    );
  }

  get(spec: PipelineSpec): Promise<GPUComputePipeline> {
    const { key } = spec;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#create(spec);
      this.#pipelines.set(key, pipeline);
      // A failure may be passing (out of memory): the next request tries again.
      pipeline.catch(() => this.#pipelines.delete(key));
    }
    return pipeline;
  }

  /** The bind group layout of a pipeline: its parameters, then its tensors. */
  layout({ hasParams, access }: PipelineSpec): GPUBindGroupLayout {
    const key = `${hasParams} ${access}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entries: GPUBindGroupLayoutEntry[] = access.map((kind, i) => ({
        binding: i + 1,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: kind === 'read' ? 'read-only-storage' : 'storage' },
      }));
      if (hasParams) {
        const buffer: GPUBufferBindingLayout = { type: 'uniform' };
        entries.unshift({ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer });
      }
      layout = this.device.createBindGroupLayout({ label: key, entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  async #create(spec: PipelineSpec): Promise<GPUComputePipeline> {
    const { kernel, entry, constants } = spec;
    const { module, shader } = this.#module(spec);
    const label = entry === 'main' ? kernel.name : `${kernel.name}.${entry}`;
    try {
      return await this.device.createComputePipelineAsync({
        label,
        layout: this.device.createPipelineLayout({
          label,
          bindGroupLayouts: [this.layout(spec)],
        }),
        compute: { module, entryPoint: entry, constants: { ...constants } },
      });
    } catch (error) {
      if (error instanceof BatchNormError) throw error;
      const messages = await compilationMessages(module, shader);
      throw new KernelError(
        {
          where: `kernel "${label}"`,
          rule: 'it must compile on this device',
          found: messages || String(error instanceof Error ? error.message : error),
          remedy: 'This is a fault of webgpu-batchnorm: please report it with your adapter.',
        },
        { cause: error },
      );
    }
  }

  #module({ kernel, elem, width }: PipelineSpec) {
    const label = `${kernel.name} ${elem}×${width}`;
    let entry = this.#modules.get(label);
    if (!entry) {
      const shader = compose(kernel, elem, width);
      // The pipeline tells of a module that does not compile: the device need not, too.
      this.device.pushErrorScope('validation');
      const module = this.device.createShaderModule({ label, code: shader.code });
      this.device.popErrorScope().catch(() => {});
      entry = { module, shader };
      this.#modules.set(label, entry);
    }
    return entry;
  }
}

/** Compiler errors with the file and line that the text came from. */
async function compilationMessages(
  module: GPUShaderModule,
  { lines }: ComposedShader,
): Promise<string> {
  const info = await module.getCompilationInfo().catch(() => undefined);
  return (info?.messages ?? [])
    .filter(({ type }) => type === 'error')
    .map(({ lineNum, linePos, message }) => {
      const source = lines[lineNum - 1];
      return `${source ? `${source.file}:${source.line}:${linePos}` : `line ${lineNum}`} ${message}`;
    })
    .join('; ');
}
