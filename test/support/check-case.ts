// One line of a case table on the GPU, every lowering of it, against the float64 reference.
import { LimitError } from '../../src/core/errors';
import { execute } from '../../src/cpu/execute';
import type { GpuVariables } from '../../src/gpu/variables';
import type { Graph, Value } from '../../src/ir/graph';
import { compileGpu } from '../../src/runtime/compile';
import type { GpuProgram } from '../../src/runtime/gpu-program';
import type { OpCase } from '../cases/types';
import { backwardGraph, differentiable, forwardGraph, numbersOf, weightsOf } from './case-graph';
import { largestMagnitude, roundingError, worstError } from './compare';
import type { GuardedDevice } from './guarded-device';
import { type Choice, choosing } from './lowerings';

/** A graph with numbers for its inputs, what comes out by the reference, and the error allowed. */
export interface Check {
  readonly graph: Graph;
  readonly numbers: Readonly<Record<string, Float32Array>>;
  readonly expected: ReadonlyMap<string, Expected>;
}

interface Expected {
  readonly values: Float64Array;
  readonly atol: number;
}

/** The checks of a case: forwards and, where the op has a gradient, backwards. */
export function checksOf(opCase: OpCase): Check[] {
  const { terms = 1, gradientTerms = terms, scale, gradientScale } = opCase;
  const forward = forwardGraph(opCase);
  const numbers = numbersOf(opCase);
  const checks = [makeCheck(forward, numbers, terms, scale)];
  if (differentiable(opCase).length) {
    const both = { ...numbers, ...weightsOf(forward) };
    checks.push(makeCheck(backwardGraph(opCase), both, gradientTerms, gradientScale));
  }
  return checks;
}

/**
 * Undefined where every lowering gives what it should, or a line that names the worst element or the
 * tensor that was written past its end.
 */
export async function runCheck(
  { graph, numbers, expected }: Check,
  variables: GpuVariables,
  guarded: GuardedDevice,
): Promise<string | undefined> {
  const inputs = Object.fromEntries(graph.inputs.map(({ name }) => [name, numbers[name]]));
  for (let rank = 0, ranks = 1; rank < ranks; rank++) {
    const choice = choosing(rank);
    const program = await compileNarrow(graph, variables, guarded, choice);
    ranks = choice.ranks();
    try {
      const got = await program.run(inputs);
      for (const [name, { values, atol }] of expected) {
        const { shape } = graph.outputs.get(name) as Value;
        const error = worstError(got[name], values, { name, shape, atol });
        if (error) return `${choice.names()}: ${error}`;
      }
      const written = await guarded.overrun();
      if (written) return `${choice.names()}: ${written} was written past its end`;
    } finally {
      program.dispose();
    }
  }
  return undefined;
}

/** With as few workgroups a dimension as the graph's plan can do with: long grids wrap around. */
async function compileNarrow(
  graph: Graph,
  variables: GpuVariables,
  guarded: GuardedDevice,
  { choose }: Choice,
): Promise<GpuProgram> {
  for (const limit of [3, 7, 40]) {
    guarded.workgroupsPerDimension = limit;
    try {
      return await compileGpu(graph, variables, { choose });
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
    }
  }
  guarded.workgroupsPerDimension = undefined;
  return compileGpu(graph, variables, { choose });
}

function makeCheck(
  graph: Graph,
  numbers: Readonly<Record<string, Float32Array>>,
  terms: number,
  scale?: number,
): Check {
  const known = execute(
    graph,
    new Map(graph.inputs.map((value) => [value, Float64Array.from(numbers[value.name])])),
  );
  const expected = [...graph.outputs].map(([name, value]): [string, Expected] => {
    const values = known.get(value) as Float64Array;
    return [name, { values, atol: roundingError(terms, scale ?? largestMagnitude(values)) }];
  });
  return { graph, numbers, expected: new Map(expected) };
}
