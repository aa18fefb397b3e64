import { describe, expect, test } from 'vitest';
import { GraphError, LimitError } from '../../src/core/errors';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph } from '../../src/ir/graph';
import { f32, i32, type Lowering, type OpDef, read, u32, write } from '../../src/ir/op';
import { affineOp, reluOp } from '../../src/ops/activations';
import { addOp, mulOp } from '../../src/ops/binary';
import { reshapeOp } from '../../src/ops/reshape';
import { describePlan } from '../../src/plan/describe';
import { ParamPacker } from '../../src/plan/params';
import { plan } from '../../src/plan/plan';
import type { PlanDispatch } from '../../src/plan/types';
import { planLimits, planTraits } from '../support/plan-options';

const options = { adapter: planTraits, limits: planLimits };

function small(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'f32', shape: [3, 100] });
  const w = g.state('w', { dtype: 'f32', shape: [100] });
  const y = g.op(reluOp, [g.op(mulOp, [x, w], {}, 'scaled')], {}, 'active');
  g.output('y', g.op(reluOp, [y], {}, 'again'));
  g.output('flat', g.op(reshapeOp, [y], { shape: [300] }, 'flat'));
  g.update(w, g.op(affineOp, [w], { scale: 0.5, shift: 0 }, 'decay'));
  return g.build();
}

test('described as a table', () => {
  expect(`\n${describePlan(plan(small(), options))}`).toMatchInlineSnapshot(`
    "
    #  node    kernel         output      workgroups  KiB  kFLOP
    -  ------  -------------  ----------  ----------  ---  -----
    0  scaled  binary         f32[3,100]  1×1×1       2.7    0.3
    1  active  activation ×4  f32[3,100]  1×1×1       2.3    0.3
    2  again   activation ×4  f32[3,100]  1×1×1       2.3    0.3
    3  decay   activation ×4  f32[100]    1×1×1       0.8    0.1
    4  decay   copy (update)                          0.4

    4 dispatches, 1 copies, 3 pipelines; peak 3.6 KiB (lower bound 3.6 KiB)
    "
  `);
});

test('equal pipelines and parameter blocks are one', () => {
  const planned = plan(small(), options);
  const steps = planned.steps.filter((step): step is PlanDispatch => step.kind === 'dispatch');
  const [, active, again] = steps;
  expect(planned.pipelines[active.pipeline].kernel.name).toBe('activation');
  expect(again.pipeline).toBe(active.pipeline);
  expect(again.params).toEqual(active.params);
  const keys = planned.pipelines.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test('a plan is the same each time', () => {
  expect(plan(small(), options)).toEqual(plan(small(), options));
});

test('choose() picks the lowering', () => {
  const seen: string[] = [];
  plan(small(), {
    ...options,
    choose: (node, lowerings) => {
      seen.push(node.name);
      return lowerings[lowerings.length - 1];
    },
  });
  expect(seen).toEqual(['scaled', 'active', 'again', 'decay']);
});

test('parameters are packed little-endian, blocks aligned, equal ones shared', () => {
  const packer = new ParamPacker(256);
  const block = [u32(7), i32(-2), f32(0.5), u32(2 ** 31)];
  expect(packer.add(block)).toEqual({ offset: 0, bytes: 16 });
  expect(packer.add([f32(1), u32(1), u32(1), u32(1), u32(1)])).toEqual({ offset: 256, bytes: 32 });
  expect(packer.add(block)).toEqual({ offset: 0, bytes: 16 });
  // The same number of another type is another block.
  expect(packer.add([f32(7)])).toEqual({ offset: 512, bytes: 16 });
  const bytes = packer.finish();
  expect(bytes.length).toBe(768);
  const view = new DataView(bytes.buffer);
  expect(view.getUint32(0, true)).toBe(7);
  expect(view.getInt32(4, true)).toBe(-2);
  expect(view.getFloat32(8, true)).toBe(0.5);
  expect(view.getUint32(12, true)).toBe(2 ** 31);
  expect(view.getFloat32(256, true)).toBe(1);
  expect(view.getFloat32(512, true)).toBe(7);
});

describe('what does not fit is told before anything is allocated', () => {
  const lowering = (bindings: Lowering['dispatches'][0]['bindings'], x = 1): Lowering => ({
    name: 'plain',
    dispatches: [
      {
        kernel: { name: 'many', text: '', includes: [] },
        bindings,
        workgroups: [x, 1, 1],
        flops: 1,
      },
    ],
  });
  const many: OpDef = {
    name: 'many',
    infer: (inputs) => [inputs[0]],
    reference: ([x]) => [x],
    lower: ({ inputs, attrs }) => [
      lowering(
        attrs.unbound ? [read(0)] : [...inputs.map((_, i) => read(i)), write(0)],
        attrs.x as number,
      ),
    ],
  };
  const bare: OpDef = { ...many, name: 'bare', lower: undefined };
  const build = (op: OpDef, inputs: number, size: number, attrs: Record<string, number>) => {
    const g = new GraphBuilder();
    const x = g.input('wide', { dtype: 'f32', shape: [size] });
    g.output('out', g.op(op, Array(inputs).fill(x), attrs, 'busy'));
    return g.build();
  };
  const refusal = (graph: Graph): Error => {
    try {
      plan(graph, options);
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was refused');
  };

  test('a tensor larger than a binding', () => {
    const size = planLimits.maxStorageBufferBindingSize / 4 + 3;
    const error = refusal(build(many, 1, size, { x: 1 }));
    expect(error).toBeInstanceOf(LimitError);
    expect(error.message).toMatch(/"wide".*134217728 bytes.*134217740 bytes, 12 too many/);
  });

  test('an intermediate larger than a binding is called by its name', () => {
    const g = new GraphBuilder();
    const a = g.input('a', { dtype: 'f32', shape: [8192, 1] });
    const b = g.input('b', { dtype: 'f32', shape: [8192] });
    g.output('y', g.op(reluOp, [g.op(addOp, [a, b], {}, 'outer')], {}, 'y'));
    expect(() => plan(g.build(), options)).toThrow(/"outer".*268435456 bytes/);
  });

  test('more than eight tensors', () => {
    expect(plan(build(many, 7, 4, { x: 1 }), options).steps).toHaveLength(1);
    const error = refusal(build(many, 8, 4, { x: 1 }));
    expect(error).toBeInstanceOf(LimitError);
    expect(error.message).toMatch(/many "busy".*at most 8 tensors; found 9/);
  });

  test('too many workgroups', () => {
    expect(plan(build(many, 1, 4, { x: 65535 }), options).steps).toHaveLength(1);
    const error = refusal(build(many, 1, 4, { x: 65536 }));
    expect(error).toBeInstanceOf(LimitError);
    expect(error.message).toMatch(/many "busy".*65535 workgroups.*65536 × 1 × 1/);
  });

  test('an op that cannot be lowered, a lowering that forgets an output', () => {
    const bareError = refusal(build(bare, 1, 4, { x: 1 }));
    expect(bareError).toBeInstanceOf(GraphError);
    expect(bareError.message).toMatch(/bare "busy".*GPU lowering/);
    const unbound = refusal(build(many, 1, 4, { x: 1, unbound: 1 }));
    expect(unbound.message).toMatch(/many "busy".*binds every output/);
  });
});
