import { oneOf, positiveInteger } from '../core/check';
import { GraphBuilder } from '../ir/builder';
import type { Graph, Value } from '../ir/graph';
import { type Ending, Expander } from './expand';
import { type GivenOps, opGiven } from './given-ops';
import type { SymbolicTensor } from './layer';
import { blendOf, type Statistics } from './layers/batch-norm';
import type { Model } from './model';
import { STEP } from './structure';

export interface BuildOptions {
  /** Examples in a run. */
  readonly batch: number;
  /** Whether batch norms follow their switches, and dropout drops. Default false: inference. */
  readonly training?: boolean;
  /**
   * Ops for training, for `statistics` and for f16: a page that only infers in f32 does without them. See
   * `buildTrainable`.
   */
  readonly ops?: Partial<GivenOps>;
  /** Whether dropout drops; default as `training`. */
  readonly dropout?: boolean;
  /**
   * Which statistics normalise in an inference graph: for all batch norms, or by the layer's name.
   * Default the running ones. Running statistics are never updated there.
   */
  readonly statistics?: Statistics | ((layer: string) => Statistics);
  /** `f16` stores activations so; parameters, statistics and outputs stay f32. Default f32. */
  readonly storage?: 'f32' | 'f16';
  /** A builder to add to; default a new one. */
  readonly g?: GraphBuilder;
  /** The i32 [1] counter that dropout reads. Default the state `step`, incremented by the graph. */
  readonly step?: Value;
  /** Whether the model's outputs are outputs of the graph; default true. */
  readonly outputs?: boolean;
}

/** An output of the model in a graph, f32 (or i32, where the model has it so). */
export interface BuiltOutput {
  readonly name: string;
  readonly value: Value;
  /** What it ends in, where a loss had better start from the logits. */
  readonly activation?: Ending['activation'];
  /** The tensor before that activation, f32. */
  readonly logits?: Value;
}

export interface BuiltModel {
  readonly graph: Graph;
  /** What made it; a caller may go on. */
  readonly g: GraphBuilder;
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: readonly BuiltOutput[];
  /** States that training changes, by name. */
  readonly parameters: ReadonlyMap<string, Value>;
  /** All states that the graph reads, by name; a part of what `initialState()` has. */
  readonly states: ReadonlyMap<string, Value>;
  /** The counter of training steps, where dropout reads it. */
  readonly step?: Value;
  /** What the model's inputs and layers are in the graph. */
  readonly values: ReadonlyMap<SymbolicTensor, Value>;
  /** The layer that a node comes from, by the node's id. */
  readonly layerOf: ReadonlyMap<number, string>;
}

/**
 * Expands a model into a graph for batches of `batch` examples. Inputs and outputs have the model's
 * names; states are `<layer>/<weight>`; nodes are named after their layers. Throws a DataError where a
 * batch norm would take statistics of one value a channel.
 */
export function buildGraph(model: Model, options: BuildOptions): BuiltModel {
  const { batch, training = false, dropout = training, storage = 'f32', ops = {} } = options;
  const where = `model "${model.name}"`;
  positiveInteger(batch, where, 'batch');
  oneOf(storage, ['f32', 'f16'], where, 'storage');
  const g = options.g ?? new GraphBuilder();
  const { statistics } = options;
  let { step } = options;
  const expander = new Expander(g, {
    training,
    ops,
    dropout,
    storage,
    blend: (layer) => {
      const chosen = typeof statistics === 'function' ? statistics(layer) : statistics;
      return blendOf(chosen ?? 'running', where);
    },
    step: () => {
      if (!step) {
        step = g.state(STEP.name, STEP.type);
        g.update(step, g.op(opGiven(ops, 'increment'), [step], {}, 'step'));
      }
      return step;
    },
  });

  const values = new Map<SymbolicTensor, Value>();
  const numbersOf = (tensor: SymbolicTensor) => values.get(tensor) as Value;
  const inputs = new Map<string, Value>();
  for (const { name, tensor } of model.inputs) {
    const value = g.input(name, tensor.typeFor(batch));
    values.set(tensor, value);
    inputs.set(name, value);
  }
  const names = new Map(model.places.map(({ layer, name }) => [layer, name]));
  for (const tensor of model.tensors) {
    const { layer, inputs } = tensor.call;
    const name = names.get(layer) as string;
    const batched = inputs.map((tensor) => tensor.batched);
    values.set(tensor, expander.expand(layer, name, inputs.map(numbersOf), batched));
  }
  expander.finish();
  const outputs = model.outputs.map(({ name, tensor }): BuiltOutput => {
    const value = expander.widen(numbersOf(tensor));
    const ending = expander.endings.get(numbersOf(tensor));
    if (options.outputs ?? true) g.output(name, value);
    return ending
      ? { name, value, activation: ending.activation, logits: expander.widen(ending.logits) }
      : { name, value };
  });
  const graph = g.build();
  const own = step && !options.step ? [[STEP.name, step] as const] : [];
  return {
    graph,
    g,
    inputs,
    outputs,
    parameters: expander.parameters,
    states: new Map([...expander.states, ...own]),
    ...(step && { step }),
    values,
    layerOf: layersOf(graph, [...names.values()]),
  };
}

/** Nodes are named after their layers, or below them. */
function layersOf(graph: Graph, layers: readonly string[]): Map<number, string> {
  const known = new Set(layers);
  const found = new Map<number, string>();
  for (const { id, name } of graph.nodes) {
    let path = name;
    while (path && !known.has(path)) path = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (path) found.set(id, path);
  }
  return found;
}
