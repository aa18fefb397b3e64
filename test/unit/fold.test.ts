// Folding as a graph rewrite: the same numbers by other nodes, and only where that is so.

import { describe, expect, test } from 'vitest';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import { absOp, expOp, reluOp, squareOp } from '../../src/ops/activations';
import { batchNormInferenceOp } from '../../src/ops/batch-norm-inference';
import { addOp, mulOp } from '../../src/ops/binary';
import { sliceOp } from '../../src/ops/concat';
import { conv2dOp } from '../../src/ops/conv';
import { denseOp } from '../../src/ops/matmul';
import { reshapeOp } from '../../src/ops/reshape';
import { foldBatchNorm } from '../../src/passes/fold-batch-norm';
import { removeDead } from '../../src/passes/remove-dead';
import { staticFirst } from '../../src/passes/static-first';

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;

interface Parts {
  readonly g: GraphBuilder;
  readonly x: Value;
  readonly w: Value;
  readonly b: Value;
  norm(y: Value): Value;
}

function graph(build: (parts: Parts) => Value): Graph {
  const g = new GraphBuilder();
  const [x, w, b] = [
    g.input('x', f32(2, 4, 4, 3)),
    g.state('w', f32(3, 3, 3, 5)),
    g.state('b', f32(5)),
  ];
  const vectors = ['gamma', 'beta', 'mean', 'variance'].map((name) => g.state(name, f32(5)));
  const norm = (y: Value) => g.op(batchNormInferenceOp, [y, ...vectors], { epsilon: 1e-3 }, 'bn');
  g.output('y', build({ g, x, w, b, norm }));
  return g.build();
}

function run(of: Graph): Float64Array {
  const random = new Random(2);
  const numbers = [...of.inputs, ...of.states].map((value): [Value, Float64Array] => [
    value,
    Float64Array.from({ length: sizeOf(value.shape) }, () => 0.2 + random.uniform()),
  ]);
  return execute(of, new Map(numbers)).get(of.outputs.get('y') as Value) as Float64Array;
}

const norms = ({ nodes }: Graph) => nodes.filter(({ op }) => op === batchNormInferenceOp).length;

describe('a batch norm folds', () => {
  const folds: Record<string, (parts: Parts) => Value> = {
    'into a convolution': ({ g, x, w, norm }) => norm(g.op(conv2dOp, [x, w])),
    'into one with a bias': ({ g, x, w, b, norm }) =>
      norm(g.op(conv2dOp, [x, w, b], { strides: [2, 2] })),
    'into a dense layer': ({ g, x, w, b, norm }) => {
      const flat = g.op(reshapeOp, [w], { shape: [27, 5] });
      const rows = g.op(reshapeOp, [x], { shape: [32, 3] });
      return norm(
        g.op(denseOp, [rows, g.op(sliceOp, [flat], { starts: [0, 0], sizes: [3, 5] }), b]),
      );
    },
  };
  test.each(Object.entries(folds))('%s', (_, build) => {
    const before = graph(build);
    const after = removeDead(foldBatchNorm(before));
    expect(norms(after)).toBe(0);
    const [want, got] = [run(before), run(after)];
    got.forEach((value, i) => {
      expect(Math.abs(value - want[i])).toBeLessThan(1e-12 * Math.max(1, Math.abs(want[i])));
    });
    // All that is new depends on states only.
    const { graph: ordered, count } = staticFirst(after);
    expect(count).toBeGreaterThanOrEqual(after.nodes.length - 2);
    expect([...run(ordered)]).toEqual([...got]);
  });
});

describe('a batch norm stays', () => {
  const stays: Record<string, (parts: Parts) => Value> = {
    'where something else needs its input': ({ g, x, w, norm }) => {
      const y = g.op(conv2dOp, [x, w]);
      return g.op(addOp, [norm(y), y]);
    },
    'where its input is put out': ({ g, x, w, norm }) => {
      const y = g.op(conv2dOp, [x, w]);
      g.output('seen', y);
      return norm(y);
    },
    'behind an activation': ({ g, x, w, norm }) => norm(g.op(reluOp, [g.op(conv2dOp, [x, w])])),
  };
  test.each(Object.entries(stays))('%s', (_, build) => {
    const before = graph(build);
    expect(foldBatchNorm(before)).toBe(before);
  });
});

describe('static nodes', () => {
  test('are those that no input and no changing state reaches', () => {
    const g = new GraphBuilder();
    const [x, w, changing] = [g.input('x', f32(2)), g.state('w', f32(2)), g.state('c', f32(2))];
    const early = g.op(expOp, [g.op(squareOp, [w], {}, 'square')], {}, 'exp');
    const next = g.op(addOp, [changing, early], {}, 'next');
    g.update(changing, next);
    g.output('y', g.op(mulOp, [x, early], {}, 'mul'));
    g.output('fixed', g.op(absOp, [w], {}, 'abs'));
    const { graph: ordered, count } = staticFirst(g.build());
    expect(count).toBe(2);
    expect(ordered.nodes.map(({ name }) => name)).toEqual(['square', 'exp', 'next', 'mul', 'abs']);
  });

  test('are none where there are only views', () => {
    const g = new GraphBuilder();
    const w = g.op(reshapeOp, [g.state('w', f32(4))], { shape: [2, 2] });
    g.output('y', g.op(addOp, [g.input('x', f32(2, 2)), w]));
    const before = g.build();
    expect(staticFirst(before)).toEqual({ graph: before, count: 0 });
  });
});
