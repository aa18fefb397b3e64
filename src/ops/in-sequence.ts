// An op that does what two others do, one after the other, by what they do.
import { type Binding, type Dispatch, type Lowering, readOutput, write } from '../ir/op';

/** What the inputs and outputs of a part are to the whole. */
export interface Places {
  readonly inputs: readonly Binding[];
  /** Numbers of outputs. */
  readonly outputs: readonly number[];
}

/** `first`, and then `second`, as one. */
export function inSequence(
  first: Lowering,
  firstPlaces: Places,
  second: Lowering,
  secondPlaces: Places,
): Lowering {
  const temps = first.temps ?? [];
  return {
    name: `${first.name}, ${second.name}`,
    temps: [...temps, ...(second.temps ?? [])],
    dispatches: [
      ...first.dispatches.map((dispatch) => placed(dispatch, firstPlaces, 0)),
      ...second.dispatches.map((dispatch) => placed(dispatch, secondPlaces, temps.length)),
    ],
  };
}

/** A part's dispatch in the whole, where its temps begin at `firstTemp`. */
function placed(dispatch: Dispatch, { inputs, outputs }: Places, firstTemp: number): Dispatch {
  const place = (binding: Binding): Binding => {
    switch (binding.kind) {
      case 'input':
        return inputs[binding.index];
      case 'output':
        return write(outputs[binding.index]);
      case 'outputRead':
        return readOutput(outputs[binding.index]);
      case 'inout': {
        // Only what the whole is given can be changed in place.
        const input = inputs[binding.input] as Extract<Binding, { kind: 'input' }>;
        return { kind: 'inout', index: outputs[binding.index], input: input.index };
      }
      case 'temp':
        return { ...binding, index: binding.index + firstTemp };
    }
  };
  return { ...dispatch, bindings: dispatch.bindings.map(place) };
}
