import {
  type Expectation,
  HALF_ROUND_OFF,
  largestMagnitude,
  overflowed,
  roundingError,
  storedAsHalf,
  type Tolerance,
} from '../core/compare';
import { execute } from '../cpu/execute';
import type { Graph, Value } from '../ir/graph';
import { backwardGraph, differentiable, forwardGraph, numbersOf, weightsOf } from './case-graph';
import type { OpCase } from './cases/types';
import { cutAtHalves } from './halves';

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
  const { terms = 1, gradientTerms = terms, roundings, gradientRoundings } = opCase;
  const forward = forwardGraph(opCase);
  const numbers = numbersOf(opCase);
  const errors = { terms, scale: opCase.scale, roundings };
  const checks = [makeCheck('forward', forward, numbers, errors)];
  if (differentiable(opCase).length) {
    const both = { ...numbers, ...weightsOf(forward) };
    const gradientErrors = {
      terms: gradientTerms,
      scale: opCase.gradientScale,
      roundings: gradientRoundings,
    };
    checks.push(makeCheck('gradient', backwardGraph(opCase), both, gradientErrors));
  }
  return checks;
}

/** What the errors of a check's outputs come from: see {@link OpCase}. */
interface Errors {
  readonly terms: number;
  readonly scale?: number;
  readonly roundings?: number;
}

/** Whole numbers are exact. */
function toleranceOf(
  { dtype }: Value,
  values: Float64Array,
  errors: Errors,
  halves: boolean,
): Tolerance {
  if (dtype === 'i32' || dtype === 'u32') return { atol: 0 };
  const { terms, scale = largestMagnitude(values), roundings = 0 } = errors;
  const atol = roundingError(terms, scale) + (halves ? roundings * HALF_ROUND_OFF * scale : 0);
  return dtype === 'f16' ? storedAsHalf(atol) : { atol };
}

function makeCheck(
  direction: Check['direction'],
  whole: Graph,
  given: Readonly<Record<string, Float32Array>>,
  errors: Errors,
): Check {
  const { graph, numbers } = cutAtHalves(
    whole,
    new Map(whole.inputs.map((value) => [value, Float64Array.from(given[value.name])])),
  );
  const known = execute(graph, numbers);
  const halves = [...graph.outputs.values()].some(({ dtype }) => dtype === 'f16');
  const expected = [...graph.outputs].map(([name, value]): Expected => {
    const computed = known.get(value) as Float64Array;
    const values = value.dtype === 'f16' ? computed.map(overflowed) : computed;
    return { name, shape: value.shape, values, ...toleranceOf(value, values, errors, halves) };
  });
  const inputs = graph.inputs.map((value) => [
    value.name,
    Float32Array.from(numbers.get(value) as Float64Array),
  ]);
  return { direction, graph, inputs: Object.fromEntries(inputs), expected };
}
