// Fusing as a graph rewrite: which nodes become one, and the same numbers.

import { describe, expect, test } from 'vitest';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import { GraphBuilder } from '../../src/ir/builder';
import { type Graph, rootsOf, type Value } from '../../src/ir/graph';
import type { OpDef } from '../../src/ir/op';
import { printGraph } from '../../src/ir/print';
import { verify } from '../../src/ir/verify';
import {
  activationOps,
  clipOp,
  geluOp,
  logOp,
  reluOp,
  siluOp,
  sqrtOp,
  tanhOp,
} from '../../src/ops/activations';
import { batchNormOp } from '../../src/ops/batch-norm';
import { batchNormInferenceOp } from '../../src/ops/batch-norm-inference';
import { addOp, mulOp } from '../../src/ops/binary';
import { conv2dOp } from '../../src/ops/conv';
import { denseOp } from '../../src/ops/matmul';
import { differentiate } from '../../src/passes/differentiate';
import { fuse } from '../../src/passes/fuse';
import { fuseGradients } from '../../src/passes/fuse-gradients';
import { removeDead } from '../../src/passes/remove-dead';

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
const TRAINING = { blend: 1, epsilon: 1e-3, momentum: 0.9, unbiased: false, cumulative: false };

/** A graph builder with an image, and layers on it that keep its shape. */
class Parts {
  readonly g = new GraphBuilder();
  readonly x = this.g.input('x', f32(2, 4, 4, 3));
  readonly parameters: Value[] = [];

  #state(name: string, ...shape: number[]): Value {
    const value = this.g.state(`${name}${this.parameters.length}`, f32(...shape));
    this.parameters.push(value);
    return value;
  }

  conv(x: Value): Value {
    const attrs = { pads: [0, 0, 0, 0] };
    return this.g.op(conv2dOp, [x, this.#state('w', 1, 1, 3, 3)], attrs, 'conv');
  }

  norm(x: Value): Value {
    const inputs = [x, this.#state('gamma', 3), this.#state('beta', 3)];
    const running = ['mean', 'variance'].map((name) =>
      this.g.state(`${name}${this.parameters.length}`, f32(3)),
    );
    const [y, , mean, variance] = this.g.apply(
      batchNormOp,
      [...inputs, ...running],
      TRAINING,
      'bn',
    );
    this.g.update(running[0], mean);
    this.g.update(running[1], variance);
    return y;
  }

  frozen(x: Value): Value {
    const vectors = ['gamma', 'beta'].map((name) => this.#state(name, 3));
    const given = ['mean', 'variance'].map((name) =>
      this.g.state(`${name}${this.parameters.length}`, f32(3)),
    );
    return this.g.op(batchNormInferenceOp, [x, ...vectors, ...given], { epsilon: 1e-3 }, 'frozen');
  }

  /** The graph whose output is `y`, or the gradients of Σ y·dy too. */
  build(y: Value, training: boolean): Graph {
    this.g.output('y', y);
    if (!training) return this.g.build();
    const dy = this.g.input('dy', y);
    const wrt = [this.x, ...this.parameters];
    const { graph, gradients } = differentiate(this.g.build(), new Map([[y, dy]]), wrt);
    const g = GraphBuilder.extend(graph);
    wrt.forEach((value, i) => {
      g.output(`d${i}`, gradients.get(value) as Value);
    });
    return removeDead(g.build());
  }
}

function build(make: (parts: Parts) => Value, training = false): Graph {
  const parts = new Parts();
  return parts.build(make(parts), training);
}

function run(graph: Graph): Float64Array[] {
  const random = new Random(2);
  const numbers = [...graph.inputs, ...graph.states].map((value): [Value, Float64Array] => {
    const positive = /variance|gamma/.test(value.name);
    const number = () => (positive ? 0.5 + random.uniform() : random.normal());
    return [value, Float64Array.from({ length: sizeOf(value.shape) }, number)];
  });
  const all = execute(graph, new Map(numbers));
  return rootsOf(graph).map((value) => all.get(value) as Float64Array);
}

function expectSame(before: Graph, after: Graph): void {
  verify(after);
  const want = run(before);
  run(after).forEach((values, root) => {
    values.forEach((value, i) => {
      expect(Math.abs(value - want[root][i])).toBeLessThan(1e-12 * (1 + Math.abs(want[root][i])));
    });
  });
}

/** Ops in their order; those of a fused node in brackets behind it. */
const opsOf = ({ nodes }: Graph) =>
  nodes.map(({ op: { name: op }, attrs: { activation, residual } }) => {
    const more = [...(residual ? ['+'] : []), ...(activation ? [activation] : [])];
    return more.length ? `${op}(${more.join(' ')})` : op;
  });

test('a graph before and after', () => {
  const p = new Parts();
  const sum = p.g.op(addOp, [p.x, p.conv(p.x)], {}, 'sum');
  const graph = p.build(p.g.op(clipOp, [sum], { low: 0, high: 6 }, 'relu6'), false);
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "input %0 f32[2,4,4,3] "x"
    state %1 f32[1,1,3,3] "w0"
    %2 f32[2,4,4,3] = conv2d(%0, %1) {pads: [0,0,0,0]} "conv"
    %3 f32[2,4,4,3] = add(%0, %2) "sum"
    %4 f32[2,4,4,3] = clip(%3) {low: 0, high: 6} "relu6"
    output "y" %4
    "
  `);
  expect(printGraph(fuse(graph))).toMatchInlineSnapshot(`
    "input %0 f32[2,4,4,3] "x"
    state %1 f32[1,1,3,3] "w0"
    %4 f32[2,4,4,3] = conv2d(%0, %1, %0) {pads: [0,0,0,0], activation: "clip", low: 0, high: 6, residual: true} "conv"
    output "y" %4
    "
  `);
});

describe('becomes one node', () => {
  const chains: Record<string, [make: (p: Parts) => Value, ops: string[]]> = {
    'convolution, activation': [(p) => p.g.op(siluOp, [p.conv(p.x)]), ['conv2d(silu)']],
    'convolution, sum': [(p) => p.g.op(addOp, [p.conv(p.x), p.x]), ['conv2d(+)']],
    'dense, activation': [
      (p) => p.g.op(tanhOp, [p.g.op(denseOp, [p.x, p.g.state('w', f32(3, 4))])]),
      ['dense(tanh)'],
    ],
    'batch norm, sum, activation': [
      (p) => p.g.op(reluOp, [p.g.op(addOp, [p.x, p.norm(p.x)])]),
      ['batchNorm(+ relu)'],
    ],
    'frozen batch norm, activation': [
      (p) => p.g.op(geluOp, [p.frozen(p.x)]),
      ['batchNormInference(gelu)'],
    ],
    'one of two branches': [
      (p) => p.g.op(reluOp, [p.g.op(addOp, [p.norm(p.x), p.norm(p.conv(p.x))])]),
      ['conv2d', 'batchNorm', 'batchNorm(+ relu)'],
    ],
    'each of several in a row': [
      (p) => p.g.op(addOp, [p.conv(p.g.op(reluOp, [p.norm(p.conv(p.x))])), p.x]),
      ['conv2d', 'batchNorm(relu)', 'conv2d(+)'],
    ],
  };
  test.each(Object.entries(chains))('%s', (_, [make, want]) => {
    const before = build(make);
    const after = fuse(before);
    expect(opsOf(after)).toEqual(want);
    expectSame(before, after);
  });
});

describe('stays as it is', () => {
  const stays: Record<string, (p: Parts) => Value> = {
    'what is read twice': (p) => {
      const y = p.conv(p.x);
      return p.g.op(mulOp, [p.g.op(reluOp, [y]), y]);
    },
    'what is put out': (p) => {
      const y = p.conv(p.x);
      p.g.output('seen', y);
      return p.g.op(reluOp, [y]);
    },
    'a sum that repeats one side': (p) => p.g.op(addOp, [p.conv(p.x), p.g.state('b', f32(3))]),
    'a sum with itself': (p) => {
      const y = p.conv(p.x);
      return p.g.op(addOp, [y, y]);
    },
    'a norm whose statistics are read before its sum': (p) => {
      const [y, , mean] = p.g.apply(batchNormOp, [p.x, ...vectors(p)], TRAINING);
      return p.g.op(addOp, [y, p.g.op(mulOp, [p.x, mean])]);
    },
  };
  const vectors = ({ g }: Parts) => ['a', 'b', 'c', 'd'].map((name) => g.state(name, f32(3)));
  test.each(Object.entries(stays))('%s', (_, make) => {
    const before = build(make);
    expect(fuse(before)).toBe(before);
  });
});

describe('forwards and backwards', () => {
  const both = (graph: Graph) => fuse(fuseGradients(graph));
  const parts: Record<string, (p: Parts, activation: OpDef) => Value> = {
    'behind a batch norm': (p, f) => p.conv(p.g.op(f, [p.norm(p.conv(p.x))])),
    'behind a frozen one': (p, f) => p.conv(p.g.op(f, [p.frozen(p.conv(p.x))])),
    'behind a residual': (p, f) => {
      const y = p.conv(p.x);
      return p.conv(p.g.op(f, [p.g.op(addOp, [p.norm(p.conv(y)), y])]));
    },
    'behind two branches': (p, f) =>
      p.conv(p.g.op(f, [p.g.op(addOp, [p.norm(p.conv(p.x)), p.norm(p.x)])])),
  };
  for (const activation of activationOps) {
    // Not defined everywhere.
    if (activation === logOp || activation === sqrtOp) continue;
    test.each(Object.entries(parts))(`${activation.name} %s`, (_, make) => {
      const before = build((p) => make(p, activation), true);
      expectSame(before, both(before));
    });
  }

  test('a batch norm finds the slope from its input', () => {
    const training = build((p) => p.conv(p.g.op(geluOp, [p.norm(p.x)])), true);
    expect(opsOf(both(training))).toEqual([
      'batchNorm(gelu)',
      'conv2d',
      'conv2dFilterGrad',
      'conv2dInputGrad',
      'batchNormGrad(gelu)',
    ]);
  });

  test('behind a residual it takes the output, and gives the residual its gradient', () => {
    const block = (p: Parts) => {
      const y = p.conv(p.x);
      return p.g.op(reluOp, [p.g.op(addOp, [p.norm(p.conv(y)), y])]);
    };
    const training = build(block, true);
    const fused = both(training);
    expect(opsOf(fused)).toEqual([
      'conv2d',
      'conv2d',
      'batchNorm(+ relu)',
      'batchNormGrad(+ relu)',
      'conv2dFilterGrad',
      'conv2dInputGrad',
      'add',
      'conv2dFilterGrad',
      'conv2dInputGrad',
    ]);
    const norm = fused.nodes.find(({ op }) => op.name === 'batchNorm');
    const gradient = fused.nodes.find(({ op }) => op.name === 'batchNormGrad');
    expect(gradient?.inputs[4]).toBe(norm?.outputs[0]);
  });

  test('an activation of which the output does not tell the slope stays behind its residual', () => {
    const training = build((p) => p.g.op(geluOp, [p.g.op(addOp, [p.norm(p.x), p.x])]), true);
    expect(opsOf(both(training)).slice(0, 4)).toEqual([
      'batchNorm(+)',
      'gelu',
      'geluGrad',
      'batchNormGrad',
    ]);
  });
});
