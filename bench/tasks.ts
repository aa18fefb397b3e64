// A line of the workloads as a graph, its numbers, and the bytes that it cannot do without.
import { bytesOf, type TypedArray } from '../src/core/dtype';
import { Random } from '../src/core/random';
import { type Shape, sizeOf } from '../src/core/shape';
import { GraphBuilder } from '../src/ir/builder';
import type { Graph, Value } from '../src/ir/graph';
import { buildGraph } from '../src/model/build';
import { activation } from '../src/model/layers/activation';
import { batchNorm } from '../src/model/layers/batch-norm';
import { conv2d, depthwiseConv2d } from '../src/model/layers/conv';
import { type Model, sequential } from '../src/model/model';
import { ModelState } from '../src/model/state';
import type { StateInfo } from '../src/model/structure';
import { conv2dOp } from '../src/ops/conv';
import { denseOp } from '../src/ops/matmul';
import { differentiate } from '../src/passes/differentiate';
import { fuseGradients } from '../src/passes/fuse-gradients';
import { removeDead } from '../src/passes/remove-dead';
import { buildTrainable } from '../src/train/build';
import { RATE, slotsOf, TARGETS, trainingGraph } from '../src/train/graph';
import { crossEntropy } from '../src/train/losses';
import { sgd } from '../src/train/optimizers';
import { networks } from './networks';
import type { BatchNormSpec, ConvSpec, NetworkSpec, Spec } from './workloads';

export interface Task {
  readonly model: Model;
  /** `gradients`: forward and backward; `step`: with the update of the parameters. */
  readonly mode: 'inference' | 'forward' | 'gradients' | 'step';
  readonly graph: Graph;
  readonly state: ModelState;
  /** Names of states that a `Network` makes together. */
  readonly together?: readonly ReadonlySet<string>[];
  readonly inputs: Readonly<Record<string, TypedArray>>;
  /** What any implementation has to read and write, each tensor as often as said at its kind. */
  readonly leastBytes: number;
  /** Of a step: what it has to keep in memory at once. */
  readonly floorBytes?: number;
}

/** Small, so that thousands of steps on one batch change nothing about the work. */
const LEARNING_RATE = 1e-6;
export const MOMENTUM = 0.9;

export function makeTask(spec: Spec): Task {
  switch (spec.kind) {
    case 'batchNorm':
      return batchNormTask(spec);
    case 'conv':
      return convTask(spec);
    case 'network':
      return inferenceTask(spec);
    case 'step':
      return stepTask(spec);
  }
}

/** Least: inference reads x and writes y; statistics read x once more; backward reads x and dy twice and writes dx. */
function batchNormTask({ shape, pass }: BatchNormSpec): Task {
  const model = sequential(shape.slice(1), [batchNorm()]);
  const bytes = 4 * sizeOf(shape);
  const leastBytes = { inference: 2, forward: 3, both: 8 }[pass] * bytes;
  return layerTask(model, shape[0], pass, leastBytes);
}

/**
 * Least: the convolution reads x and w and writes y, with its statistics on the way; batch norm and
 * activation read y and write z. Backward: reduce and apply read y and dz, dy is written, read for
 * dx with w, and read with x for dw.
 */
function convTask(spec: ConvSpec): Task {
  const { batch, size, channels, filters, kernel, strides = 1, activation: name, pass } = spec;
  const options = { strides, padding: (kernel - 1) / 2, kernelInitializer: 'heNormal' } as const;
  const bare = { ...options, useBias: false };
  const conv = filters ? conv2d(filters, kernel, bare) : depthwiseConv2d(kernel, bare);
  const layers = name ? [conv, batchNorm(), activation(name)] : [conv];
  const model = sequential([size, size, channels], layers);
  const x = 4 * batch * size * size * channels;
  const y = 4 * batch * sizeOf(model.outputs[0].tensor.shape);
  const w = 4 * kernel * kernel * channels * (filters ?? 1);
  const leastBytes = {
    inference: x + w + y,
    forward: x + w + 3 * y,
    both: 3 * x + 3 * w + 10 * y,
  }[pass];
  return layerTask(model, batch, pass, leastBytes);
}

function layerTask(
  model: Model,
  batch: number,
  pass: 'inference' | 'forward' | 'both',
  leastBytes: number,
): Task {
  const built = buildTrainable(model, { batch, training: pass !== 'inference' });
  const graph =
    pass === 'both' ? withGradients(built.graph, [...built.parameters.values()]) : built.graph;
  const mode = pass === 'both' ? 'gradients' : pass;
  return { model, mode, graph, state: stateOf(model), inputs: inputsOf(graph), leastBytes };
}

/** Adds the gradients of Σ output·d_output for the inputs and parameters as outputs. */
function withGradients(forward: Graph, parameters: readonly Value[]): Graph {
  const g = GraphBuilder.extend(forward);
  const seeds = new Map<Value, Value>(
    [...forward.outputs].map(([name, value]) => [value, g.input(`d_${name}`, value)]),
  );
  const wrt = [...forward.inputs, ...parameters];
  const { graph, gradients } = differentiate(g.build(), seeds, wrt);
  const result = GraphBuilder.extend(graph);
  for (const value of wrt) result.output(`d_${value.name}`, gradients.get(value) as Value);
  return fuseGradients(removeDead(result.build()));
}

/** Least: inputs, outputs and states once. */
function inferenceTask({ network, batch, size }: NetworkSpec): Task {
  const model = networks[network].model(size);
  const { graph } = buildGraph(model, { batch });
  const inputs = inputsOf(graph);
  const leastBytes = edgeBytes(graph);
  return { model, mode: 'inference', graph, state: stateOf(model), inputs, leastBytes };
}

/** Least: inputs and states read, states written; activations may stay in cache. */
function stepTask({ network, batch, size }: NetworkSpec): Task {
  const { classes, model: make } = networks[network];
  const model = make(size);
  const optimizer = sgd({ momentum: MOMENTUM });
  const graph = trainingGraph(model, {
    batch,
    loss: crossEntropy(),
    target: { dtype: 'i32', shape: [] },
    optimizer,
    metrics: [],
    storage: 'f32',
  });
  const state = stateOf(model);
  const slots = slotsOf(model, optimizer);
  for (const [name, type] of slots) state.add(name, type, new Float32Array(sizeOf(type.shape)));
  const learned = model.stateInfo().filter(({ trainable }) => trainable);
  const velocities = [...slots].filter(([, { dtype }]) => dtype === 'f32');
  const together = [
    new Set(learned.map(({ name }) => name)),
    new Set(velocities.map(([name]) => name)),
  ];
  const random = new Random(3);
  const inputs = {
    ...inputsOf(graph),
    [TARGETS]: Int32Array.from({ length: batch }, () => random.integer(classes)),
    [RATE]: Float32Array.of(LEARNING_RATE),
  };
  const written = [...graph.updates.keys()].reduce((sum, value) => sum + bytesOf(value), 0);
  const leastBytes = edgeBytes(graph) + written;
  const floorBytes = floorOf(graph, learned);
  return { model, mode: 'step', graph, state, together, inputs, leastBytes, floorBytes };
}

/**
 * Inputs, parameters and other states, optimiser state, gradients of the parameters, and the outputs of
 * convolutions and dense layers: the rest of what gradients need follows from these by work on single
 * elements, or on windows of a few.
 */
function floorOf(graph: Graph, learned: readonly StateInfo[]): number {
  const saved = graph.nodes
    .filter(({ op }) => op === conv2dOp || op === denseOp)
    .map(({ outputs: [y] }) => y);
  const gradients = learned.map(({ type }) => type);
  return edgeBytes(graph) + [...saved, ...gradients].reduce((sum, one) => sum + bytesOf(one), 0);
}

function edgeBytes({ inputs, states, outputs }: Graph): number {
  return [...inputs, ...states, ...outputs.values()].reduce((sum, v) => sum + bytesOf(v), 0);
}

/** The model's first numbers; vectors, which start at 0 or 1, moved a little, so that they count. */
function stateOf(model: Model): ModelState {
  const random = new Random(2);
  return new ModelState(
    [...model.initialState(1)].map(([name, { type, values }]) => {
      if (type.dtype !== 'f32' || type.shape.length !== 1) return [name, { type, values }];
      const moved = Float32Array.from(values, (value) => value + 0.1 * random.uniform());
      return [name, { type, values: moved }];
    }),
  );
}

function inputsOf(graph: Graph): Record<string, TypedArray> {
  return Object.fromEntries(graph.inputs.map(({ name, shape }, i) => [name, normals(shape, i)]));
}

/** A prime: the repetition falls differently in each row. */
const PERIOD = 65521;

/** Normal numbers; a block of them again and again, since drawing millions takes seconds. */
function normals(shape: Shape, stream: number): Float32Array {
  const random = new Random(1, stream);
  const values = new Float32Array(sizeOf(shape));
  const drawn = Math.min(PERIOD, values.length);
  for (let i = 0; i < drawn; i++) values[i] = random.normal();
  for (let i = drawn; i < values.length; i += drawn)
    values.copyWithin(i, 0, Math.min(drawn, values.length - i));
  return values;
}
