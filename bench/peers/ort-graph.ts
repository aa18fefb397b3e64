// The benchmark's tasks as ONNX models, channels first.
import type { Task } from '../tasks';
import { firstOf, type Layout, weightLayouts } from './layout';
import { OnnxGraph } from './onnx';
import { inputShape, numbersOf, outputShape } from './peer';
import { applyModel, type Geometry, type Kit } from './walk';

export interface OnnxTask {
  readonly bytes: Uint8Array;
  /** What to feed and what comes out, by the names of the task's graph. */
  readonly inputs: ReadonlyMap<string, Layout>;
  readonly outputs: ReadonlyMap<string, Layout>;
}

/** Undefined for gradients of more than a batch norm, and for training: there is no autodiff. */
export function onnxTask(task: Task): OnnxTask | undefined {
  const { model, mode } = task;
  const onlyNorm = model.layers.every(({ type }) => type === 'batchNorm');
  if (mode === 'step' || (mode === 'gradients' && !onlyNorm)) return undefined;
  const g = new OnnxGraph();
  const layouts = weightLayouts(model, 'first');
  const x = firstOf(inputShape(task));
  const y = firstOf(outputShape(task));
  const weight = (name: string) => {
    const layout = layouts.get(name) as Layout;
    return g.constant(numbersOf(task, name, layout), layout.theirs);
  };
  g.input('input', x.theirs);
  if (mode === 'gradients') {
    const outputs = batchNormGradients(g, task, weight);
    g.output('output', y.theirs);
    for (const [name, layout] of outputs) g.output(name, layout.theirs);
    const inputs = new Map([...['input', 'd_output'].map((name) => [name, x] as const)]);
    g.input('d_output', x.theirs);
    return { bytes: g.bytes(), inputs, outputs: new Map([['output', y], ...outputs]) };
  }
  const result = applyModel(kitOf(g), model, mode !== 'inference', 'input', weight);
  g.op('Identity', [result], {}, 'output');
  g.output('output', y.theirs);
  return { bytes: g.bytes(), inputs: new Map([['input', x]]), outputs: new Map([['output', y]]) };
}

const spatial = (rank: number) => (rank === 4 ? [0, 2, 3] : [0]);

/** A vector as it meets tensors of `rank`; folded into the constant when the model is loaded. */
function across(g: OnnxGraph, vector: string, rank: number): string {
  return rank === 2 ? vector : g.op('Unsqueeze', [vector, g.integers([1, 2])]);
}

/** ORT refuses batch norm in training mode: reductions, as one would write them oneself. */
function normalised(g: OnnxGraph, x: string, epsilon: number, rank: number) {
  const axes = spatial(rank);
  const centred = g.op('Sub', [x, g.op('ReduceMean', [x], { axes, keepdims: 1 })]);
  const square = g.op('Mul', [centred, centred]);
  const variance = g.op('ReduceMean', [square], { axes, keepdims: 1 });
  const shifted = g.op('Add', [variance, g.constant(Float32Array.of(epsilon), [])]);
  const inverse = g.op('Reciprocal', [g.op('Sqrt', [shifted])]);
  return { centred, inverse };
}

/** dx = γ·invstd·(dy − mean(dy) − x̂·mean(dy·x̂)). */
function batchNormGradients(
  g: OnnxGraph,
  task: Task,
  weight: (name: string) => string,
): [string, Layout][] {
  const [{ name, layer }] = task.model.places;
  const shape = inputShape(task);
  const rank = shape.length;
  const channels = shape[rank - 1];
  const { epsilon = 1e-3 } = layer.options as { readonly epsilon?: number };
  const { centred, inverse } = normalised(g, 'input', epsilon, rank);
  const gamma = across(g, weight(`${name}/gamma`), rank);
  const beta = across(g, weight(`${name}/beta`), rank);
  const hat = g.op('Mul', [centred, inverse]);
  g.op('Add', [g.op('Mul', [hat, gamma]), beta], {}, 'output');
  const sum = (of: string) => g.op('ReduceSum', [of, g.integers(spatial(rank))], { keepdims: 1 });
  const dBeta = sum('d_output');
  const dGamma = sum(g.op('Mul', ['d_output', hat]));
  const count = shape.reduce((a, b) => a * b) / channels;
  const part = g.constant(Float32Array.of(1 / count), []);
  const without = g.op('Sub', ['d_output', g.op('Mul', [dBeta, part])]);
  const along = g.op('Mul', [hat, g.op('Mul', [dGamma, part])]);
  const scale = g.op('Mul', [gamma, inverse]);
  g.op('Mul', [g.op('Sub', [without, along]), scale], {}, 'd_input');
  const vector = g.integers([channels]);
  g.op('Reshape', [dGamma, vector], {}, `d_${name}/gamma`);
  g.op('Reshape', [dBeta, vector], {}, `d_${name}/beta`);
  const flat = firstOf([channels]);
  return [
    ['d_input', firstOf(shape)],
    [`d_${name}/gamma`, flat],
    [`d_${name}/beta`, flat],
  ];
}

function kitOf(g: OnnxGraph): Kit<string> {
  const window = ({ kernel, strides, pads }: Geometry) => ({
    kernel_shape: kernel,
    strides,
    pads,
  });
  return {
    conv: (x, kernel, geometry) => g.op('Conv', [x, kernel], window(geometry)),
    depthwise: (x, kernel, geometry, channels) =>
      g.op('Conv', [x, kernel], { ...window(geometry), group: channels }),
    dense: (x, kernel, bias) =>
      bias ? g.op('Gemm', [x, kernel, bias]) : g.op('MatMul', [x, kernel]),
    batchNorm(x, gamma, beta, epsilon, rank) {
      const { centred, inverse } = normalised(g, x, epsilon, rank);
      const scale = g.op('Mul', [across(g, gamma, rank), inverse]);
      return g.op('Add', [g.op('Mul', [centred, scale]), across(g, beta, rank)]);
    },
    normalise: (x, vectors, epsilon) =>
      g.op('BatchNormalization', [x, ...vectors], { epsilon: { float: epsilon } }),
    activation(x, name) {
      if (name === 'sigmoid') return g.op('Sigmoid', [x]);
      if (name === 'relu') return g.op('Relu', [x]);
      const bound = (value: number) => g.constant(Float32Array.of(value), []);
      return g.op('Clip', [x, bound(0), bound(6)]);
    },
    maxPool: (x, geometry) => g.op('MaxPool', [x], window(geometry)),
    globalAverage: (x) => g.op('Flatten', [g.op('GlobalAveragePool', [x])], { axis: 1 }),
    flatten: (x) => g.op('Flatten', [x], { axis: 1 }),
    add: (a, b) => g.op('Add', [a, b]),
    again: (x) => x,
  };
}
