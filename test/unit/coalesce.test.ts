// Updates of states that follow one another in memory become one dispatch, where that changes nothing.
import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import { affineOp } from '../../src/ops/activations';
import { mulOp } from '../../src/ops/binary';
import { momentumUpdateOp, sgdUpdateOp } from '../../src/ops/optimizers';
import { coalesce } from '../../src/plan/coalesce';
import { plan } from '../../src/plan/plan';
import type { Plan, PlanDispatch, StateHome } from '../../src/plan/types';
import { planLimits, planTraits } from '../support/plan-options';

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;

interface Step {
  readonly g: GraphBuilder;
  readonly parameters: readonly Value[];
  readonly gradients: readonly Value[];
  readonly update: (i: number, gradient: Value, velocity?: boolean, weightDecay?: number) => Value;
}

/** Parameters of 3, 70 and 5 numbers, their gradients made by nodes, and what updates one of them. */
function step(sizes = [3, 70, 5]): Step {
  const g = new GraphBuilder();
  const rate = g.input('rate', f32());
  const guard = g.input('guard', f32());
  const count = g.state('count', { dtype: 'i32', shape: [1] });
  const parameters = sizes.map((size, i) => g.state(`w${i}`, f32(size)));
  const gradients = parameters.map((value, i) => {
    const input = g.input(`x${i}`, value);
    return g.op(mulOp, [input, value], {}, `gradient${i}`);
  });
  const update: Step['update'] = (i, gradient, velocity = true, weightDecay = 0) => {
    const fixed = [parameters[i], gradient, rate, count, guard];
    const slots = velocity ? [g.state(`v${i}`, parameters[i])] : [];
    const op = velocity ? momentumUpdateOp : sgdUpdateOp;
    const changed = g.apply(op, [...fixed, ...slots], { weightDecay }, `update${i}`);
    [parameters[i], ...slots].forEach((state, s) => {
      g.update(state, changed[s]);
    });
    return changed[0];
  };
  return { g, parameters, gradients, update };
}

/** States by their first letter in one memory each, slots of 256 or 512 bytes, in the order of `order`. */
function homes(order: readonly number[] = [0, 1, 2]): (state: string) => StateHome | undefined {
  const slots = [256, 512, 256];
  const offsets = new Map<number, number>();
  let bytes = 0;
  for (const i of order) {
    offsets.set(i, bytes);
    bytes += slots[i];
  }
  return (state) => {
    const offset = offsets.get(Number(state[1]));
    if (offset === undefined) return undefined;
    return { key: state.charCodeAt(0), bytes, offset, slot: slots[Number(state[1])] };
  };
}

const planOf = (graph: Graph, homeOf = homes()): Plan =>
  plan(graph, { adapter: planTraits, limits: planLimits, homeOf, arrange: coalesce });

const updatesIn = ({ steps }: Plan) =>
  steps.filter((s): s is PlanDispatch => s.kind === 'dispatch' && /Update$/.test(s.op));

function simple(): Graph {
  const { g, gradients, update } = step();
  gradients.forEach((gradient, i) => {
    update(i, gradient);
  });
  return g.build();
}

describe('one dispatch', () => {
  test('spans all states and gradients, gaps included', () => {
    const planned = planOf(simple());
    const updates = updatesIn(planned);
    expect(updates.map(({ node }) => node)).toEqual(['update0 +2']);
    const own = updates[0].bindings.filter(({ bytes }) => bytes > 4);
    expect(own.map(({ bytes }) => bytes)).toEqual([1024, 1024, 1024]);
    expect(planned.pipelines[updates[0].pipeline].width).toBe(4);
    const { offset = 0 } = updates[0].params ?? {};
    expect(new DataView(planned.params.buffer).getUint32(offset, true)).toBe(1024 / 16);
    const states = planned.buffers.filter(({ role }) => role === 'state');
    expect(states.map(({ bytes }) => bytes).sort()).toEqual([1024, 1024, 4].sort());
  });

  test('each gradient lies where its parameter does', () => {
    const planned = planOf(simple());
    const [update] = updatesIn(planned);
    const [gradient] = update.bindings;
    const written = planned.steps.flatMap((s) =>
      s.kind === 'dispatch' && /^gradient/.test(s.node)
        ? s.bindings.filter(({ access }) => access === 'write')
        : [],
    );
    expect(written.map(({ buffer }) => buffer)).toEqual(Array(3).fill(gradient.buffer));
    expect(written.map(({ offset }) => offset - gradient.offset)).toEqual([0, 256, 768]);
  });

  test('in whatever order the states lie', () => {
    const planned = planOf(simple(), homes([2, 0, 1]));
    expect(updatesIn(planned).map(({ node }) => node)).toEqual(['update2 +2']);
  });
});

describe('dispatches of their own', () => {
  const names = (graph: Graph, homeOf = homes()) =>
    updatesIn(planOf(graph, homeOf)).map(({ node }) => node);

  test('states with memory of their own', () => {
    expect(names(simple(), () => undefined)).toEqual(['update0', 'update1', 'update2']);
  });

  test('only neighbours join: one in between does not learn', () => {
    const { g, gradients, update } = step();
    for (const i of [0, 2]) update(i, gradients[i]);
    expect(names(g.build())).toEqual(['update0', 'update2']);
  });

  test('another attribute, another rule', () => {
    const { g, gradients, update } = step();
    update(0, gradients[0], true, 0.5);
    update(1, gradients[1]);
    update(2, gradients[2], false);
    expect(names(g.build())).toEqual(['update0', 'update1', 'update2']);
  });

  test('one gradient for two', () => {
    const { g, gradients, update } = step([3, 70, 3]);
    for (const i of [0, 2]) update(i, gradients[0]);
    expect(names(g.build(), homes([0, 2, 1]))).toEqual(['update0', 'update2']);
  });

  test('a gradient that is computed from another', () => {
    const { g, gradients, update } = step([3, 70, 3]);
    update(0, g.op(mulOp, [gradients[0], gradients[2]], {}, 'product'));
    for (const i of [1, 2]) update(i, gradients[i]);
    expect(names(g.build())).toEqual(['update0', 'update1', 'update2']);
  });

  test('a new value that is read before the next update', () => {
    const { g, gradients, update } = step();
    const first = update(0, gradients[0]);
    g.output('y', g.op(affineOp, [first], { scale: 2, shift: 0 }, 'reader'));
    update(1, gradients[1]);
    update(2, gradients[2]);
    expect(names(g.build())[0]).toBe('update0');
  });
});
