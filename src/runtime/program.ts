import type { NumericArray, TypedArray } from '../core/dtype';
import type { Graph, NamedNumbers, TensorType } from '../ir/graph';

/** Numbers, or a buffer on the program's device that already holds them. */
export type InputData = NumericArray | GPUBuffer;
export type Inputs = Readonly<Record<string, InputData>>;
export type Outputs = Record<string, TypedArray>;

export interface RunOptions {
  /** Outputs to read back; default all. `[]` reads nothing and does not wait for the device. */
  readonly fetch?: readonly string[];
}

/** Named tensors kept from run to run: parameters, running statistics, optimiser state. */
export interface Variables {
  names(): string[];
  has(name: string): boolean;
  type(name: string): TensorType;
  /** Makes a variable, or sets it where it is already there. */
  create(name: string, type: TensorType, values: NumericArray): void;
  /** As `create`, for variables that one dispatch may update together. */
  createTogether(entries: NamedNumbers): void;
  set(name: string, values: NumericArray): void;
  get(name: string): Promise<TypedArray>;
  /** Takes the variable away. Programs that use it must not run any more. */
  delete(name: string): void;
  dispose(): void;
}

/** Buffers of an app that a program reads from and writes to. */
export interface EncodeBindings {
  /** Inputs: buffers with usage STORAGE (and COPY_SRC where `describe()` shows a copy). */
  readonly inputs?: Readonly<Record<string, GPUBuffer>>;
  /** Outputs: buffers with usage STORAGE | COPY_DST. Missing ones go to `program.outputBuffer(name)`. */
  readonly outputs?: Readonly<Record<string, GPUBuffer>>;
}

/** A compiled graph: inputs in, outputs out, states updated. The same face on GPU and CPU. */
export interface Program {
  readonly backend: 'gpu' | 'cpu';
  readonly graph: Graph;
  readonly variables: Variables;
  /** Runs once. */
  run(inputs: Inputs, options?: RunOptions): Promise<Outputs>;
  /** Runs once for each element of `steps`, in one submit, with `shared` inputs common to all. */
  runSteps(steps: readonly Inputs[], shared?: Inputs, options?: RunOptions): Promise<Outputs[]>;
  /**
   * Records one run into the app's encoder, reading and writing the app's buffers in place. Nothing
   * is submitted and nothing is read back. Inputs left out are those last given to `writeInput`.
   * Folded weights are those of the variables when this is called: record inference after the training
   * that it should see. A DeviceError on the CPU.
   */
  encode(encoder: GPUCommandEncoder, bindings?: EncodeBindings): void;
  /**
   * Brings up to date what depends on variables only (folded weights), with a submit of its own. Runs
   * do so by themselves; `encode` records it each time until this has been called.
   */
  prepare(): Promise<void>;
  /** Sets an input's own buffer, for `encode` calls that leave the input out. */
  writeInput(name: string, data: NumericArray): void;
  /** Where an output is after a run that did not bind it: STORAGE | COPY_SRC | COPY_DST. */
  outputBuffer(name: string): GPUBuffer;
  /** The plan (GPU) or the graph (CPU) as text. */
  describe(): string;
  /** Gives back what the program holds. Variables and the device are left alone. */
  dispose(): void;
}
