// Convolutions and batch norms as one node: where they are, the same numbers, and who takes them.
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import {
  add,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  input,
  isBatchNorm,
  type Model,
  model,
  relu,
  sequential,
  setBatchNormMode,
} from '../../src/index';
import type { Graph } from '../../src/ir/graph';
import type { AdapterTraits } from '../../src/ir/op';
import { fuseStatistics } from '../../src/passes/fuse-statistics';
import { plan } from '../../src/plan/plan';
import { planLimits, planTraits } from '../support/plan-options';
import { trainingStep as step } from '../support/training-step';

const conv = { padding: 'same', useBias: false } as const;

/** With a bias, and a residual behind the second batch norm. */
function residual(filters: number): Model {
  const image = input([6, 5, 4]);
  const first = relu()(batchNorm()(conv2d(filters, 3, { padding: 'same' })(image)));
  const sum = add()(batchNorm()(conv2d(filters, 1, conv)(first)), first);
  return model(image, dense(2)(flatten()(relu()(sum))));
}

const count = ({ nodes }: Graph, name: string) => nodes.filter(({ op }) => op.name === name).length;
const counts = (graph: Graph) =>
  ['conv2d', 'batchNorm', 'conv2dBatchNorm'].map((name) => count(graph, name));

describe('fuseStatistics', () => {
  test('the same numbers, of the same values', () => {
    const graph = step(residual(8));
    const fused = fuseStatistics(graph);
    expect(counts(graph)).toEqual([2, 2, 0]);
    expect(counts(fused)).toEqual([0, 0, 2]);
    const random = new Random(5);
    const numbers = [...graph.inputs, ...graph.states].map((value) => {
      const draw = () => (value.dtype === 'i32' ? 1 : 0.2 + random.uniform());
      return [value, Float64Array.from({ length: sizeOf(value.shape) }, draw)] as const;
    });
    const [got, want] = [fused, graph].map((one) => execute(one, new Map(numbers)));
    for (const value of [...graph.outputs.values(), ...graph.updates.values()]) {
      expect(got.get(value)).toEqual(want.get(value));
    }
  });

  test('leaves alone what something reads in between, and batch norms without the batch', () => {
    const image = input([6, 5, 4]);
    const y = conv2d(8, 3, conv)(image);
    const both = add()(relu()(y), batchNorm()(y));
    const shared = step(model(image, dense(2)(flatten()(both))));
    expect(fuseStatistics(shared)).toBe(shared);

    const own = step(model(image, dense(2)(flatten()(add()(batchNorm()(y), y)))));
    expect(fuseStatistics(own)).toBe(own);

    const net = residual(8);
    setBatchNormMode(net, 'frozen');
    for (const layer of net.layers) if (isBatchNorm(layer)) layer.trainable = true;
    const frozen = step(net);
    expect(fuseStatistics(frozen)).toBe(frozen);

    const plain = step(sequential([4], [dense(8), batchNorm(), relu(), dense(2)]));
    expect(fuseStatistics(plain)).toBe(plain);
  });

  /** Kernels of the plan that sum up statistics. */
  function summing(net: Model, adapter: Partial<AdapterTraits>): string[] {
    const made = plan(fuseStatistics(step(net)), {
      adapter: { ...planTraits, ...adapter },
      limits: planLimits,
    });
    return made.steps.flatMap((one) => {
      const name = one.kind === 'dispatch' ? made.pipelines[one.pipeline].kernel.name : '';
      return ['conv2d_tiled_statistics', 'batch_norm_stats'].includes(name) ? [name] : [];
    });
  }

  test('summed up where the output is made, if tiles make it', () => {
    const tiles = 'conv2d_tiled_statistics';
    expect(summing(residual(64), {})).toEqual([tiles, tiles]);
    expect(summing(residual(64), { software: true })).not.toContain(tiles);
    // Few filters, or one a channel, are better made by other kernels.
    expect(summing(residual(8), {})).not.toContain(tiles);
    const depthwise = [depthwiseConv2d(3, conv), batchNorm(), relu(), flatten(), dense(2)];
    expect(summing(sequential([6, 5, 64], depthwise), {})).toEqual(['batch_norm_stats']);
  });
});
