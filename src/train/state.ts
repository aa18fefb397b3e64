import type { NumericArray } from '../core/dtype';
import { NameError, ShapeError, StateError } from '../core/errors';
import { formatShape } from '../core/shape';
import type { TensorType } from '../ir/graph';
import type { Network } from '../runtime/network';

/** How far a training is. */
export interface TrainingPlace {
  readonly step: number;
  /** The epoch that comes next, from 0, and how many of its batches are done. */
  readonly epoch: number;
  readonly position: number;
  readonly seed: number;
  readonly batch: number;
  /** Where it was set to a number under way. */
  readonly learningRate?: number;
}

/** A training at rest, as plain data: the model's numbers, the optimiser's, and how far it is. */
export interface TrainingState extends TrainingPlace {
  readonly tensors: ReadonlyMap<
    string,
    { readonly type: TensorType; readonly values: NumericArray }
  >;
}

export async function captureState(
  network: Network,
  slots: ReadonlyMap<string, TensorType>,
  place: TrainingPlace,
): Promise<TrainingState> {
  const { variables } = network;
  // All are asked for at once, so that no step comes in between.
  const entries = [...typesOf(network, slots)].map(async ([name, type]) => {
    // The CPU computes in float64: its own numbers, since rounded ones would go on differently.
    const exact = 'values' in variables ? variables.values(name).slice() : undefined;
    return [name, { type, values: exact ?? (await variables.get(name)) }] as const;
  });
  return { ...place, tensors: new Map(await Promise.all(entries)) };
}

/** Puts the tensors of `state` back. Throws before anything is changed if they do not fit. */
export function restoreState(
  network: Network,
  slots: ReadonlyMap<string, TensorType>,
  { tensors }: TrainingState,
): void {
  const types = typesOf(network, slots);
  if (typeof tensors?.get !== 'function') {
    const remedy = 'Keep what state() gave, or copy it by structuredClone: JSON loses its tensors.';
    throw new StateError({ where: 'training state', rule: 'its tensors are a Map', remedy });
  }
  for (const [name, { shape, dtype }] of types) {
    const where = `training state "${name}"`;
    const given = tensors.get(name);
    if (!given) {
      throw new NameError({
        where,
        rule: 'it is in the state that training resumes from',
        remedy: 'Resume with the model and the optimiser that the state comes from.',
      });
    }
    if (given.type.dtype === dtype && formatShape(given.type.shape) === formatShape(shape))
      continue;
    const found = `${given.type.dtype}${formatShape(given.type.shape)}`;
    throw new ShapeError({ where, rule: `it is ${dtype}${formatShape(shape)}`, found });
  }
  for (const name of types.keys()) {
    network.variables.set(name, tensors.get(name)?.values as NumericArray);
  }
}

function typesOf(network: Network, slots: ReadonlyMap<string, TensorType>) {
  const own = network.model.stateInfo().map(({ name, type }) => [name, type] as const);
  return new Map([...own, ...slots]);
}
