// Every differentiable input of every op: the gradient graph against central differences, both in
// float64. The loss is Σ output·(random weight): for batch norm a plain sum would hide a wrong dx.
import { expect, test } from 'vitest';
import { permutation, Random } from '../../src/core/random';
import { execute } from '../../src/cpu/execute';
import type { Graph, Value } from '../../src/ir/graph';
import {
  backwardGraph,
  differentiable,
  forwardGraph,
  numbersOf,
  weightsOf,
} from '../../src/self-test/case-graph';
import { cases } from '../../src/self-test/cases';

/** Elements probed of each input: all of a small one. */
const PROBES = 24;

for (const opCase of cases) {
  const inputs = differentiable(opCase);
  if (!inputs.length) continue;
  test(`${opCase.op}: ${opCase.name}`, () => {
    const forward = forwardGraph(opCase);
    const backward = backwardGraph(opCase);
    const numbers = numbersOf(opCase);
    const weights = weightsOf(forward);
    const inLoss = new Set(backward.inputs.map((value) => value.name));
    const gradients = run(backward, { ...numbers, ...weights });
    const loss = (changed: Record<string, ArrayLike<number>>): number => {
      let sum = 0;
      for (const [name, values] of Object.entries(run(forward, { ...numbers, ...changed }))) {
        const weight = weights[name.replace('y', 'dy')];
        if (!inLoss.has(name.replace('y', 'dy'))) continue;
        for (let i = 0; i < values.length; i++) sum += values[i] * weight[i];
      }
      return sum;
    };
    const random = new Random(3);
    for (const input of inputs) {
      const name = `x${input}`;
      const gradient = gradients[`dx${input}`];
      const scale = Math.max(1e-3, ...gradient.map(Math.abs));
      const all = permutation(gradient.length, random);
      for (const i of all.slice(0, PROBES)) {
        const step = (opCase.step ?? 1e-5) * Math.max(1, Math.abs(numbers[name][i]));
        const moved = (by: number) => {
          const values = Float64Array.from(numbers[name]);
          values[i] += by;
          return loss({ [name]: values });
        };
        const numeric = (moved(step) - moved(-step)) / (2 * step);
        expect(
          Math.abs(numeric - gradient[i]),
          `d${name}[${i}] ${gradient[i]}, by differences ${numeric}`,
        ).toBeLessThan(1e-4 * scale + 1e-6);
      }
    }
  });
}

function run(
  graph: Graph,
  numbers: Record<string, ArrayLike<number>>,
): Record<string, Float64Array> {
  const bound = graph.inputs
    .filter(({ name }) => name in numbers)
    .map((value): [Value, Float64Array] => [value, Float64Array.from(numbers[value.name])]);
  const known = execute(graph, new Map(bound));
  const outputs = [...graph.outputs].map(([name, value]) => [name, known.get(value)]);
  return Object.fromEntries(outputs);
}
