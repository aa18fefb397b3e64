import { describe, expect, test } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors';
import { execute } from '../../src/cpu/execute';
import { GraphBuilder } from '../../src/ir/builder';
import { opNamed } from '../../src/ops';
import { reduceMaxOp } from '../../src/ops/reduce';
import { differentiate } from '../../src/passes/differentiate';

function build(op: string, shape: number[], attrs: Record<string, number[] | boolean>) {
  const g = new GraphBuilder();
  return g.op(opNamed(op), [g.input('x', { dtype: 'f32', shape })], attrs);
}

describe('reduceMax', () => {
  test('the gradient goes to the first maximum in row-major order', () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'f32', shape: [2, 2, 3] });
    const y = g.op(reduceMaxOp, [x], { axes: [0, 2], keepDims: false });
    const dy = g.constant([5, 7], y);
    const { graph, gradients } = differentiate(g.build(), new Map([[y, dy]]), [x]);
    const numbers = Float64Array.of(1, 3, 3, 0, 0, 0, 3, 1, 1, 0, 0, 0);
    const known = execute(graph, new Map([[x, numbers]]));
    expect([...known.get(y)!]).toEqual([3, 0]);
    expect([...known.get(gradients.get(x)!)!]).toEqual([0, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('errors', () => {
  test('an axis out of range', () => {
    expect(() => build('reduceSum', [2, 3], { axes: [2] })).toThrow(ShapeError);
    expect(() => build('reduceSum', [2, 3], { axes: [-3] })).toThrow(/reduceSum "reduceSum"/);
  });

  test('an axis twice', () => {
    expect(() => build('reduceMean', [2, 3], { axes: [1, -1] })).toThrow(ArgumentError);
  });

  test('broadcasting to a shape that does not fit', () => {
    expect(() => build('broadcastTo', [2, 3], { shape: [3] })).toThrow(ArgumentError);
    expect(() => build('broadcastTo', [3], { shape: [2, 4] })).toThrow(ShapeError);
  });
});
