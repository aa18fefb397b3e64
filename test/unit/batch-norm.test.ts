import { describe, expect, test } from 'vitest';
import { ArgumentError, DTypeError, GraphError, ShapeError } from '../../src/core/errors';
import { execute } from '../../src/cpu/execute';
import { GraphBuilder } from '../../src/ir/builder';
import type { Attrs } from '../../src/ir/graph';
import { batchNormOp } from '../../src/ops/batch-norm';
import { batchNormInferenceOp } from '../../src/ops/batch-norm-inference';
import { STATISTICS } from '../../src/ops/batch-norm-statistics';
import { groupNormOp } from '../../src/ops/group-norm';
import { layerNormOp } from '../../src/ops/layer-norm';
import { differentiate } from '../../src/passes/differentiate';

const training = { blend: 1, epsilon: 0.25, momentum: 0.5, unbiased: true, cumulative: false };

function build(shape: number[], attrs: Attrs = {}, channels = shape[shape.length - 1]) {
  const g = new GraphBuilder();
  const vector = { dtype: 'f32', shape: [channels] } as const;
  const values = [
    g.input('x', { dtype: 'f32', shape }),
    ...['gamma', 'beta', 'mean', 'variance'].map((name) => g.input(name, vector)),
  ];
  const outputs = g.apply(batchNormOp, values, { ...training, ...attrs });
  return { g, values, outputs };
}

function run(shape: number[], numbers: number[][], attrs?: Attrs) {
  const { g, values, outputs } = build(shape, attrs);
  const bound = values.map((value, i) => [value, Float64Array.from(numbers[i])] as const);
  const known = execute(g.build(), new Map(bound));
  return outputs.map((value) => [...known.get(value)!]);
}

describe('batchNorm', () => {
  test('by hand', () => {
    // Channel 0: 1, 5, mean 3, variance 4; channel 1: 2, 2.
    const [y, statistics, mean, variance] = run(
      [2, 2],
      [
        [1, 2, 5, 2],
        [2, 3],
        [0.5, -1],
        [1, 0],
        [2, 6],
      ],
      { epsilon: 5 },
    );
    expect(y).toEqual([0.5 - 4 / 3, -1, 0.5 + 4 / 3, -1]);
    expect(statistics.slice(0, 4)).toEqual([3, 2, 1 / 3, 1 / Math.sqrt(5)]);
    expect(statistics.slice(2 * STATISTICS.batchVariance)).toEqual([4, 0, 0, 0, 0, 0]);
    expect(mean).toEqual([2, 1]);
    // Unbiased: 8 and 0.
    expect(variance).toEqual([5, 3]);
  });

  test('one value a channel: y is beta, and the variance counts as 0 even unbiased', () => {
    const numbers = [
      [7, -9],
      [2, 3],
      [0.5, -1],
      [1, 1],
      [2, 6],
    ];
    const [y, , mean, variance] = run([1, 2], numbers);
    expect(y).toEqual([0.5, -1]);
    expect(mean).toEqual([4, -4]);
    expect(variance).toEqual([1, 3]);
  });

  test('a channel with NaN or infinity keeps its running statistics, others do not', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
      const numbers = [
        [bad, 1, 2, 3],
        [1, 1],
        [0, 0],
        [1, 1],
        [2, 2],
      ];
      const [, , mean, variance] = run([2, 2], numbers);
      expect(mean).toEqual([1, 1.5]);
      expect(variance).toEqual([2, 2]);
    }
  });

  test('what was not normalised by the batch does not see its NaN', () => {
    const [y] = run([2, 1], [[Number.NaN, 3], [1], [0], [1], [3.75]], { blend: 0 });
    expect(y).toEqual([Number.NaN, 1]);
  });
});

describe('errors', () => {
  test('vectors of the wrong length', () => {
    expect(() => build([4, 3], {}, 2)).toThrow(ShapeError);
    expect(() => build([4, 3], {}, 2)).toThrow(/batchNorm "batchNorm": gamma has shape \[3\]/);
  });

  test('numbers out of range', () => {
    expect(() => build([4, 3], { epsilon: Number.NaN })).toThrow(ArgumentError);
    expect(() => build([4, 3], { epsilon: -1 })).toThrow(ArgumentError);
    expect(() => build([4, 3], { momentum: 1.5 })).toThrow(ArgumentError);
    expect(() => build([4, 3], { blend: -0.1 })).toThrow(ArgumentError);
  });

  test('a cumulative average needs the count', () => {
    expect(() => build([4, 3], { cumulative: true })).toThrow(ShapeError);
    const { g, values } = build([4, 3]);
    const count = g.input('count', { dtype: 'f32', shape: [1] });
    const attrs = { ...training, cumulative: true };
    expect(() => g.apply(batchNormOp, [...values, count], attrs)).toThrow(DTypeError);
  });

  test('a loss that depends on the statistics', () => {
    const { g, values, outputs } = build([4, 3]);
    expect(() => differentiate(g.build(), new Map([[outputs[1], 1]]), [values[0]])).toThrow(
      GraphError,
    );
  });

  test('given statistics have no gradient', () => {
    const { g, values } = build([4, 3]);
    const y = g.op(batchNormInferenceOp, values, { epsilon: 1e-3 });
    expect(() => differentiate(g.build(), new Map([[y, 1]]), [values[3]])).toThrow(GraphError);
  });

  test('groups that do not divide the channels', () => {
    const { g, values } = build([4, 3]);
    const attrs = { groups: 2, epsilon: 1e-5 };
    expect(() => g.op(groupNormOp, values.slice(0, 3), attrs)).toThrow(ShapeError);
  });

  test('layer norm over more axes than there are', () => {
    const { g, values } = build([4, 3]);
    const attrs = { dims: 3, epsilon: 1e-5 };
    expect(() => g.op(layerNormOp, values.slice(0, 3), attrs)).toThrow(ArgumentError);
  });
});
