import { type NumericArray, roundTrip, type TypedArray } from '../core/dtype';
import { DisposedError, NameError, ShapeError, StateError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { execute } from '../cpu/execute';
import type { Graph, NamedNumbers, TensorType, Value } from '../ir/graph';
import { printGraph } from '../ir/print';
import { formatType } from '../ir/verify';
import { removeDead } from '../passes/remove-dead';
import { checkVariables } from './check-variables';
import { HostProgram } from './host-program';
import { checkLength, checkNames, fetchList, inputNamed, isGpuBuffer } from './inputs';
import type { Inputs, Outputs, Program, RunOptions, Variables } from './program';

/** Variables of the CPU reference, kept in float64. */
export class CpuVariables implements Variables {
  readonly #entries = new Map<string, { type: TensorType; values: Float64Array }>();

  names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  type(name: string): TensorType {
    return this.#entry(name).type;
  }

  create(name: string, type: TensorType, values: NumericArray): void {
    if (!this.#entries.has(name)) {
      this.#entries.set(name, { type, values: new Float64Array(sizeOf(type.shape)) });
    }
    this.set(name, values);
  }

  createTogether(entries: NamedNumbers): void {
    for (const [name, { type, values }] of entries) this.create(name, type, values);
  }

  set(name: string, values: NumericArray): void {
    const entry = this.#entry(name);
    if (values.length !== entry.values.length) {
      throw new ShapeError({
        where: `variable "${name}"`,
        rule: `${formatType(entry.type)} takes ${entry.values.length} numbers`,
        found: String(values.length),
      });
    }
    entry.values = Float64Array.from(values);
  }

  async get(name: string): Promise<TypedArray> {
    const { type, values } = this.#entry(name);
    return roundTrip(type.dtype, values);
  }

  /** The numbers themselves, in float64. */
  values(name: string): Float64Array {
    return this.#entry(name).values;
  }

  delete(name: string): void {
    this.#entry(name);
    this.#entries.delete(name);
  }

  dispose(): void {
    this.#entries.clear();
  }

  #entry(name: string) {
    const entry = this.#entries.get(name);
    if (entry) return entry;
    const remedy = `There are: ${this.names().join(', ') || 'none'}.`;
    throw new NameError({ where: `variable "${name}"`, rule: 'the variable must exist', remedy });
  }
}

/** A graph run by the ops' float64 references: slow, exact, and without a GPU. */
export class CpuProgram extends HostProgram implements Program {
  override readonly backend = 'cpu';
  #disposed = false;

  constructor(
    readonly graph: Graph,
    readonly variables: CpuVariables,
  ) {
    super();
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
    if (this.#disposed)
      throw new DisposedError({ where: 'program', rule: 'it is not used after dispose()' });
    const fetch = fetchList(this.graph, options.fetch);
    for (const inputs of steps) checkNames(this.graph, inputs, shared);
    return steps.map((inputs) => {
      const known = this.#step({ ...shared, ...inputs });
      const entries = fetch.map((name) => {
        const value = this.graph.outputs.get(name) as Value;
        return [name, roundTrip(value.dtype, known.get(value) as Float64Array)];
      });
      return Object.fromEntries(entries);
    });
  }

  describe(): string {
    return printGraph(this.graph);
  }

  dispose(): void {
    this.#disposed = true;
  }

  #step(inputs: Inputs): ReadonlyMap<Value, Float64Array> {
    const numbers = new Map<Value, Float64Array>();
    for (const [name, data] of Object.entries(inputs)) {
      if (isGpuBuffer(data)) {
        throw new StateError({
          where: `input "${name}"`,
          rule: 'the CPU backend takes numbers',
          found: 'a GPUBuffer',
        });
      }
      const value = inputNamed(this.graph, name);
      checkLength(value, data);
      // Through the storage type, so that both backends see the same rounded inputs.
      numbers.set(value, Float64Array.from(roundTrip(value.dtype, data)));
    }
    for (const state of this.graph.states) numbers.set(state, this.variables.values(state.name));
    const known = execute(this.graph, numbers);
    const updated = [...this.graph.updates].map(([state, value]) => [state.name, known.get(value)]);
    for (const [name, values] of updated)
      this.variables.set(name as string, values as Float64Array);
    return known;
  }
}

/** Compiles a graph for the float64 reference. */
export function compileCpu(graph: Graph, variables: CpuVariables): CpuProgram {
  const live = removeDead(graph);
  checkVariables(live, variables);
  return new CpuProgram(live, variables);
}
