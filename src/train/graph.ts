import { ArgumentError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import { GraphBuilder } from '../ir/builder';
import type { Graph, TensorType, Value } from '../ir/graph';
import { verify } from '../ir/verify';
import type { BuiltModel } from '../model/build';
import type { Model } from '../model/model';
import { gatherOp } from '../ops/gather';
import { incrementOp } from '../ops/indices';
import { reduceMeanOp } from '../ops/reduce';
import { fuseGradients } from '../passes/fuse-gradients';
import { removeDead } from '../passes/remove-dead';
import type { Variables } from '../runtime/program';
import { buildTrainable } from './build';
import { lossGradients } from './loss-gradients';
import { hits, type Loss, lossOfSamples } from './losses';
import { type Clip, clipGradients, type Optimizer } from './optimizers';

/** Names of a training graph's own inputs; a model's have no slash. */
export const TARGETS = 'training/targets';
export const RATE = 'training/learningRate';
export const ROWS = 'training/rows';
export const tableName = (input: string) => `training/table/${input}`;
/** The counter of updates, which Adam and others correct by. */
const UPDATES = 'optimizer/updates';
const slotName = (parameter: string, slot: string) => `optimizer/${parameter}/${slot}`;

export type Metric = 'accuracy';

export interface StepOptions {
  readonly batch: number;
  readonly loss: Loss;
  /** Type of one sample's targets. */
  readonly target: TensorType;
  readonly optimizer: Optimizer;
  readonly clip?: Clip;
  readonly metrics: readonly Metric[];
  readonly storage: 'f32' | 'f16';
  /** Samples in the tables that inputs and targets are gathered from; else each step gets its own. */
  readonly tableRows?: number;
}

/** What the training remembers beside the model's state: by name, zero at the start. */
export function slotsOf(model: Model, optimizer: Optimizer): Map<string, TensorType> {
  const learned = model.stateInfo().filter(({ trainable }) => trainable);
  const slots = learned.flatMap(({ name, type }) =>
    optimizer.slots.map((slot) => [slotName(name, slot), type] as const),
  );
  return new Map([[UPDATES, { dtype: 'i32', shape: [1] }], ...slots]);
}

/** Makes the slots, all zero: those of a kind together, in the order of the parameters. */
export function createSlots(variables: Variables, slots: ReadonlyMap<string, TensorType>): void {
  const kinds = new Map<string, [string, { type: TensorType; values: Float32Array }][]>();
  for (const [name, type] of slots) {
    const kind = name.slice(name.lastIndexOf('/'));
    const values = new Float32Array(sizeOf(type.shape));
    kinds.set(kind, [...(kinds.get(kind) ?? []), [name, { type, values }]]);
  }
  for (const entries of kinds.values()) variables.createTogether(entries);
}

/**
 * A training step as one graph: forward, loss, gradients, clipping, updates of parameters and
 * running statistics. Outputs `loss` and the metrics, all f32 []. A step whose loss is not finite
 * changes no parameter.
 */
export function trainingGraph(model: Model, options: StepOptions): Graph {
  const { batch, loss, target, optimizer, clip = {}, metrics, storage } = options;
  const built = buildTrainable(model, { batch, training: true, storage, outputs: false });
  const forward = built.g;
  const head = headOf(model, built);
  const targets = forward.input(TARGETS, { ...target, shape: [batch, ...target.shape] });
  const mean = forward.scoped('loss', () =>
    average(forward, lossOfSamples(forward, loss, head, targets)),
  );
  forward.output('loss', mean);
  for (const metric of metrics) {
    const hit = forward.scoped(metric, () => average(forward, hits(forward, loss, head, targets)));
    forward.output(metric, hit);
  }
  const front = forward.build();
  // With nothing to learn, steps may still re-estimate running statistics.
  if (!built.parameters.size && ![...front.updates.keys()].some((state) => state !== built.step)) {
    throw new ArgumentError({
      where: `model "${model.name}"`,
      rule: 'training needs a parameter that learns or running statistics to update',
      remedy: 'Set `trainable` on a layer.',
    });
  }
  const parameters = [...built.parameters];
  const wrt = parameters.map(([, value]) => value);
  const { g, gradients: raw } = lossGradients(front, mean, wrt, options);
  const gradients = g.scoped('clip', () => clipGradients(g, raw, clip));
  const rate = g.input(RATE, { dtype: 'f32', shape: [] });
  const updates = g.state(UPDATES, { dtype: 'i32', shape: [1] });
  parameters.forEach(([name, parameter], i) => {
    const slots = optimizer.slots.map((slot) => g.state(slotName(name, slot), parameter));
    const inputs = [parameter, gradients[i], rate, updates, mean, ...slots];
    const changed = g.apply(optimizer.op, inputs, optimizer.attrs, `${optimizer.name}/${name}`);
    [parameter, ...slots].forEach((state, s) => {
      g.update(state, changed[s]);
    });
  });
  g.update(updates, g.op(incrementOp, [updates], {}, UPDATES));
  const graph = fuseGradients(removeDead(g.build()));
  if (options.tableRows === undefined) return graph;
  const rows = model.inputs.filter(({ tensor }) => tensor.batched);
  const gathered = rows.map(({ name }) => built.inputs.get(name) as Value);
  return fromTables(graph, [...gathered, targets], options.tableRows, batch);
}

export interface EvaluationOptions {
  readonly batch: number;
  readonly loss: Loss;
  readonly target: TensorType;
  readonly metrics: readonly Metric[];
  readonly storage: 'f32' | 'f16';
}

/** Inference, with the loss and the metrics of each sample, f32 [batch], as outputs. */
export function evaluationGraph(model: Model, options: EvaluationOptions): Graph {
  const { batch, loss, target, metrics, storage } = options;
  const built = buildTrainable(model, { batch, storage, outputs: false });
  const { g } = built;
  const head = headOf(model, built);
  const targets = g.input(TARGETS, { ...target, shape: [batch, ...target.shape] });
  g.output(
    'loss',
    g.scoped('loss', () => lossOfSamples(g, loss, head, targets)),
  );
  for (const metric of metrics) {
    const each = g.scoped(metric, () => {
      const hit = hits(g, loss, head, targets);
      const axes = hit.shape.map((_, axis) => axis).slice(1);
      return axes.length ? g.op(reduceMeanOp, [hit], { axes, keepDims: false }) : hit;
    });
    g.output(metric, each);
  }
  return g.build();
}

/** The model's only output, as losses see it. Throws an ArgumentError where no loss fits the model. */
export function headOf(model: Model, { outputs }: BuiltModel) {
  if (outputs.length !== 1) {
    throw new ArgumentError({
      where: `model "${model.name}"`,
      rule: 'a model that is trained or evaluated has one output',
      found: String(outputs.length),
      remedy: 'Make a model of the inputs and the output that the loss is about.',
    });
  }
  const [{ batched, dtype, shape }] = model.outputs.map(({ tensor }) => tensor);
  if (!batched || dtype !== 'f32') {
    throw new ArgumentError({
      where: `model "${model.name}"`,
      rule: 'the output that a loss is about has a batch, and is f32',
      found: batched ? dtype : `${formatShape(shape)}, the same for all examples`,
    });
  }
  const [{ value, activation, logits }] = outputs;
  return activation && logits ? { value, ending: { activation, logits } } : { value };
}

/** The mean over all axes. */
export function average(g: GraphBuilder, values: Value): Value {
  const axes = values.shape.map((_, axis) => axis);
  return g.op(reduceMeanOp, [values], { axes, keepDims: false }, 'mean');
}

/** The same graph with `inputs` gathered from tables of `rows` samples, by the numbers in `ROWS`. */
function fromTables(graph: Graph, inputs: readonly Value[], rows: number, batch: number): Graph {
  const g = GraphBuilder.extend(graph);
  const picked = g.input(ROWS, { dtype: 'i32', shape: [batch] });
  const tables = inputs.map(({ name, dtype, shape }) =>
    g.input(tableName(name), { dtype, shape: [rows, ...shape.slice(1)] }),
  );
  const extended = g.build();
  const next = 1 + Math.max(...graph.nodes.map(({ id }) => id));
  // What was an input is now made by a node in front: the rest of the graph need not know.
  const gathers = inputs.map((value, i) => ({
    id: next + i,
    op: gatherOp,
    name: tableName(value.name),
    inputs: [tables[i], picked],
    outputs: [value],
    attrs: { axis: 0 },
  }));
  const result: Graph = {
    ...extended,
    inputs: extended.inputs.filter((value) => !inputs.includes(value)),
    nodes: [...gathers, ...extended.nodes],
  };
  verify(result);
  return result;
}
