import { Random } from '../../../src/core/random';
import type { Model } from '../../../src/model/model';
import type { ModelState } from '../../../src/model/state';

/** Numbers that are not those that the layers start with: running statistics too. */
export function randomState(of: Model): ModelState {
  const random = new Random(11);
  const state = of.initialState(7);
  for (const name of state.names()) {
    const values = state.get(name);
    if (!(values instanceof Float32Array)) continue;
    const positive = /Variance|gamma|deviation/.test(name);
    state.set(
      name,
      values.map((x) => (positive ? 0.5 + random.uniform() : x + 0.1 * random.normal())),
    );
  }
  return state;
}

/** Normally distributed numbers, the same each time. */
export const numbers = (count: number, seed: number) => {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal());
};
