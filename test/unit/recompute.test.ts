// What is computed again instead of being kept: the same numbers, in less memory.
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import {
  add,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalAveragePooling2d,
  input,
  isBatchNorm,
  type Model,
  maxPooling2d,
  model,
  relu,
  sequential,
  setBatchNormMode,
} from '../../src/index';
import type { Graph, Value } from '../../src/ir/graph';
import { recompute } from '../../src/passes/recompute';
import { plan } from '../../src/plan/plan';
import { planLimits, planTraits } from '../support/plan-options';
import { trainingStep as step } from '../support/training-step';

const conv = { padding: 'same', useBias: false } as const;
const block = (filters: number) => [conv2d(filters, 3, conv), batchNorm(), relu()];

const chain = (size: number) =>
  sequential(
    [size, size, 2],
    [...block(8), ...block(8), ...block(8), maxPooling2d(), flatten(), dense(2)],
  );

/** Residual blocks one after the other: each sum is an operand of the next. */
function residual(size: number): Model {
  const image = input([size, size, 8]);
  let x = image;
  for (let i = 0; i < 3; i++) {
    const [first, norm, active] = block(8);
    const path = batchNorm()(conv2d(8, 3, conv)(active(norm(first(x)))));
    x = relu()(add()(path, x));
  }
  return model(image, dense(2)(globalAveragePooling2d()(x)));
}

const peak = (graph: Graph) =>
  plan(graph, { adapter: planTraits, limits: planLimits }).lowerBoundBytes;
const added = (graph: Graph) => graph.nodes.filter(({ op }) => op.name === 'batchNormAgain');

function run(graph: Graph): Float64Array[] {
  const random = new Random(5);
  const leaves = [...graph.inputs, ...graph.states];
  const numbers = leaves.map(({ shape, dtype }) =>
    Float64Array.from({ length: sizeOf(shape) }, () =>
      dtype === 'i32' ? 1 : 0.2 + random.uniform(),
    ),
  );
  const known = execute(graph, new Map(leaves.map((value, i) => [value, numbers[i]])));
  const wanted = [...graph.outputs.values(), ...graph.updates.values()];
  return wanted.map((value: Value) => known.get(value) as Float64Array);
}

const largestDifference = (a: Float64Array, b: Float64Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe('recompute', () => {
  test.each([
    ['a chain', chain, 0.75],
    ['residual blocks', residual, 0.75],
  ])('%s: less memory, the same numbers', (_, net, share) => {
    const large = step(net(64));
    expect(peak(recompute(large))).toBeLessThan(share * peak(large));
    const graph = step(net(8));
    const less = recompute(graph);
    expect(added(less)).not.toEqual([]);
    const [got, want] = [run(less), run(graph)];
    got.forEach((values, i) => {
      expect(largestDifference(values, want[i])).toBeLessThan(1e-12);
    });
  });

  test('frozen batch norms too', () => {
    const net = chain(32);
    setBatchNormMode(net, 'frozen');
    for (const layer of net.layers) if (isBatchNorm(layer)) layer.trainable = true;
    const graph = step(net);
    const less = recompute(graph);
    const counted = (of: Graph) => of.nodes.filter(({ op }) => op.name === 'batchNormInference');
    expect(counted(less).length).toBeGreaterThan(counted(graph).length);
    expect(peak(less)).toBeLessThan(peak(graph));
  });

  test('reads only what is kept anyway', () => {
    const less = recompute(step(residual(16)));
    expect(added(less).length).toBeGreaterThan(2);
    for (const node of added(less)) {
      const at = less.nodes.indexOf(node);
      for (const value of node.inputs) {
        const last = less.nodes.map(({ inputs }) => inputs.includes(value)).lastIndexOf(true);
        expect(last, value.name).toBeGreaterThan(at);
      }
    }
  });

  test('leaves alone what gains nothing', () => {
    // The weights are the peak, when the activations are gone.
    const wide = step(sequential([4], [dense(300), batchNorm(), relu(), dense(300), dense(2)]));
    expect(recompute(wide)).toBe(wide);
    const less = recompute(step(chain(16)));
    expect(recompute(less)).toBe(less);
  });

  test('leaves alone what is put out', () => {
    const graph = step(chain(16));
    const norms = graph.nodes.filter(({ op }) => op.name === 'batchNorm');
    const outputs = new Map(norms.map(({ name, outputs: [y] }) => [name, y]));
    const watched = { ...graph, outputs: new Map([...graph.outputs, ...outputs]) };
    expect(recompute(watched)).toBe(watched);
  });
});
