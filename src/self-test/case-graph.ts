// Turns a line of a case table into graphs and numbers.
import { type DType, roundTrip } from '../core/dtype';
import { permutation, Random } from '../core/random';
import { sizeOf } from '../core/shape';
import { GraphBuilder } from '../ir/builder';
import type { Graph, Value } from '../ir/graph';
import { opNamed } from '../ops';
import { differentiate } from '../passes/differentiate';
import type { InputSpec, OpCase } from './cases/types';

/** The inputs `x0`, `x1`… of a case, rounded to their type as the GPU will see them. */
export function numbersOf(opCase: OpCase): Record<string, Float32Array> {
  const random = new Random(hash(`${opCase.op} ${opCase.name}`));
  const entries = opCase.inputs.map((spec, i) => [
    `x${i}`,
    rounded(fill(spec, random), spec.dtype),
  ]);
  return Object.fromEntries(entries);
}

/** Random weights for the outputs: the loss of a gradient check is Σ output·weight. */
export function weightsOf(graph: Graph): Record<string, Float32Array> {
  const random = new Random(7);
  const entries = [...graph.outputs].map(([name, value]) => [
    name.replace('y', 'dy'),
    rounded(
      Float32Array.from({ length: sizeOf(value.shape) }, () => random.normal()),
      value.dtype,
    ),
  ]);
  return Object.fromEntries(entries);
}

/** The op alone: inputs `x0`…, outputs `y0`…. */
export function forwardGraph(opCase: OpCase): Graph {
  const g = new GraphBuilder();
  const inputs = opCase.inputs.map(({ shape, dtype = 'f32' }, i) =>
    g.input(`x${i}`, { dtype, shape }),
  );
  g.apply(opNamed(opCase.op), inputs, opCase.attrs).forEach((value, i) => {
    g.output(`y${i}`, value);
  });
  return g.build();
}

export function differentiable(opCase: OpCase): readonly number[] {
  return (
    opCase.differentiate ??
    opCase.inputs.flatMap(({ dtype = 'f32' }, i) => (dtype === 'f32' || dtype === 'f16' ? [i] : []))
  );
}

/** Gradients of Σ y·dy: inputs `x0`… and `dy0`…, outputs `dx0`…. */
export function backwardGraph(opCase: OpCase): Graph {
  const forward = forwardGraph(opCase);
  const g = GraphBuilder.extend({ ...forward, outputs: new Map() });
  const floats = [...forward.outputs].filter(
    ([, { dtype }], i) =>
      (dtype === 'f32' || dtype === 'f16') && (opCase.lossOf?.includes(i) ?? true),
  );
  const seeds = new Map<Value, Value>(
    floats.map(([name, value]) => [value, g.input(name.replace('y', 'dy'), value)]),
  );
  const wrt = differentiable(opCase).map((i) => forward.inputs[i]);
  const { graph, gradients } = differentiate(g.build(), seeds, wrt);
  const result = GraphBuilder.extend(graph);
  for (const value of wrt) {
    result.output(value.name.replace('x', 'dx'), gradients.get(value) as Value);
  }
  return result.build();
}

/** Forwards and, where the op has a gradient, backwards. */
export function graphsOf(opCase: OpCase): Graph[] {
  const forward = forwardGraph(opCase);
  return differentiable(opCase).length ? [forward, backwardGraph(opCase)] : [forward];
}

function fill({ shape, fill: how = { kind: 'normal' } }: InputSpec, random: Random): Float32Array {
  const length = sizeOf(shape);
  switch (how.kind) {
    case 'normal':
      return Float32Array.from(
        { length },
        () => (how.mean ?? 0) + (how.std ?? 1) * random.normal(),
      );
    case 'uniform':
      return Float32Array.from({ length }, () => how.low + (how.high - how.low) * random.uniform());
    case 'integers':
      return Float32Array.from({ length }, () => random.integer(how.below));
    case 'distinct':
      return Float32Array.from(permutation(length, random), (i) => (2 * i + 1) / length - 1);
    case 'ties':
      return Float32Array.from({ length }, () => random.integer(3) - 1);
    case 'values':
      return Float32Array.from(how.values);
  }
}

function rounded(numbers: Float32Array, dtype?: DType): Float32Array {
  return dtype === 'f16' ? Float32Array.from(roundTrip(dtype, numbers)) : numbers;
}

function hash(text: string): number {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  return h >>> 0;
}
