import type { GpuVariables } from '../gpu/variables';
import type { Graph } from '../ir/graph';
import { printGraph } from '../ir/print';
import { split } from '../passes/split';
import { type CompileOptions, compileGpu } from './compile';
import type { GpuProgram } from './gpu-program';
import { HostProgram } from './host-program';
import { checkNames, fetchList } from './inputs';
import type { Inputs, Outputs, Program, RunOptions } from './program';

/**
 * Compiles a graph so that its first `count` nodes run on the CPU reference and the rest on the
 * GPU. A kernel that goes wrong is found in log₂(nodes) runs: the answer changes where it passes
 * from one half to the other. Slow; for finding faults.
 */
export async function compileBisected(
  graph: Graph,
  count: number,
  variables: GpuVariables,
  options: CompileOptions = {},
): Promise<Program> {
  const { head, tail } = split(graph, count);
  return new BisectedProgram(graph, head, await compileGpu(tail, variables, options), variables);
}

class BisectedProgram extends HostProgram implements Program {
  override readonly backend = 'gpu';

  constructor(
    readonly graph: Graph,
    private readonly head: Graph,
    private readonly tail: GpuProgram,
    readonly variables: GpuVariables,
  ) {
    super();
  }

  async run(inputs: Inputs, options: RunOptions = {}): Promise<Outputs> {
    checkNames(this.graph, inputs);
    const fetch = fetchList(this.graph, options.fetch);
    const { CpuVariables, compileCpu } = await import('./cpu-program');
    const states = new CpuVariables();
    for (const { name } of this.head.states) {
      states.create(name, this.variables.type(name), await this.variables.get(name));
    }
    const fromHead = await compileCpu(this.head, states).run(inputs);
    const crossing = this.tail.graph.inputs.filter(({ name }) => name in fromHead);
    const passed = crossing.map(({ name }) => [name, fromHead[name]]);
    const tailOutputs = fetch.filter((name) => this.tail.graph.outputs.has(name));
    const tailInputs = { ...inputs, ...Object.fromEntries(passed) };
    const fromTail = await this.tail.run(tailInputs, { fetch: tailOutputs });
    // Only now: the tail, too, reads the states as they were before the run.
    for (const { name } of this.head.updates.keys()) {
      this.variables.set(name, await states.get(name));
    }
    return Object.fromEntries(fetch.map((name) => [name, fromTail[name] ?? fromHead[name]]));
  }

  async runSteps(
    steps: readonly Inputs[],
    shared: Inputs = {},
    options: RunOptions = {},
  ): Promise<Outputs[]> {
    const outputs: Outputs[] = [];
    for (const inputs of steps) outputs.push(await this.run({ ...shared, ...inputs }, options));
    return outputs;
  }

  describe(): string {
    return `on the CPU:\n${printGraph(this.head)}\non the GPU:\n${this.tail.describe()}`;
  }

  dispose(): void {
    this.tail.dispose();
  }
}
