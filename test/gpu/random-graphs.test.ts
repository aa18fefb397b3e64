// Random small graphs, forwards and backwards, on the GPU against the CPU reference: residuals,
// concatenations, views, several uses of a value, states updated in place. A failure prints the seed
// and the smallest graph that fast-check could make of it. RANDOM_RUNS asks for more graphs.

import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { largestMagnitude, worstError } from '../../src/core/compare';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import { printGraph } from '../../src/ir/print';
import {
  affineOp,
  eluOp,
  leakyReluOp,
  reluOp,
  sigmoidOp,
  siluOp,
  softsignOp,
  tanhOp,
} from '../../src/ops/activations';
import { avgPool2dOp } from '../../src/ops/avg-pool';
import { batchNormOp } from '../../src/ops/batch-norm';
import { addOp, mulOp, subOp } from '../../src/ops/binary';
import { concatOp, sliceOp } from '../../src/ops/concat';
import { conv2dOp } from '../../src/ops/conv';
import { sgdUpdateOp } from '../../src/ops/optimizers';
import { reduceMeanOp } from '../../src/ops/reduce';
import { reshapeOp } from '../../src/ops/reshape';
import { transposeOp } from '../../src/ops/transpose';
import { differentiate } from '../../src/passes/differentiate';
import { fuseGradients } from '../../src/passes/fuse-gradients';
import { removeDead } from '../../src/passes/remove-dead';
import { compileGpu } from '../../src/runtime/compile';
import { CpuVariables, compileCpu } from '../../src/runtime/cpu-program';
import type { Variables } from '../../src/runtime/program';
import { choosing } from '../../src/self-test/lowerings';
import { getDevice } from '../support/gpu';
import { randomRuns, randomSeed } from '../support/random-options';

/** A graph as data that shrinks: numbers pick among what there is. */
interface Recipe {
  readonly image: readonly [number, number, number, number];
  readonly nodes: readonly (readonly [kind: number, a: number, b: number, c: number])[];
  /** Which lowering of each op. */
  readonly rank: number;
}

const pick = fc.nat(999);
const recipes: fc.Arbitrary<Recipe> = fc.record({
  image: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 9 }),
  ),
  nodes: fc.array(fc.tuple(pick, pick, pick, pick), { minLength: 1, maxLength: 12 }),
  rank: fc.integer({ min: 0, max: 2 }),
});

const same = (a: Value, b: Value) => a.shape.join() === b.shape.join();
const bounded = [tanhOp, sigmoidOp, siluOp, eluOp, softsignOp, reluOp, leakyReluOp];

class Maker {
  readonly g = new GraphBuilder();
  readonly values: Value[];
  readonly parameters: Value[] = [];

  constructor(recipe: Recipe) {
    const x = this.g.input('x', { dtype: 'f32', shape: recipe.image });
    this.values = [x];
    for (const [kind, a, b, c] of recipe.nodes) {
      const value = this.#node(kind, this.values[a % this.values.length], b, c);
      if (value && sizeOf(value.shape) <= 4096) this.values.push(value);
    }
  }

  #parameter(shape: readonly number[]): Value {
    const value = this.g.state(`p${this.parameters.length}`, { dtype: 'f32', shape });
    this.parameters.push(value);
    return value;
  }

  #node(kind: number, x: Value, b: number, c: number): Value | undefined {
    const { g } = this;
    const { shape } = x;
    const channels = shape[3];
    const [h, w] = [shape[1], shape[2]];
    switch (kind % 12) {
      case 0: {
        const kernel = 1 + (b % 3);
        const [before, after] = [Math.floor((kernel - 1) / 2), Math.ceil((kernel - 1) / 2)];
        const filters = 1 + (c % 5);
        const weights = this.#parameter([kernel, kernel, channels, filters]);
        return g.op(conv2dOp, [x, weights], {
          strides: [1 + (b % 2), 1],
          pads: [before, before, after, after],
          dilations: [1, 1],
          groups: 1,
        });
      }
      case 1: {
        if (shape[0] * h * w < 8) return undefined;
        const scale = g.op(affineOp, [this.#parameter([channels])], { scale: 0.3, shift: 1 });
        const zeros = g.fill(0, { dtype: 'f32', shape: [channels] });
        const ones = g.fill(1, { dtype: 'f32', shape: [channels] });
        const attrs = { epsilon: 0.1, momentum: 0.9, unbiased: false, cumulative: false };
        const inputs = [x, scale, this.#parameter([channels]), zeros, ones];
        return g.apply(batchNormOp, inputs, { ...attrs, blend: [1, 0.5, 0][c % 3] })[0];
      }
      case 2:
        return g.op(bounded[b % bounded.length], [x]);
      case 3: {
        const fitting = this.values.filter((other) => same(other, x));
        return g.op([addOp, subOp, addOp][c % 3], [x, fitting[b % fitting.length]]);
      }
      case 4: {
        const fitting = this.values.filter((other) => same(other, x));
        return g.op(mulOp, [g.op(tanhOp, [x]), fitting[b % fitting.length]]);
      }
      case 5: {
        const fitting = this.values.filter(({ shape: s }) =>
          [0, 1, 2].every((i) => s[i] === shape[i]),
        );
        return g.op(concatOp, [x, fitting[b % fitting.length]], { axis: 3 });
      }
      case 6: {
        const start = b % channels;
        const size = 1 + (c % (channels - start));
        return g.op(sliceOp, [x], { starts: [0, 0, 0, start], sizes: [shape[0], h, w, size] });
      }
      case 7:
        return g.op(reshapeOp, [x], {
          shape: b % 2 ? [shape[0], w, h, channels] : [1, shape[0] * h, w, channels],
        });
      case 8:
        return g.op(transposeOp, [x], { perm: b % 2 ? [0, 2, 1, 3] : [0, 1, 3, 2] });
      case 9:
        return g.op(avgPool2dOp, [x], {
          size: [Math.min(2, h), Math.min(2, w)],
          strides: [1 + (b % 2), 1 + (c % 2)],
          pads: [0, 0, 0, 0],
          countIncludePad: false,
        });
      case 10:
        return g.op(reduceMeanOp, [x], { axes: b % 2 ? [1, 2] : [3], keepDims: true });
      default:
        return g.op(mulOp, [x, this.#parameter(b % 2 ? [channels] : [1])]);
    }
  }

  /** Forwards, the gradient of Σ tanh(y)·(its own weights), and descent on the parameters in place. */
  build(): Graph {
    const { g } = this;
    const y = this.values[this.values.length - 1];
    const dy = g.input('dy', y);
    const z = g.op(tanhOp, [y]);
    g.output('z', z);
    g.output('middle', this.values[this.values.length >> 1]);
    const x = this.values[0];
    const { graph, gradients } = differentiate(g.build(), new Map([[z, dy]]), [
      x,
      ...this.parameters,
    ]);
    const result = GraphBuilder.extend(graph);
    result.output('dx', gradients.get(x) as Value);
    this.parameters.forEach((parameter, i) => {
      const gradient = gradients.get(parameter) as Value;
      if (i % 3 === 2) result.output(`d${parameter.name}`, gradient);
      else if (i % 3 === 1) {
        const step = result.op(affineOp, [gradient], { scale: -0.1, shift: 0 });
        result.update(parameter, result.op(addOp, [parameter, step]));
      } else {
        const rate = result.scalar(0.1);
        const count = result.constant([0], { dtype: 'i32', shape: [1] });
        const inputs = [parameter, gradient, rate, count, rate];
        result.update(parameter, result.op(sgdUpdateOp, inputs, { weightDecay: 0 }));
      }
    });
    return fuseGradients(removeDead(result.build()));
  }
}

function numbersFor(shape: readonly number[], stream: number): Float32Array {
  const random = new Random(randomSeed, stream);
  return Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
}

async function results(graph: Graph, variables: Variables, run: 'gpu' | 'cpu', rank: number) {
  graph.states.forEach((state, i) => {
    variables.create(
      state.name,
      state,
      numbersFor(state.shape, 100 + i).map((v) => 0.4 * v),
    );
  });
  const program =
    run === 'cpu'
      ? compileCpu(graph, variables as CpuVariables)
      : await compileGpu(graph, variables as GpuVariables, { choose: choosing(rank).choose });
  const inputs = Object.fromEntries(graph.inputs.map((v, i) => [v.name, numbersFor(v.shape, i)]));
  // Two steps: the second starts from the states that the first left.
  const steps = await program.runSteps([inputs, inputs]);
  const named = new Map(
    steps.flatMap((outputs, k) =>
      Object.entries(outputs).map(([name, values]) => [`${name} of step ${k}`, values]),
    ),
  );
  for (const { name } of graph.states) named.set(`state ${name}`, await variables.get(name));
  program.dispose();
  variables.dispose();
  return named;
}

let device: GPUDevice;
beforeAll(async () => {
  device = await getDevice();
});

const RUNS = 60;

test('random graphs, forwards and backwards', async () => {
  const property = fc.asyncProperty(recipes, async (recipe) => {
    const graph = new Maker(recipe).build();
    const [got, want] = [
      await results(graph, new GpuVariables(device), 'gpu', recipe.rank),
      await results(graph, new CpuVariables(), 'cpu', 0),
    ];
    for (const [name, values] of want) {
      // Errors grow along a chain of ops; a wrong kernel is off by far more.
      const atol = 2e-4 * Math.max(1e-2, largestMagnitude(values));
      const shape = [values.length];
      const error = worstError(got.get(name) ?? [], values, { name, shape, atol });
      expect(error, `${printGraph(graph)}${error}`).toBeUndefined();
    }
  });
  await fc.assert(property, { seed: randomSeed, numRuns: randomRuns ?? RUNS });
}, 600_000);
