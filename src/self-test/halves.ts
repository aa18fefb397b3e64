// Lines of the case tables with their floats in f16.
import { roundTrip } from '../core/dtype';
import { BatchNormError } from '../core/errors';
import { execute } from '../cpu/execute';
import { GraphBuilder } from '../ir/builder';
import type { Graph, Value } from '../ir/graph';
import { verify } from '../ir/verify';
import { opNamed } from '../ops';
import { forwardGraph } from './case-graph';
import type { InputSpec, OpCase } from './cases/types';

/** The case, and the case with each set of its f32 inputs in f16 that the op takes. */
export function withHalves(opCase: OpCase): OpCase[] {
  const floats = opCase.inputs.flatMap(({ dtype = 'f32' }, i) => (dtype === 'f32' ? [i] : []));
  const sets = Array.from({ length: 2 ** floats.length }, (_, mask) =>
    floats.filter((_, bit) => mask & (2 ** bit)),
  );
  const variants = sets
    .filter((halves) => halves.length > 0)
    .map((halves) => ({
      ...opCase,
      name: `${opCase.name}, f16`,
      inputs: opCase.inputs.map(
        (spec, i): InputSpec => (halves.includes(i) ? { ...spec, dtype: 'f16' } : spec),
      ),
    }))
    .filter(isLegal);
  return [opCase, ...variants];
}

function isLegal({ op, inputs, attrs = {} }: OpCase): boolean {
  const types = inputs.map(({ shape, dtype = 'f32' }) => ({ shape, dtype }));
  try {
    opNamed(op).infer(types, attrs, op);
    return true;
  } catch (error) {
    if (error instanceof BatchNormError) return false;
    throw error;
  }
}

/** Whether a tensor of the case is f16: it then needs a device with shader-f16. */
export function usesHalves(opCase: OpCase): boolean {
  const { inputs, outputs } = forwardGraph(opCase);
  return [...inputs, ...outputs.values()].some(({ dtype }) => dtype === 'f16');
}

/**
 * `graph` cut wherever a node stores halves for another to read: they are outputs `h0`, `h1`…, and the
 * other reads inputs `given0`, `given1`… instead. So what one node rounds is no error of another's.
 * `numbers` holds those of inputs and states; the answer's hold those of the new inputs too, as the
 * reference stores them.
 */
export function cutAtHalves(
  graph: Graph,
  numbers: ReadonlyMap<Value, Float64Array>,
): { readonly graph: Graph; readonly numbers: ReadonlyMap<Value, Float64Array> } {
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const stored = graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((value) => value.dtype === 'f16' && read.has(value));
  if (!stored.length) return { graph, numbers };

  const g = GraphBuilder.extend(graph);
  const inPlaceOf = new Map(stored.map((value, i) => [value, g.input(`given${i}`, value)]));
  stored.forEach((value, i) => {
    g.output(`h${i}`, value);
  });
  const whole = g.build();
  const nodes = whole.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((value) => inPlaceOf.get(value) ?? value),
  }));
  const cut = { ...whole, nodes };
  verify(cut);
  const known = execute(graph, numbers, asStored);
  const given = [...inPlaceOf].map(
    ([value, input]) => [input, known.get(value) as Float64Array] as const,
  );
  return { graph: cut, numbers: new Map([...numbers, ...given]) };
}

/** What a node computed as others will read it, for `execute`. */
export function asStored(computed: Float64Array, { dtype }: Value): Float64Array {
  return dtype === 'f16' ? Float64Array.from(roundTrip('f16', computed)) : computed;
}
