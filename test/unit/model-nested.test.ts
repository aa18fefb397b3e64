// A model's layers as part of a larger model.
import { expect, test } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors';
import * as m from '../../src/index';
import { runModel } from '../support/run-model';

const trunk = () => m.sequential([4], [m.dense(3, { name: 'stem' }), m.batchNorm(), m.relu()]);

test('a head on a trained network starts from its state', () => {
  const inner = trunk();
  const x = m.input([4]);
  const outer = m.model(x, m.dense(2)(inner.apply(x)));
  expect(outer.layers.slice(0, 3)).toEqual(inner.layers);
  const trained = inner.initialState(7);
  const state = outer.initialState(0);
  for (const [name, { values }] of trained) state.set(name, values);
  const features = runModel(inner, trained, [1, 2, 3, 4], { batch: 1 }).outputs.output;
  const [kernel, bias] = [state.get('dense/kernel'), state.get('dense/bias')];
  const want = [0, 1].map((unit) =>
    features.reduce((sum, f, i) => sum + f * kernel[2 * i + unit], bias[unit]),
  );
  const { output } = runModel(outer, state, [1, 2, 3, 4], { batch: 1 }).outputs;
  for (const [i, value] of output.entries()) expect(value).toBeCloseTo(want[i], 10);
});

test('applied twice it shares its weights', () => {
  const inner = trunk();
  const [a, b] = [m.input([4], { name: 'a' }), m.input([4], { name: 'b' })];
  const twins = m.model([a, b], m.subtract()(inner.apply(a), inner.apply(b)));
  expect(twins.countParams().total).toBe(inner.countParams().total);
  expect(m.modelFromConfig(twins.toConfig()).toConfig()).toEqual(twins.toConfig());
});

test('several inputs and outputs', () => {
  const [a, b] = [m.input([2]), m.input([2])];
  const outputNames = ['sum', 'difference'];
  const inner = m.model([a, b], [m.add()(a, b), m.subtract()(a, b)], { outputNames });
  const [c, d] = [m.input([5]), m.input([5])];
  const { sum, difference } = inner.applyAll(c, d);
  expect([sum.shape, difference.shape]).toEqual([[5], [5]]);
  expect(inner.apply([c, d]).call?.layer).toBe(inner.layers[0]);
});

test('what does not fit is refused', () => {
  const inner = trunk();
  expect(() => inner.apply()).toThrow(ArgumentError);
  expect(() => inner.apply(m.input([5]))).toThrow(ShapeError);
});
