// What halves can't hold is not asked of them: gradients in f16 storage, by the reference that rounds where
// a node stores halves.
import { describe, expect, test } from 'vitest';
import { type NumericArray, roundTrip } from '../../src/core/dtype';
import { Random } from '../../src/core/random';
import { sizeOf } from '../../src/core/shape';
import { execute } from '../../src/cpu/execute';
import type { Graph, Value } from '../../src/ir/graph';
import { relu } from '../../src/model/layers/activation';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { globalAveragePooling2d } from '../../src/model/layers/pool';
import { sequential } from '../../src/model/model';
import { removeDead } from '../../src/passes/remove-dead';
import { backwardGraph } from '../../src/self-test/case-graph';
import type { InputSpec } from '../../src/self-test/cases/types';
import { asStored } from '../../src/self-test/halves';
import { trainingGraph } from '../../src/train/graph';
import { crossEntropy } from '../../src/train/losses';
import { sgd } from '../../src/train/optimizers';
import { watchGraph } from '../../src/train/watch-graph';

/** Its outputs, exactly and with halves where it stores them. */
function both(graph: Graph, numbers: ReadonlyMap<Value, Float64Array>) {
  const [exact, rounded] = [execute(graph, numbers), execute(graph, numbers, asStored)];
  return [
    ...graph.outputs,
    ...[...graph.updates].map(([{ name }, value]) => [name, value] as const),
  ].map(([name, value]) => ({ name, exact: exact.get(value)!, rounded: rounded.get(value)! }));
}

/** Numbers that halves can hold: what is not about their rounding starts from such. */
const ofHalves = (numbers: NumericArray) => Float64Array.from(roundTrip('f16', numbers));

describe('gradients of several steps, where one of them has no half', () => {
  const steps: [op: string, ...inputs: number[][]][] = [
    ['div', [3, 0.0005, 3000], [300, 0.001, 20000]],
    ['pow', [200, 0.01, 7], [1.9, 1.5, 4]],
    ['reciprocal', [300, 0.004, -2000]],
    ['tan', [1.567, -1.5]],
    ['asin', [0.999, -0.9995]],
    ['acos', [0.999, -0.9995]],
    ['asinh', [300, -1000]],
    ['acosh', [300, 1.001]],
    ['atan', [300, -200]],
    ['atanh', [0.999, -0.5]],
  ];
  test.each(steps)('%s', (op, ...inputs) => {
    const specs = inputs.map(
      (values): InputSpec => ({
        shape: [values.length],
        dtype: 'f16',
        fill: { kind: 'values', values },
      }),
    );
    const graph = removeDead(backwardGraph({ op, name: 'halves', inputs: specs }));
    const dy = Array.from(inputs[0], () => 1 / 4);
    const given = [...inputs, dy].map(ofHalves);
    const numbers = new Map(
      graph.inputs.map((value) => {
        const at = value.name === 'dy0' ? inputs.length : Number(value.name.slice(1));
        return [value, given[at]];
      }),
    );
    for (const { name, exact, rounded } of both(graph, numbers)) {
      exact.forEach((want, i) => {
        // The gradient is rounded, and y before it, whose square may be in it.
        const allowed = 3.1 * 2 ** -11 * Math.abs(want) + 2 ** -24;
        expect(Math.abs(rounded[i] - want), `${name}[${i}], ${want}`).toBeLessThan(allowed);
      });
    }
  });
});

test('gradients of a large batch that is nearly right do not vanish in halves', () => {
  const batch = 96;
  const model = sequential(
    [12, 12, 1],
    [
      conv2d(2, 3, { padding: 'same' }),
      batchNorm(),
      relu(),
      globalAveragePooling2d(),
      dense(3, { activation: 'softmax' }),
    ],
  );
  const state = model.initialState(1);
  state.set('dense/bias', [4, 0, 0]);
  const loss = crossEntropy();
  const target = { dtype: 'i32', shape: [] } as const;
  const common = { batch, storage: 'f16', outputs: false, channels: false } as const;
  const step = { ...common, loss, target, optimizer: sgd(), metrics: [] };
  const watched = {
    ...common,
    statistics: 'batch',
    places: [],
    gradients: { loss, target },
  } as const;
  for (const graph of [trainingGraph(model, step), watchGraph(model, watched)]) {
    const random = new Random(2);
    const numbers = new Map<Value, Float64Array>();
    for (const value of graph.inputs) {
      // All targets are class 0; the learning rate is 1.
      const draw = () => (value.shape.length ? random.normal() : 1);
      const one = () => (value.dtype === 'i32' ? 0 : draw());
      numbers.set(value, ofHalves(Array.from({ length: sizeOf(value.shape) }, one)));
    }
    for (const value of graph.states) {
      const known = state.has(value.name) && state.get(value.name);
      numbers.set(value, ofHalves(known || new Float32Array(sizeOf(value.shape))));
    }
    const before = new Map([...numbers].map(([{ name }, values]) => [name, values]));
    for (const { name, exact, rounded } of both(graph, numbers)) {
      // Of a parameter the gradient, by which plain descent changes it.
      const from = before.get(name) ?? new Float64Array(exact.length);
      const [want, got] = [exact, rounded].map((values) => values.map((x, i) => x - from[i]));
      const error = Math.hypot(...want.map((x, i) => x - got[i])) / Math.hypot(...want);
      // What is stored on the way there and back is a dozen tensors.
      expect(error, name).toBeLessThan(Math.sqrt(12) * 2 ** -11);
    }
  }
});
