// Every case of every op on the GPU against the float64 reference, forwards and backwards.
import { beforeAll, describe, expect, test } from 'vitest';
import { execute } from '../../src/cpu/execute';
import { GpuVariables } from '../../src/gpu/variables';
import type { Graph, Value } from '../../src/ir/graph';
import { ops } from '../../src/ops';
import { compileGpu } from '../../src/runtime/compile';
import { cases } from '../cases';
import {
  backwardGraph,
  differentiable,
  forwardGraph,
  numbersOf,
  weightsOf,
} from '../support/case-graph';
import { largestMagnitude, roundingError, worstError } from '../support/compare';
import { getDevice } from '../support/gpu';

let variables: GpuVariables;
beforeAll(async () => {
  variables = new GpuVariables(await getDevice());
});

for (const op of new Set(cases.map((opCase) => opCase.op))) {
  describe(op, () => {
    for (const opCase of cases.filter((candidate) => candidate.op === op)) {
      const { name, terms = 1, gradientTerms = terms, scale, gradientScale } = opCase;
      test(name, async () => {
        await compare(forwardGraph(opCase), numbersOf(opCase), terms, scale);
        if (!differentiable(opCase).length) return;
        const numbers = { ...numbersOf(opCase), ...weightsOf(forwardGraph(opCase)) };
        await compare(backwardGraph(opCase), numbers, gradientTerms, gradientScale);
      });
    }
  });
}

async function compare(
  graph: Graph,
  numbers: Record<string, Float32Array>,
  terms: number,
  scale?: number,
): Promise<void> {
  const bound = graph.inputs.map(({ name }) => [name, numbers[name]]);
  const program = await compileGpu(graph, variables);
  const got = await program.run(Object.fromEntries(bound));
  program.dispose();
  const known = execute(
    graph,
    ops,
    new Map(graph.inputs.map((value) => [value, Float64Array.from(numbers[value.name])])),
  );
  for (const [name, value] of graph.outputs) {
    const want = known.get(value as Value) as Float64Array;
    const atol = roundingError(terms, scale ?? largestMagnitude(want));
    const error = worstError(got[name], want, { name, shape: value.shape, atol });
    expect(error, error).toBeUndefined();
  }
}
