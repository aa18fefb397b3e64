import { describe, expect, test } from 'vitest';
import { GraphError, NameError, ShapeError } from '../../src/core/errors';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Node, Value } from '../../src/ir/graph';
import { gridOf } from '../../src/ir/op';
import { printGraph } from '../../src/ir/print';
import { verify } from '../../src/ir/verify';
import { clipOp, reluOp } from '../../src/ops/activations';
import { addOp } from '../../src/ops/binary';
import { planTraits } from '../support/plan-options';

const type = { dtype: 'f32', shape: [2, 3] } as const;

function small(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', type);
  const s = g.state('s', type);
  const c = g.constant([1, 2, 3], { dtype: 'f32', shape: [3] }, 'c');
  const y = g.scoped('block', () => g.op(addOp, [x, c], {}, 'sum'));
  g.output('y', g.op(clipOp, [y], { low: 0, high: 6 }));
  g.update(s, y);
  return g.build();
}

test('printed, a line a value', () => {
  expect(printGraph(small())).toMatchInlineSnapshot(`
    "input %0 f32[2,3] "x"
    state %1 f32[2,3] "s"
    constant %2 f32[3] "c"
    %3 f32[2,3] = add(%0, %2) "block/sum"
    %4 f32[2,3] = clip(%3) {low: 0, high: 6} "clip"
    output "y" %4
    update "s" %1 := %3
    "
  `);
});

describe('the verifier finds', () => {
  const refused = (change: (graph: Graph) => Graph, words: RegExp) => {
    const graph = small();
    verify(graph);
    expect(() => verify(change(graph))).toThrow(GraphError);
    expect(() => verify(change(graph))).toThrow(words);
  };
  const withNode = (graph: Graph, i: number, change: Partial<Node>): Graph => ({
    ...graph,
    nodes: graph.nodes.map((node, k) => (k === i ? { ...node, ...change } : node)),
  });
  const stranger: Value = { id: 99, name: 'stranger', ...type };

  test('a value with two producers', () => {
    refused(
      (graph) => ({ ...graph, states: [...graph.states, graph.inputs[0]] }),
      /"x".*one producer/,
    );
    refused(
      (graph) => ({ ...graph, constants: [...graph.constants, ...graph.constants] }),
      /constant "c".*one producer/,
    );
    refused(
      (graph) => withNode(graph, 1, { outputs: graph.nodes[0].outputs }),
      /clip "clip".*one producer/,
    );
  });

  test('a value that is used before it is made, or never made', () => {
    refused((graph) => ({ ...graph, nodes: [...graph.nodes].reverse() }), /clip.*produced before/);
    refused((graph) => withNode(graph, 1, { inputs: [stranger] }), /clip.*"stranger"/);
    refused(
      (graph) => ({ ...graph, outputs: new Map([['o', stranger]]) }),
      /output "o".*"stranger"/,
    );
    refused(
      (graph) => ({ ...graph, updates: new Map([[graph.states[0], stranger]]) }),
      /update of "s".*"stranger"/,
    );
  });

  test('outputs of another type or number than the shape rule says', () => {
    refused((graph) => {
      const [y] = graph.nodes[1].outputs;
      return withNode(graph, 1, { outputs: [{ ...y, shape: [3, 2] }] });
    }, /clip.*f32\[2,3\].*f32\[3,2\]/);
    refused((graph) => {
      const [y] = graph.nodes[1].outputs;
      return withNode(graph, 1, { outputs: [{ ...y, dtype: 'f16' }] });
    }, /clip.*f16/);
    refused((graph) => {
      const { outputs } = graph.nodes[1];
      return withNode(graph, 1, { outputs: [...outputs, stranger] });
    }, /clip/);
  });

  test('an update of what is no state, or by another type', () => {
    refused(
      (graph) => ({ ...graph, updates: new Map([[graph.inputs[0], graph.inputs[0]]]) }),
      /"x".*only states/,
    );
    refused(
      (graph) => ({ ...graph, updates: new Map([[graph.states[0], graph.constants[0].value]]) }),
      /"s".*f32\[2,3\].*f32\[3\]/,
    );
  });

  test('inputs that the op refuses, with its own error', () => {
    const graph = small();
    const wrong = withNode(graph, 0, {
      inputs: [graph.inputs[0], { id: 98, name: 'w', dtype: 'f32', shape: [7] }],
    });
    const known = { ...wrong, inputs: [...graph.inputs, wrong.nodes[0].inputs[1]] };
    expect(() => verify(known)).toThrow(ShapeError);
  });
});

describe('the builder refuses', () => {
  const g = () => new GraphBuilder();

  test('names that are there', () => {
    const b = g();
    const x = b.input('x', type);
    expect(() => b.input('x', type)).toThrow(NameError);
    expect(() => b.state('x', type)).toThrow(/"x"/);
    b.output('y', x);
    expect(() => b.output('y', x)).toThrow(NameError);
    expect(() => GraphBuilder.extend(b.build()).input('x', type)).toThrow(NameError);
  });

  test('a second update, a wrong number of constants', () => {
    const b = g();
    const s = b.state('s', type);
    b.update(s, s);
    expect(() => b.update(s, s)).toThrow(GraphError);
    expect(() => b.constant([1], type)).toThrow(/\[2,3\].*6.*1/);
  });

  test('shapes that no tensor has', () => {
    for (const shape of [[0], [-1], [1.5], [Number.NaN], Array(9).fill(1), [2 ** 16, 2 ** 15]]) {
      expect(() => g().input('x', { dtype: 'f32', shape }), `${shape}`).toThrow(ShapeError);
    }
  });

  test('errors name the op and the node with its scope', () => {
    const b = g();
    const [x, y] = [b.input('x', type), b.input('y', { dtype: 'f32', shape: [4] })];
    const build = () => b.scoped('stem', () => b.op(addOp, [x, y], {}, 'sum'));
    expect(build).toThrow(/add "stem\/sum"/);
    expect(build).toThrow(/\[2,3\] and \[4\]/);
  });
});

test('extending leaves the graph as it is and gives new ids', () => {
  const graph = small();
  const before = printGraph(graph);
  const b = GraphBuilder.extend(graph);
  const z = b.op(reluOp, [graph.nodes[1].outputs[0]]);
  const ids = [...graph.inputs, ...graph.states, ...graph.nodes.flatMap((node) => node.outputs)];
  expect(ids.map(({ id }) => id)).not.toContain(z.id);
  expect(b.build().nodes).toHaveLength(3);
  expect(printGraph(graph)).toBe(before);
});

test('long grids wrap and cover every workgroup', () => {
  for (const count of [0, 1, 9, 10, 11, 99, 100]) {
    const [x, y, z] = gridOf(count, { ...planTraits, maxWorkgroupsPerDimension: 10 });
    expect(x * y * z).toBeGreaterThanOrEqual(Math.max(1, count));
    expect(x).toBeLessThanOrEqual(10);
    expect(y).toBeLessThanOrEqual(10);
    // No more than a row's worth of idle ones.
    expect(x * y - count).toBeLessThan(Math.max(2, y));
  }
});
