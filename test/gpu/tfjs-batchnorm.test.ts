// Numbers of TensorFlow.js and tf.keras: batch norm alone, and small networks trained with it.

import { describe, expect, test } from 'vitest';
import { worstError } from '../../src/core/compare';
import { execute } from '../../src/cpu/execute';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import type { Layer } from '../../src/model/layer';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { layerNorm } from '../../src/model/layers/norm';
import { flatten } from '../../src/model/layers/shape';
import { sequential } from '../../src/model/model';
import { affineOp, sqrtOp } from '../../src/ops/activations';
import { batchNormOp } from '../../src/ops/batch-norm';
import { batchNormInferenceOp } from '../../src/ops/batch-norm-inference';
import { addOp, divOp, mulOp, subOp } from '../../src/ops/binary';
import { differentiate } from '../../src/passes/differentiate';
import { compileGpu } from '../../src/runtime/compile';
import { compile } from '../../src/runtime/network';
import { fit } from '../../src/train/fit';
import { sgd } from '../../src/train/optimizers';
import file from '../data/tfjs-batchnorm/tfjs_batchnorm.json';
import { getDevice } from '../support/gpu';

interface OpCase {
  readonly kind: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly epsilon: number;
  readonly [key: string]: unknown;
}

interface FitCase {
  readonly name: string;
  readonly layers: readonly Record<string, unknown>[];
  readonly optimizer: { readonly lr: number };
  readonly x: unknown;
  readonly y: unknown;
  readonly epochs: number;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly own_float64_loss: readonly number[];
  readonly tolerance?: number;
}

const backends = ['gpu', 'cpu'] as const;
type Backend = (typeof backends)[number];

const flat = (value: unknown): number[] => [value].flat(Number.POSITIVE_INFINITY) as number[];

function check(name: string, got: ArrayLike<number>, want: readonly number[], rtol: number): void {
  const error = worstError(got, want, { name, shape: [want.length], atol: rtol, rtol });
  expect(error, error).toBeUndefined();
}

async function run(backend: Backend, graph: Graph): Promise<Record<string, ArrayLike<number>>> {
  if (backend === 'cpu') {
    const known = execute(graph, new Map());
    const outputs = [...graph.outputs].map(([name, value]) => [name, known.get(value)]);
    return Object.fromEntries(outputs);
  }
  const program = await compileGpu(graph, new GpuVariables(await getDevice()));
  const outputs = await program.run({});
  program.dispose();
  return outputs;
}

/** The case's tensors as constants; γ and β where they are left out. */
function tensors(g: GraphBuilder, opCase: OpCase) {
  const numbers = (key: string, otherwise: number) => {
    const length = (opCase.mean as number[]).length;
    return (opCase[key] ?? Array<number>(length).fill(otherwise)) as number[];
  };
  const whole = opCase.kind === 'gradient_elementwise_statistics';
  const constant = (key: string, otherwise = 0) => {
    const values = numbers(key, otherwise);
    const shape = whole || key === 'x' || key === 'dy' ? opCase.shape : [values.length];
    return g.constant(values, { dtype: 'f32', shape }, key);
  };
  return {
    x: constant('x'),
    mean: constant('mean'),
    variance: constant('variance'),
    offset: constant('offset', 0),
    scale: constant('scale', 1),
    constant,
  };
}

for (const backend of backends) {
  describe(`${backend}, ops`, () => {
    for (const opCase of file.op_cases as unknown as OpCase[]) {
      const { kind, name, epsilon } = opCase;
      test(`${kind}: ${name}`, async () => {
        const g = new GraphBuilder();
        if (kind === 'forward') {
          const { x, scale, offset, mean, variance } = tensors(g, opCase);
          const inputs = [x, scale, offset, mean, variance];
          g.output('y', g.op(batchNormInferenceOp, inputs, { epsilon }));
          check('y', (await run(backend, g.build())).y, opCase.expected as number[], 1e-5);
          return;
        }
        if (kind === 'batch_statistics') {
          const x = g.constant(opCase.x as number[], { dtype: 'f32', shape: opCase.shape });
          const type = { dtype: 'f32', shape: opCase.shape.slice(-1) } as const;
          const inputs = [x, g.fill(1, type), g.fill(0, type), g.fill(0, type), g.fill(1, type)];
          const attrs = { blend: 1, epsilon, momentum: 0, unbiased: false, cumulative: false };
          const [y, , mean, variance] = g.apply(batchNormOp, inputs, attrs);
          g.output('normed', y);
          g.output('mean', mean);
          g.output('variance', variance);
          const got = await run(backend, g.build());
          for (const key of ['normed', 'mean', 'variance']) {
            check(key, got[key], opCase[key] as number[], 1e-5);
          }
          return;
        }
        const { x, mean, variance, offset, scale, constant } = tensors(g, opCase);
        // By elementary ops, which have gradients for the statistics too.
        const root = g.op(sqrtOp, [g.op(affineOp, [variance], { shift: epsilon })]);
        const normed = g.op(divOp, [g.op(subOp, [x, mean]), root]);
        const y = g.op(addOp, [g.op(mulOp, [normed, scale]), offset]);
        const fused =
          kind === 'gradient_fixed_statistics'
            ? g.op(batchNormInferenceOp, [x, scale, offset, mean, variance], { epsilon })
            : undefined;
        const dy = constant('dy');
        const wrt = { dx: x, dmean: mean, dvariance: variance, doffset: offset, dscale: scale };
        const check_ = async (seed: Value, keys: readonly (keyof typeof wrt)[]) => {
          const values = keys.map((key) => wrt[key]);
          const { graph, gradients } = differentiate(g.build(), new Map([[seed, dy]]), values);
          const out = GraphBuilder.extend(graph);
          for (const key of keys) out.output(key, gradients.get(wrt[key]) as Value);
          const got = await run(backend, out.build());
          for (const key of keys) {
            check(key, got[key], opCase[`${key}_float64`] as number[], 1e-5);
            check(key, got[key], opCase[key] as number[], 1e-3);
          }
        };
        await check_(y, ['dx', 'dmean', 'dvariance', 'doffset', 'dscale']);
        if (fused) await check_(fused, ['dx', 'doffset', 'dscale']);
      });
    }
  });

  describe(`${backend}, fits`, () => {
    const cases = [...file.fit_cases, ...file.layernorm_fit_cases] as unknown as FitCase[];
    for (const fitCase of cases) {
      test(fitCase.name, async () => {
        const { layers, optimizer, epochs, expected, tolerance = 2e-4 } = fitCase;
        const arange = fitCase.x === 'arange(50).reshape(2,5,5,1)';
        const x = arange ? Array.from({ length: 50 }, (_, i) => i) : flat(fitCase.x);
        const shape = shapeOf(layers[0], fitCase.x);
        const model = sequential(shape, layers.map(layerOf));
        const net = await (backend === 'cpu'
          ? compile(model, { backend })
          : compile(model, { device: await getDevice() }));
        const losses: number[] = [];
        const training = fit(
          net,
          { x, y: flat(fitCase.y) },
          {
            loss: 'meanSquaredError',
            optimizer: sgd({ learningRate: optimizer.lr }),
            epochs,
            batch: 32,
            shuffle: false,
          },
        );
        for await (const { loss } of training) losses.push(loss);
        check('loss', losses, expected.loss as number[], tolerance);
        // The learning rate is an f32, also on the CPU.
        check('loss', losses, fitCase.own_float64_loss, backend === 'cpu' ? 5e-6 : 2e-4);
        const state = await net.getState();
        const named = { moving_mean: 'movingMean', moving_variance: 'movingVariance' };
        for (const [key, want] of Object.entries(expected)) {
          if (key === 'loss') continue;
          const number = /^dense(\d)_kernel$/.exec(key)?.[1];
          const kernels = state.names().filter((name) => name.endsWith('/kernel'));
          const own = (named as Record<string, string>)[key] ?? key;
          const name = number
            ? kernels[Number(number) - 1]
            : state.names().find((candidate) => candidate.endsWith(`/${own}`));
          check(key, state.get(name as string), flat(want), 1e-5);
        }
        net.dispose();
      });
    }
  });
}

function layerOf(layer: Record<string, unknown>): Layer {
  switch (layer.type) {
    case 'batchNormalization':
      return batchNorm();
    case 'layerNormalization':
      return layerNorm(layer.axis ? { axis: layer.axis as number[] } : {});
    case 'dense':
      return dense(layer.units as number, {
        kernelInitializer: 'ones',
        useBias: layer.use_bias !== false,
      });
    case 'conv2d':
      return conv2d(layer.filters as number, layer.kernelSize as number, {
        kernelInitializer: 'ones',
        padding: 'valid',
        useBias: true,
      });
    case 'flatten':
      return flatten();
    default:
      throw new Error(`unknown layer ${layer.type}`);
  }
}

function shapeOf(first: Record<string, unknown>, x: unknown): number[] {
  if (first.inputShape) return first.inputShape as number[];
  return [((x as number[][])[0] as number[]).length];
}
