import type { NumericArray } from '../core/dtype';
import { NameError, ShapeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Graph, Value } from '../ir/graph';
import { formatType } from '../ir/verify';
import type { InputData, Inputs } from './program';

export function isGpuBuffer(data: InputData): data is GPUBuffer {
  return typeof data === 'object' && 'usage' in data && 'mapState' in data;
}

/** Throws unless `given` names inputs of the graph, each once, and together all of them. */
export function checkNames(graph: Graph, ...given: Inputs[]): void {
  const expected = graph.inputs.map(({ name }) => name);
  const names = given.flatMap((inputs) => Object.keys(inputs));
  for (const name of names) {
    if (expected.includes(name)) continue;
    throw unknownName('input', name, expected);
  }
  for (const name of expected) {
    const times = names.filter((other) => other === name).length;
    if (times === 1) continue;
    throw new NameError({
      where: `input "${name}"`,
      rule: 'each input is given once',
      found: times ? `${times} times` : 'nothing',
      remedy: `The program takes: ${graph.inputs.map((v) => `${v.name} ${formatType(v)}`).join(', ')}.`,
    });
  }
}

export function inputNamed(graph: Graph, name: string): Value {
  return graph.inputs.find((value) => value.name === name) as Value;
}

/** Throws a {@link ShapeError} unless `data` has as many numbers as `value` has elements. */
export function checkLength(value: Value, data: NumericArray): void {
  const size = sizeOf(value.shape);
  if (data.length === size) return;
  throw new ShapeError({
    where: `input "${value.name}"`,
    rule: `${formatType(value)} takes ${size} numbers`,
    found: String(data.length),
  });
}

/** The outputs to fetch: all, or those asked for, each checked. */
export function fetchList(graph: Graph, fetch?: readonly string[]): string[] {
  const names = [...graph.outputs.keys()];
  for (const name of fetch ?? []) {
    if (!names.includes(name)) throw unknownName('output', name, names);
  }
  return [...(fetch ?? names)];
}

export function unknownName(what: string, name: string, known: readonly string[]): NameError {
  return new NameError({
    where: `${what} "${name}"`,
    rule: `the program must have such an ${what}`,
    remedy: `It has: ${known.join(', ') || 'none'}.`,
  });
}
