import { knownOptions, nonNegativeInteger, oneOf, positiveInteger } from '../core/check';
import type { NumericArray, TypedArray } from '../core/dtype';
import { ArgumentError, DeviceError, DisposedError, ShapeError } from '../core/errors';
import { formatShape, type Shape, sizeOf } from '../core/shape';
import { requestDevice, traitsOf } from '../gpu/device';
import { checkFits, fitsBinding, uploadTensor } from '../gpu/upload';
import { GpuVariables } from '../gpu/variables';
import type { Graph, TensorType } from '../ir/graph';
import { type BuildOptions, buildGraph } from '../model/build';
import { Model } from '../model/model';
import { ModelState } from '../model/state';
import type { TuningRecord } from '../tune/record';
import type { TuneOptions, Tuner } from '../tune/tuner';
import { type CompileOptions, compileGpu } from './compile';
import type { CpuVariables } from './cpu-program';
import { checkExamples, type Examples, zerosFor } from './examples';
import type { Program } from './program';
import { batchStarts, twoInFlight } from './two-in-flight';

export interface NetworkOptions {
  /** The app's device, which stays the app's. Default: one of the network's own. */
  readonly device?: GPUDevice;
  /** Default `gpu`; `cpu` is the float64 reference: exact, slow, and without a GPU. */
  readonly backend?: 'gpu' | 'cpu';
  /** Of the initial weights; default 0. */
  readonly seed?: number;
  /** The numbers to start from; default `model.initialState(seed)`. */
  readonly state?: ModelState;
  /** `f16` stores activations so, where the device has shader-f16. Default f32. */
  readonly storage?: 'f32' | 'f16';
  /** Where to look for an adapter, where no device is given; default `navigator.gpu`. */
  readonly gpu?: GPU;
  /**
   * Which of several kernels computes an op: `true` measures them on the device when a program is
   * compiled, for inference or training; a record, as `net.tuning` gave it, repeats what was measured. Default:
   * a rule by the adapter's traits. Ignored on the CPU.
   */
  readonly tune?: boolean | TuningRecord | TuneOptions;
}

/** How a network's inference program is made. */
export interface ProgramOptions {
  /** Examples in a run; a model without a batch needs none. */
  readonly batch?: number;
  /**
   * Whether batch norms fold into the layers before them, where they can; default true. Without, each is
   * a step of its own, as on the CPU: to see what folding changes.
   */
  readonly fold?: boolean;
  /** Called as kernels are compiled: how many are, of how many. Not where the program is there already. */
  readonly progress?: (done: number, total: number) => void;
}

/** Numbers that came back, and their shape. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** Examples of a batch where a prediction is not told; more are done batch by batch. */
const PREDICT_BATCH = 64;

const NAMES: Readonly<Record<keyof NetworkOptions, true>> = {
  device: true,
  backend: true,
  seed: true,
  state: true,
  storage: true,
  gpu: true,
  tune: true,
};

/**
 * Puts a model and its numbers on a device. Throws, before anything is allocated there, an
 * ArgumentError for options it does not know, a ShapeError or NameError for a `state` that does not
 * fit, a FormatError for a tuning record with something wrong in it, a LimitError for a parameter too
 * large for the device, a DeviceError where there is no device or no f16.
 */
export async function compile(model: Model, options: NetworkOptions = {}): Promise<Network> {
  if (!(model instanceof Model)) {
    throw new ArgumentError({
      where: 'compile',
      rule: 'its first argument is a model',
      found: Array.isArray(model) ? 'an array' : typeof model,
      remedy: 'Make one with sequential() or model().',
    });
  }
  const { backend = 'gpu', storage = 'f32', seed = 0, state, tune = false } = options;
  const where = `model "${model.name}"`;
  knownOptions(options, Object.keys(NAMES), where);
  oneOf(backend, ['gpu', 'cpu'], where, 'backend');
  oneOf(storage, ['f32', 'f16'], where, 'storage');
  nonNegativeInteger(seed, where, 'seed');
  if (state) checkState(model, state);
  const start = () => state ?? model.initialState(seed);
  // Only with the pages that tune.
  const tuning = tune === false ? undefined : await import('../tune/tuner');
  const told = tuning?.parseTune(tune, where);
  const ops = storage === 'f16' ? await forHalves() : {};
  if (backend === 'cpu') {
    const { CpuVariables } = await cpuReference();
    return new Network(model, new CpuVariables(), storage, ops, start());
  }
  const device = options.device ?? (await requestDevice({ gpu: options.gpu }));
  const own = options.device ? undefined : device;
  try {
    if (storage === 'f16' && !traitsOf(device).f16) {
      throw new DeviceError({
        where,
        rule: 'storage f16 needs a device with the feature shader-f16',
        remedy: 'Request the feature, or use f32.',
      });
    }
    for (const { name, type } of model.stateInfo()) checkFits(device, `parameter "${name}"`, type);
    const tuner = told && tuning && new tuning.Tuner(device, told);
    return new Network(model, new GpuVariables(device), storage, ops, start(), own, tuner);
  } catch (error) {
    own?.destroy();
    throw error;
  }
}

/** Only with the pages that ask for it. */
const cpuReference = () => import('./cpu-program');
const forHalves = async () => ({ cast: (await import('../ops/cast')).castOp });

/** A model with numbers, on a GPU or on the CPU reference. Made by {@link compile}. */
export class Network {
  readonly backend: 'gpu' | 'cpu';
  /** The device it is on; undefined on the CPU. */
  readonly device?: GPUDevice;
  /** By batch size and folding. */
  readonly #programs = new Map<string, Promise<Program>>();
  #disposed = false;

  /** @internal Use {@link compile}. */
  constructor(
    readonly model: Model,
    /** Its parameters and statistics by name, and what training remembers. */
    readonly variables: GpuVariables | CpuVariables,
    readonly storage: 'f32' | 'f16',
    private readonly ops: BuildOptions['ops'],
    state: ModelState,
    private readonly ownDevice?: GPUDevice,
    private readonly tuner?: Tuner,
  ) {
    this.backend = variables instanceof GpuVariables ? 'gpu' : 'cpu';
    if (variables instanceof GpuVariables) this.device = variables.device;
    const learned = model.stateInfo().filter(({ trainable }) => trainable);
    const names = new Set(learned.map(({ name }) => name));
    variables.createTogether([...state].filter(([name]) => names.has(name)));
    for (const [name, { type, values }] of state) {
      if (!names.has(name)) variables.create(name, type, values);
    }
  }

  /**
   * What has been measured for this adapter, or was given as `tune` and is about it: to be saved as JSON, and
   * given to `compile` as `tune`. It grows with each program that is compiled. Undefined without `tune`.
   */
  get tuning(): TuningRecord | undefined {
    return this.tuner?.record;
  }

  /**
   * The inference program for batches of `batch` examples, made once for each batch size (a model
   * without a batch needs none). It sees every later change of the numbers. On a GPU its `encode`
   * records into the app's encoder.
   */
  program(options: ProgramOptions = {}): Promise<Program> {
    const { fold = true, progress } = options;
    const asked = this.model.batched ? options.batch : 1;
    const batch = positiveInteger(asked as number, `model "${this.model.name}"`, 'batch');
    const key = `${batch} ${fold}`;
    let program = this.#programs.get(key);
    if (!program) {
      const { storage, ops } = this;
      const { graph } = buildGraph(this.model, { batch, storage, ops });
      program = this.compileGraph(graph, { fold, progress });
      this.#programs.set(key, program);
      program.catch(() => this.#programs.delete(key));
    }
    return program;
  }

  /** Compiles another graph on the network's variables; the caller disposes of the program. */
  async compileGraph(
    graph: Graph,
    options: Pick<CompileOptions, 'progress' | 'rewrite' | 'arrange' | 'fold'> = {},
  ): Promise<Program> {
    this.checkAlive();
    const { variables } = this;
    return variables instanceof GpuVariables
      ? compileGpu(graph, variables, { ...options, tuner: this.tuner })
      : (await cpuReference()).compileCpu(graph, variables);
  }

  /**
   * The output for `x`, of a model with several outputs the first. `batch` is how many examples are
   * done at a time. Tensors without a batch are given and come out in their own shape. Throws a DataError or {@link ShapeError} for what are no examples of the model's inputs.
   */
  async predict(x: Examples, options: { readonly batch?: number } = {}): Promise<Tensor> {
    const [{ name }] = this.model.outputs;
    return (await this.predictAll(x, options))[name];
  }

  /** All outputs by name; otherwise as `predict`. */
  async predictAll(
    x: Examples,
    options: { readonly batch?: number } = {},
  ): Promise<Record<string, Tensor>> {
    const { count, columns } = checkExamples(this.model, x);
    const batch = options.batch ?? Math.min(PREDICT_BATCH, 2 ** Math.ceil(Math.log2(count)));
    const program = await this.program({ batch });
    const outputs = this.model.outputs.map(({ name, tensor }) => {
      const { shape } = tensor.typeFor(count);
      return { name, tensor, shape, data: zerosFor(tensor, sizeOf(shape)) };
    });
    const chunk = async (start: number) => {
      const numbers = columns.map(({ name, tensor, data }) => {
        if (!tensor.batched) return [name, data] as const;
        const size = sizeOf(tensor.shape);
        const padded = zerosFor(tensor, batch * size);
        const end = Math.min(data.length, (start + batch) * size);
        for (let i = start * size; i < end; i++) padded[i - start * size] = data[i];
        return [name, padded] as const;
      });
      const got = await program.run(Object.fromEntries(numbers));
      for (const { name, tensor, data } of outputs) {
        const at = tensor.batched ? start * sizeOf(tensor.shape) : 0;
        data.set(got[name].subarray(0, data.length - at), at);
      }
    };
    await twoInFlight(batchStarts(count, batch), chunk);
    return Object.fromEntries(outputs.map(({ name, shape, data }) => [name, { shape, data }]));
  }

  /** A copy of all numbers of the model. */
  async getState(): Promise<ModelState> {
    const names = this.model.stateInfo().map(({ name, type }) => ({ name, type }));
    const values = await Promise.all(names.map(({ name }) => this.variables.get(name)));
    return new ModelState(names.map(({ name, type }, i) => [name, { type, values: values[i] }]));
  }

  /** Sets all numbers of the model. Throws before anything is set if a tensor does not fit. */
  setState(state: ModelState): void {
    checkState(this.model, state);
    for (const { name } of this.model.stateInfo()) this.variables.set(name, state.get(name));
  }

  /** Whether a tensor of this type can be a program's input in one piece. */
  fits(type: TensorType): boolean {
    return !this.device || fitsBinding(this.device, type);
  }

  /** A tensor in a buffer of its own on the network's device. The caller destroys it. */
  async upload(name: string, type: TensorType, values: NumericArray): Promise<GPUBuffer> {
    this.checkAlive();
    if (this.device) return uploadTensor(this.device, name, type, values);
    throw new DeviceError({ where: `tensor "${name}"`, rule: 'only a GPU has buffers' });
  }

  /** Gives back programs, variables and, if it is the network's own, the device. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const program of this.#programs.values()) {
      program.then(
        (made) => made.dispose(),
        () => {},
      );
    }
    this.#programs.clear();
    this.variables.dispose();
    this.ownDevice?.destroy();
  }

  /** Throws a DisposedError after `dispose()`. */
  checkAlive(): void {
    if (!this.#disposed) return;
    const where = `model "${this.model.name}"`;
    throw new DisposedError({ where, rule: 'it is not used after dispose()' });
  }
}

/** Throws an ArgumentError unless `net` is a {@link Network}. */
export function checkNetwork(net: Network, where: string): void {
  if (net instanceof Network) return;
  throw new ArgumentError({
    where,
    rule: 'its first argument is a network',
    found: (net as unknown) instanceof Model ? 'a model' : typeof net,
    remedy: 'Make one with: await compile(model).',
  });
}

/** Throws unless `state` has each tensor of the model in its type. */
function checkState(model: Model, state: ModelState): void {
  if (!(state instanceof ModelState)) {
    throw new ArgumentError({
      where: `model "${model.name}"`,
      rule: 'a state is a ModelState',
      found: typeof state,
      remedy: 'Change the numbers of model.initialState(), or make one from named tensors.',
    });
  }
  for (const { name, type } of model.stateInfo()) {
    const given = state.type(name);
    if (given.dtype === type.dtype && formatShape(given.shape) === formatShape(type.shape))
      continue;
    throw new ShapeError({
      where: `state "${name}"`,
      rule: `the model has it as ${type.dtype}${formatShape(type.shape)}`,
      found: `${given.dtype}${formatShape(given.shape)}`,
    });
  }
}
