import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GraphError } from '../../src/core/errors';
import { execute } from '../../src/cpu/execute';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import type { OpDef } from '../../src/ir/op';
import { verify } from '../../src/ir/verify';
import { affineOp, expOp, reluOp, squareOp, tanhOp } from '../../src/ops/activations';
import { addOp, mulOp, subOp } from '../../src/ops/binary';
import { maxPool2dOp } from '../../src/ops/max-pool';
import { differentiate } from '../../src/passes/differentiate';
import { removeDead } from '../../src/passes/remove-dead';
import { split } from '../../src/passes/split';

const type = { dtype: 'f32', shape: [3] } as const;

function run(graph: Graph, numbers: Record<string, number[]>) {
  const leaves = [...graph.inputs, ...graph.states];
  const known = new Map(
    leaves.map((v): [Value, Float64Array] => [v, Float64Array.from(numbers[v.name])]),
  );
  const all = execute(graph, known);
  const named = (entries: Iterable<[string, Value]>) =>
    Object.fromEntries(
      [...entries].map(([name, value]) => [name, [...(all.get(value) as Float64Array)]]),
    );
  return {
    outputs: named(graph.outputs),
    states: named([...graph.updates].map(([state, value]): [string, Value] => [state.name, value])),
  };
}

describe('removeDead', () => {
  test('keeps what outputs and updates need, and no more', () => {
    const g = new GraphBuilder();
    const x = g.input('x', type);
    const s = g.state('s', type);
    const unused = g.constant([1, 2, 3], type, 'unused');
    const used = g.constant([4, 5, 6], type, 'used');
    g.op(addOp, [g.op(reluOp, [x], {}, 'dead'), unused], {}, 'dead too');
    g.output('y', g.op(addOp, [x, used], {}, 'live'));
    g.update(s, g.op(reluOp, [s], {}, 'updating'));
    const before = g.build();
    const after = removeDead(before);
    verify(after);
    expect(after.nodes.map(({ name }) => name)).toEqual(['live', 'updating']);
    expect(after.constants.map(({ value }) => value.name)).toEqual(['used']);
    expect([after.inputs, after.states]).toEqual([before.inputs, before.states]);
    expect(before.nodes).toHaveLength(4);
    expect(removeDead(after)).toEqual(after);
  });

  test('keeps a node of which one output is used', () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'f32', shape: [1, 2, 2, 1] });
    const attrs = { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1] };
    const outputs = g.apply(maxPool2dOp, [x], attrs);
    g.output('y', outputs[0]);
    expect(removeDead(g.build()).nodes).toHaveLength(1);
  });
});

describe('split', () => {
  function graph(): Graph {
    const g = new GraphBuilder();
    const x = g.input('x', type);
    const s = g.state('s', type);
    const t = g.state('t', type);
    const a = g.op(mulOp, [x, s]);
    const b = g.op(tanhOp, [a]);
    const c = g.op(addOp, [b, t]);
    g.output('early', a);
    g.output('late', g.op(mulOp, [c, a]));
    g.output('input', x);
    g.output('old', s);
    g.update(s, b);
    g.update(t, s);
    return g.build();
  }
  const numbers = { x: [1, -2, 0.5], s: [0.25, 3, -1], t: [5, 6, 7] };

  test.each([0, 1, 2, 3, 4])('after %i nodes: both halves together are the whole', (count) => {
    const whole = graph();
    const { head, tail } = split(whole, count);
    verify(head);
    verify(tail);
    const first = run(head, numbers);
    const second = run(tail, { ...numbers, ...first.outputs });
    const want = run(whole, numbers);
    const got = { ...first.outputs, ...second.outputs };
    for (const name of whole.outputs.keys()) expect(got[name]).toEqual(want.outputs[name]);
    expect({ ...first.states, ...second.states }).toEqual(want.states);
  });
});

describe('differentiate', () => {
  const derive = (body: (g: GraphBuilder, x: Value, y: Value) => Value, wrt: 'x' | 'y' = 'x') => {
    const g = new GraphBuilder();
    const [x, y] = [g.input('x', type), g.input('y', type)];
    const out = body(g, x, y);
    const target = wrt === 'x' ? x : y;
    const { graph, gradients } = differentiate(g.build(), new Map([[out, 1]]), [target]);
    const result = GraphBuilder.extend(graph);
    result.output('d', gradients.get(target) as Value);
    return run(result.build(), { x: [1, -2, 0.5], y: [2, 3, 5] }).outputs.d;
  };

  test('a value used twice gets the sum', () => {
    expect(derive((g, x) => g.op(mulOp, [x, x]))).toEqual([2, -4, 1]);
    expect(derive((g, x, y) => g.op(addOp, [g.op(mulOp, [x, y]), x]))).toEqual([3, 4, 6]);
    expect(derive((g, x) => g.op(addOp, [x, x]))).toEqual([2, 2, 2]);
  });

  test('a value that the loss is itself has gradient 1', () => {
    expect(derive((_g, x) => x)).toEqual([1, 1, 1]);
  });

  test('a value that the loss does not depend on has gradient 0', () => {
    expect(derive((g, x) => g.op(squareOp, [x]), 'y')).toEqual([0, 0, 0]);
  });

  test('what is not wanted is not computed', () => {
    const g = new GraphBuilder();
    const [x, y] = [g.input('x', type), g.input('y', type)];
    const out = g.op(mulOp, [g.op(expOp, [x], {}, 'x side'), g.op(expOp, [y], {}, 'y side')]);
    const before = g.build();
    const { graph } = differentiate(before, new Map([[out, 1]]), [x]);
    const names = graph.nodes.slice(before.nodes.length).map(({ name }) => name);
    expect(names.some((name) => name.includes('x side'))).toBe(true);
    expect(names.some((name) => name.includes('y side'))).toBe(false);
    expect(graph.nodes.slice(0, before.nodes.length)).toEqual(before.nodes);
  });

  test('several seeds, one a value', () => {
    const g = new GraphBuilder();
    const x = g.input('x', type);
    const dy = g.input('dy', type);
    const [a, b] = [g.op(squareOp, [x]), g.op(affineOp, [x], { scale: 3, shift: 0 })];
    const seeds = new Map<Value, Value | number>([
      [a, dy],
      [b, 2],
    ]);
    const { graph, gradients } = differentiate(g.build(), seeds, [x]);
    const result = GraphBuilder.extend(graph);
    result.output('d', gradients.get(x) as Value);
    const got = run(result.build(), { x: [1, 2, 3], dy: [10, 100, 1000] });
    expect(got.outputs.d).toEqual([26, 406, 6006]);
  });

  test('a seed of another shape is refused', () => {
    const g = new GraphBuilder();
    const x = g.input('x', type);
    const dy = g.input('dy', { dtype: 'f32', shape: [1] });
    const y = g.op(squareOp, [x]);
    expect(() => differentiate(g.build(), new Map([[y, dy]]), [x])).toThrow(GraphError);
  });

  test('an op without a gradient is refused by name, but only on the way', () => {
    const step: OpDef = {
      name: 'step',
      infer: (inputs) => [inputs[0]],
      reference: ([x]) => [x.map(Math.sign)],
    };
    const g = new GraphBuilder();
    const [x, y] = [g.input('x', type), g.input('y', type)];
    const out = g.op(mulOp, [g.op(step, [x], {}, 'hard'), y]);
    const graph = g.build();
    const seeds = new Map([[out, 1]]);
    expect(() => differentiate(graph, seeds, [x])).toThrow(/step "hard".*gradient/);
    expect(differentiate(graph, seeds, [y]).gradients.has(y)).toBe(true);
  });

  test('gradients of random polynomials are exact', () => {
    const terms = fc.array(fc.tuple(fc.constantFrom(addOp, mulOp, subOp), fc.nat(50), fc.nat(50)), {
      minLength: 1,
      maxLength: 6,
    });
    const property = fc.property(terms, (picks) => {
      // Forward-mode derivative beside it, by hand.
      const x = [1, -2, 0.5];
      const values: { at: number[]; d: number[] }[] = [
        { at: x, d: [1, 1, 1] },
        { at: [2, 3, 5], d: [0, 0, 0] },
      ];
      const got = derive((g, a, b) => {
        const nodes = [a, b];
        for (const [op, i, j] of picks) {
          const [p, q] = [values[i % values.length], values[j % values.length]];
          nodes.push(g.op(op, [nodes[i % nodes.length], nodes[j % nodes.length]]));
          const sign = op === subOp ? -1 : 1;
          values.push(
            op === mulOp
              ? {
                  at: p.at.map((v, k) => v * q.at[k]),
                  d: p.d.map((v, k) => v * q.at[k] + p.at[k] * q.d[k]),
                }
              : {
                  at: p.at.map((v, k) => v + sign * q.at[k]),
                  d: p.d.map((v, k) => v + sign * q.d[k]),
                },
          );
        }
        return nodes[nodes.length - 1];
      });
      const want = values[values.length - 1].d;
      got.forEach((value, k) => {
        expect(value).toBeCloseTo(want[k], 6 - Math.ceil(Math.log10(1 + Math.abs(want[k]))));
      });
    });
    fc.assert(property, { seed: 5, numRuns: 200 });
  });
});
