import { type Expectation, largestMagnitude, roundingError } from '../core/compare';
import { execute } from '../cpu/execute';
import type { Graph } from '../ir/graph';
import { backwardGraph, differentiable, forwardGraph, numbersOf, weightsOf } from './case-graph';
import type { OpCase } from './cases/types';

/** A graph with numbers for its inputs, and what comes out by the reference. */
export interface Check {
  readonly direction: 'forward' | 'gradient';
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly expected: readonly Expected[];
}

/** An output by the reference, and the error allowed. */
export interface Expected extends Expectation {
  readonly values: Float64Array;
}

/** The checks of a case: forwards and, where the op has a gradient, backwards. */
export function checksOf(opCase: OpCase): Check[] {
  const { terms = 1, gradientTerms = terms, scale, gradientScale } = opCase;
  const forward = forwardGraph(opCase);
  const numbers = numbersOf(opCase);
  const checks = [makeCheck('forward', forward, numbers, terms, scale)];
  if (differentiable(opCase).length) {
    const both = { ...numbers, ...weightsOf(forward) };
    checks.push(makeCheck('gradient', backwardGraph(opCase), both, gradientTerms, gradientScale));
  }
  return checks;
}

function makeCheck(
  direction: Check['direction'],
  graph: Graph,
  numbers: Readonly<Record<string, Float32Array>>,
  terms: number,
  scale?: number,
): Check {
  const known = execute(
    graph,
    new Map(graph.inputs.map((value) => [value, Float64Array.from(numbers[value.name])])),
  );
  const expected = [...graph.outputs].map(([name, value]): Expected => {
    const values = known.get(value) as Float64Array;
    const atol = roundingError(terms, scale ?? largestMagnitude(values));
    return { name, shape: value.shape, values, atol };
  });
  const inputs = Object.fromEntries(graph.inputs.map(({ name }) => [name, numbers[name]]));
  return { direction, graph, inputs, expected };
}
