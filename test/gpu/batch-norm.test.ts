// What the case tables cannot say of batch norm on the GPU: bad numbers, and the same bits twice.

import { beforeAll, expect, test } from 'vitest';
import { Random } from '../../src/core/random';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import { squareOp } from '../../src/ops/activations';
import { batchNormOp } from '../../src/ops/batch-norm';
import { differentiate } from '../../src/passes/differentiate';
import { compileGpu } from '../../src/runtime/compile';
import { choosing } from '../../src/self-test/lowerings';
import { getDevice } from '../support/gpu';

let variables: GpuVariables;
beforeAll(async () => {
  variables = new GpuVariables(await getDevice());
});

/**
 * Normalises `x` [rows, channels] with running mean 1 and variance 2 by the lowering of that rank;
 * gives all outputs and gradients.
 */
async function train(x: Float32Array, channels: number, blend = 1, rank = 0) {
  const g = new GraphBuilder();
  const vector = { dtype: 'f32', shape: [channels] } as const;
  const input = g.input('x', { dtype: 'f32', shape: [x.length / channels, channels] });
  const gamma = g.fill(1.5, vector);
  const values = [input, gamma, g.fill(-0.5, vector), g.fill(1, vector), g.fill(2, vector)];
  const attrs = { blend, epsilon: 1e-3, momentum: 0.5, unbiased: false, cumulative: false };
  const [y, statistics, mean, variance] = g.apply(batchNormOp, values, attrs);
  const dy = g.op(squareOp, [y]);
  const { graph, gradients } = differentiate(g.build(), new Map([[y, dy]]), [input, gamma]);
  const result = GraphBuilder.extend(graph);
  const outputs = {
    y,
    statistics,
    mean,
    variance,
    dx: gradients.get(input)!,
    dgamma: gradients.get(gamma)!,
  };
  for (const [name, value] of Object.entries(outputs)) result.output(name, value);
  const program = await compileGpu(result.build(), variables, {
    choose: choosing(rank).choose,
  });
  try {
    return (await program.run({ x })) as Record<keyof typeof outputs, Float32Array>;
  } finally {
    program.dispose();
  }
}

/** Standard normal, rows of `channels`. */
function normal(rows: number, channels: number): Float32Array {
  const random = new Random(11);
  return Float32Array.from({ length: rows * channels }, () => random.normal());
}

// 5 channels go through the scalar kernels and, with 12 rows, through folded vec4 ones.
for (const [channels, rows] of [
  [8, 67],
  [5, 13],
  [5, 12],
  [4, 700],
  // With tiles that have no rows.
  [4, 1030],
]) {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30]) {
    // First of a tile (its shift), and elsewhere; one by each lowering.
    for (const row of [0, rows - 1]) {
      test(`${bad} in row ${row} of [${rows},${channels}] stays in its channel`, async () => {
        const rank = row === 0 ? 0 : 1;
        const sound = await train(normal(rows, channels), channels, 1, rank);
        const x = normal(rows, channels);
        x[row * channels + 2] = bad;
        const hurt = await train(x, channels, 1, rank);
        const channelOf = (values: Float32Array, c: number) =>
          values.filter((_, i) => i % channels === c);
        for (let c = 0; c < channels; c++) {
          if (c === 2) continue;
          for (const name of ['y', 'dx', 'mean', 'variance', 'statistics', 'dgamma'] as const) {
            expect(channelOf(hurt[name], c), name).toEqual(channelOf(sound[name], c));
          }
        }
        expect(hurt.mean[2]).toBe(1);
        expect(hurt.variance[2]).toBe(2);
        expect(sound.mean[2]).not.toBe(1);
        expect(sound.variance[2]).not.toBe(2);
      });
    }
  }
}

test('a NaN does not spread where running statistics normalise', async () => {
  const x = normal(67, 8);
  x[2] = Number.NaN;
  const { y, dx } = await train(x, 8, 0);
  expect([...y.keys()].filter((i) => Number.isNaN(y[i]))).toEqual([2]);
  expect([...dx.keys()].filter((i) => Number.isNaN(dx[i]))).toEqual([2]);
});

test('a channel of zero variance gives exactly beta', async () => {
  const { y, statistics } = await train(new Float32Array(300 * 4).fill(0.1), 4);
  expect(new Set(y)).toEqual(new Set([-0.5]));
  expect([...statistics.slice(3 * 4, 4 * 4)]).toEqual([0, 0, 0, 0]);
});

test('the same bits twice', async () => {
  const x = normal(1111, 12);
  for (const rank of [0, 1]) {
    expect(await train(x, 12, 1, rank)).toEqual(await train(x, 12, 1, rank));
  }
});
