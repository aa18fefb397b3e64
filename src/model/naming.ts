import { NameError } from '../core/errors';
import type { Layer, SymbolicTensor } from './layer';

/**
 * Names of `layers`, in their order: those that they have, and for the others their label, numbered
 * from the second on: `dense`, `dense_1`. Names given by the user win over those that another model
 * gave; throws a {@link NameError} where a given one comes twice.
 */
export function assignNames(layers: Iterable<Layer>): Map<Layer, string> {
  const names = new Map<Layer, string>();
  const taken = new Set<string>();
  for (const layer of layers) {
    const { name, named } = layer.core;
    if (!named || name === undefined) continue;
    if (taken.has(name)) {
      throw new NameError({
        where: `${layer.type} "${name}"`,
        rule: 'layers of one model have different names',
        remedy: 'Give one of them another name.',
      });
    }
    taken.add(name);
    names.set(layer, name);
  }
  for (const layer of layers) {
    const { name, named } = layer.core;
    if (named || name === undefined || taken.has(name)) continue;
    taken.add(name);
    names.set(layer, name);
  }
  const next = uniqueNames(taken);
  for (const layer of layers) if (!names.has(layer)) names.set(layer, next(layer.core.label));
  return names;
}

/** Gives each name asked for, numbered where it is taken: `input`, `input_1`. */
export function uniqueNames(taken: Iterable<string> = []): (name: string) => string {
  const used = new Set(taken);
  const counts = new Map<string, number>();
  return (name) => {
    let count = counts.get(name) ?? 0;
    let unique = count ? `${name}_${count}` : name;
    while (used.has(unique)) unique = `${name}_${++count}`;
    counts.set(name, count + 1);
    used.add(unique);
    return unique;
  };
}

/**
 * The tensors that `outputs` are made from, and themselves, in the order in which they were made,
 * back to inputs and to `stops`.
 */
export function ancestors(
  outputs: readonly SymbolicTensor[],
  stops: ReadonlySet<SymbolicTensor> = new Set(),
): SymbolicTensor[] {
  const seen = new Set<SymbolicTensor>();
  const open = [...outputs];
  for (let tensor = open.pop(); tensor; tensor = open.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (!stops.has(tensor)) open.push(...(tensor.call?.inputs ?? []));
  }
  return [...seen].sort((a, b) => a.order - b.order);
}
