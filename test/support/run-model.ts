// Runs a model on the CPU reference, in float64.
import { execute } from '../../src/cpu/execute';
import type { Value } from '../../src/ir/graph';
import type { BuildOptions } from '../../src/model/build';
import type { Model } from '../../src/model/model';
import type { ModelState } from '../../src/model/state';
import { buildTrainable } from '../../src/train/build';

export interface ModelRun {
  /** Outputs by name. */
  readonly outputs: Record<string, number[]>;
  /** States after the run, by name: those that the graph updates. */
  readonly updates: Record<string, number[]>;
}

/** One run of `model` from `state`; inputs by name, or the only one. */
export function runModel(
  model: Model,
  state: ModelState,
  inputs: readonly number[] | Record<string, readonly number[]>,
  options: BuildOptions,
): ModelRun {
  const { graph } = buildTrainable(model, options);
  const given = (name: string) =>
    Array.isArray(inputs) ? inputs : (inputs as Record<string, readonly number[]>)[name];
  const numbers = new Map<Value, Float64Array>();
  for (const value of graph.inputs) numbers.set(value, Float64Array.from(given(value.name)));
  for (const value of graph.states) numbers.set(value, Float64Array.from(state.get(value.name)));
  const known = execute(graph, numbers);
  const list = (value: Value) => [...(known.get(value) as Float64Array)];
  return {
    outputs: Object.fromEntries([...graph.outputs].map(([name, value]) => [name, list(value)])),
    updates: Object.fromEntries([...graph.updates].map(([{ name }, value]) => [name, list(value)])),
  };
}
