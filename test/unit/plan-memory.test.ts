// Plans of random graphs, carried out on arrays against the reference: whatever the planner shares,
// updates in place or copies, the numbers must be those of the graph.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { execute } from '../../src/cpu/execute';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import { printGraph } from '../../src/ir/print';
import { describePlan } from '../../src/plan/describe';
import { plan } from '../../src/plan/plan';
import type { Plan } from '../../src/plan/types';
import { planLimits, planTraits } from '../support/plan-options';
import { bumpOp, forkOp, mixOp, simulate, toyNumbers, viewOp } from '../support/toy-ops';

const options = { adapter: planTraits, limits: planLimits };
const SIZES = [64, 64, 128, 256, 64, 192];
const type = (size: number) => ({ dtype: 'f32', shape: [size] }) as const;

/** How a graph is made, as data that shrinks: numbers pick among what is there. */
interface Recipe {
  readonly states: number;
  readonly nodes: readonly { op: 'mix' | 'fork' | 'bump' | 'view'; picks: readonly number[] }[];
  readonly outputs: readonly number[];
  readonly updates: readonly number[];
}

const pick = fc.nat(1000);
const recipes: fc.Arbitrary<Recipe> = fc.record({
  states: fc.integer({ min: 0, max: 3 }),
  nodes: fc.array(
    fc.record({
      op: fc.constantFrom('mix', 'mix', 'fork', 'bump', 'bump', 'view'),
      picks: fc.array(pick, { minLength: 4, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  outputs: fc.array(pick, { minLength: 1, maxLength: 4 }),
  updates: fc.array(pick, { minLength: 3, maxLength: 3 }),
});

function build({ states, nodes, outputs, updates }: Recipe): Graph {
  const g = new GraphBuilder();
  const values: Value[] = [
    g.input('x', type(64)),
    g.input('y', type(128)),
    g.constant(new Float32Array(64).fill(3), type(64), 'c'),
  ];
  const made = Array.from({ length: states }, (_, i) => g.state(`s${i}`, type(64)));
  values.push(...made);
  nodes.forEach(({ op, picks: [a, b, c, d] }, i) => {
    const at = (n: number) => values[n % values.length];
    if (op === 'mix') {
      const inputs = [at(a), at(b), at(c)].slice(0, 1 + (d % 3));
      values.push(g.op(mixOp, inputs, { seed: i + 1, size: SIZES[d % SIZES.length] }));
    } else if (op === 'fork') values.push(...g.apply(forkOp, [at(a)], { seed: i + 1 }));
    else if (op === 'bump') values.push(g.op(bumpOp, [at(a), at(b)]));
    else values.push(g.op(viewOp, [at(a)]));
  });
  outputs.forEach((n, i) => {
    g.output(`o${i}`, values[n % values.length]);
  });
  made.forEach((state, i) => {
    const fitting = values.filter(({ shape }) => shape.length === 1 && shape[0] === 64);
    if (updates[i] % 4) g.update(state, fitting[updates[i] % fitting.length]);
  });
  return g.build();
}

function check(graph: Graph): Plan {
  const planned = plan(graph, options);
  const numbers = toyNumbers(graph);
  const known = execute(
    graph,
    new Map([...graph.inputs, ...graph.states].map((value) => [value, numbers[value.name]])),
  );
  const { outputs, states } = simulate(planned, numbers);
  for (const [name, value] of graph.outputs) {
    expect(outputs[name], `output "${name}"`).toEqual(known.get(value));
  }
  for (const state of graph.states) {
    const want = graph.updates.get(state) ?? state;
    expect(states[state.name], `state "${state.name}"`).toEqual(known.get(want));
  }
  return planned;
}

test('random graphs', () => {
  const property = fc.property(recipes, (recipe) => {
    const graph = build(recipe);
    try {
      const { peakBytes, lowerBoundBytes } = check(graph);
      expect(peakBytes).toBeGreaterThanOrEqual(lowerBoundBytes);
    } catch (error) {
      const shown = `${printGraph(graph)}${describePlan(plan(graph, options))}`;
      throw new Error(`${shown}${error instanceof Error ? error.message : error}`);
    }
  });
  fc.assert(property, { seed: 11, numRuns: 1500 });
});

describe('states and outputs', () => {
  const make = (body: (g: GraphBuilder, a: Value, b: Value, x: Value) => void) => {
    const g = new GraphBuilder();
    body(g, g.state('a', type(64)), g.state('b', type(64)), g.input('x', type(64)));
    return check(g.build());
  };
  const copies = ({ steps }: Plan) => steps.filter(({ kind }) => kind === 'copy').length;

  test('two states change places', () => {
    make((g, a, b) => {
      g.update(a, b);
      g.update(b, a);
    });
  });

  test('a state is updated in place without a copy', () => {
    const planned = make((g, a, _b, x) => g.update(a, g.op(bumpOp, [a, x])));
    expect(copies(planned)).toBe(0);
    expect(planned.steps).toHaveLength(1);
  });

  test('its old value is an output meanwhile', () => {
    make((g, a, _b, x) => {
      g.update(a, g.op(bumpOp, [a, x]));
      g.output('old', a);
    });
  });

  test('its old value is read after the update, directly and through a view', () => {
    make((g, a, _b, x) => {
      const updated = g.op(bumpOp, [a, x]);
      g.update(a, updated);
      g.output('o', g.op(mixOp, [updated, a], { seed: 1, size: 64 }));
    });
    make((g, a, _b, x) => {
      const view = g.op(viewOp, [a]);
      g.update(a, g.op(bumpOp, [a, x]));
      g.output('o', g.op(mixOp, [view], { seed: 1, size: 64 }));
    });
  });

  test('its old value goes to another state', () => {
    make((g, a, b, x) => {
      g.update(a, g.op(bumpOp, [a, x]));
      g.update(b, a);
    });
  });

  test('one value for two states and two outputs', () => {
    make((g, a, b, x) => {
      const value = g.op(bumpOp, [a, x]);
      g.update(a, value);
      g.update(b, value);
      g.output('o', value);
      g.output('again', value);
      g.output('view', g.op(viewOp, [value]));
    });
  });

  test('outputs that nothing computes', () => {
    make((g, a, _b, x) => {
      g.output('input', x);
      g.output('state', a);
      g.output('view', g.op(viewOp, [x]));
      g.output('constant', g.constant([1, 2], type(2)));
    });
  });

  test('a tensor changed by itself', () => {
    make((g, a, _b, x) => {
      g.update(a, g.op(bumpOp, [a, a]));
      const y = g.op(mixOp, [x], { seed: 1, size: 64 });
      g.output('o', g.op(bumpOp, [y, g.op(viewOp, [y])]));
    });
  });
});

describe('peak memory is within 10% of the largest live set', () => {
  const tight = (graph: Graph) => {
    const { peakBytes, lowerBoundBytes } = check(graph);
    expect(peakBytes / lowerBoundBytes).toBeLessThanOrEqual(1.1);
  };
  const next = (g: GraphBuilder, inputs: Value[], size: number) =>
    g.op(mixOp, inputs, { seed: 1, size });
  const start = (g: GraphBuilder) => g.input('x', type(1024));
  /** Like an image classifier's: growing, then halving at every stage. */
  const sizes = [4096, 4096, 1024, 2048, 2048, 512, 1024, 1024, 256, 64, 10];

  test('a chain', () => {
    const g = new GraphBuilder();
    g.output(
      'y',
      sizes.reduce((x, size) => next(g, [x], size), start(g)),
    );
    tight(g.build());
  });

  test('a residual net', () => {
    const g = new GraphBuilder();
    let x = next(g, [start(g)], 4096);
    for (const size of [4096, 4096, 2048, 2048, 1024, 1024]) {
      const inner = next(g, [next(g, [x], size)], size);
      x = next(g, [inner, x.shape[0] === size ? x : next(g, [x], size)], size);
    }
    g.output('y', next(g, [x], 10));
    tight(g.build());
  });

  test('a net with concatenations', () => {
    const g = new GraphBuilder();
    let x = next(g, [start(g)], 1024);
    for (let i = 1; i < 7; i++) x = next(g, [x, next(g, [next(g, [x], 512)], 256)], 1024 + 256 * i);
    g.output('y', x);
    tight(g.build());
  });

  test.each([0, 1])('training (residual: %i)', (residual) => {
    const g = new GraphBuilder();
    const kept: { x: Value; w: Value; y: Value }[] = [];
    let x = start(g);
    sizes.forEach((size, i) => {
      const w = g.state(`w${i}`, type(128));
      const y = next(g, residual && i > 1 ? [x, w, kept[i - 2].y] : [x, w], size);
      kept.push({ x, w, y });
      x = y;
    });
    let dy = next(g, [x], x.shape[0]);
    for (const { x: input, w, y } of kept.reverse()) {
      const dz = next(g, [dy, y], y.shape[0]);
      g.update(w, g.op(bumpOp, [w, next(g, [dz, input], 128)]));
      dy = next(g, [dz, w], input.shape[0]);
    }
    g.output('loss', next(g, [x], 1));
    tight(g.build());
  });
});
