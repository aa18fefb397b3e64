// What the benchmark hands to other runtimes: layouts, ONNX models, and PyTorch's script.
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { coldModel } from '../../bench/cold/peers/model';
import { referenceOf } from '../../bench/contender';
import { networks } from '../../bench/networks';
import { firstOf, toOurs, toTheirs, weightLayouts } from '../../bench/peers/layout';
import { onnxTask } from '../../bench/peers/ort-graph';
import { numbersOf, oneHot } from '../../bench/peers/peer';
import { openTorch } from '../../bench/peers/torch';
import { relativeError } from '../../bench/roof';
import { makeTask } from '../../bench/tasks';
import type { Spec } from '../../bench/workloads';

const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => i);

test('images go to channels first and back', () => {
  const layout = firstOf([2, 2, 1, 3]);
  expect(layout.theirs).toEqual([2, 3, 2, 1]);
  const theirs = toTheirs(numbers(12), layout);
  expect([...theirs]).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
  expect(toOurs(theirs, layout)).toEqual(numbers(12));
  expect(firstOf([4, 5]).theirs).toEqual([4, 5]);
});

test('kernels go to filters first, and rows of a dense layer follow the flattened channels', () => {
  const layouts = weightLayouts(networks.smallCnn.model(4), 'first');
  expect(layouts.get('conv2d_1/kernel')).toMatchObject({
    ours: [3, 3, 32, 32],
    theirs: [32, 32, 3, 3],
  });
  const dense = layouts.get('dense/kernel')!;
  expect(dense).toMatchObject({ ours: [2, 2, 32, 10], theirs: [128, 10] });
  // Row 1 of theirs is channel 0 at the second pixel: row 32 of ours.
  expect(toTheirs(numbers(1280), dense)[10]).toBe(320);
  expect(toOurs(toTheirs(numbers(1280), dense), dense)).toEqual(numbers(1280));
  const last = weightLayouts(networks.mobilenetV2.model(32), 'last');
  expect(last.get('depthwiseConv2d/kernel')?.theirs).toEqual([3, 3, 32, 1]);
});

const specs: [string, Spec][] = [
  ['batch norm forward', { kind: 'batchNorm', shape: [3, 4, 5, 6], pass: 'forward' }],
  ['batch norm forward, rows', { kind: 'batchNorm', shape: [7, 6], pass: 'forward' }],
  ['batch norm both', { kind: 'batchNorm', shape: [3, 4, 5, 6], pass: 'both' }],
  ['batch norm both, rows', { kind: 'batchNorm', shape: [7, 6], pass: 'both' }],
  ['batch norm inference', { kind: 'batchNorm', shape: [3, 4, 5, 6], pass: 'inference' }],
  [
    'convolution, strided',
    {
      kind: 'conv',
      batch: 2,
      size: 9,
      channels: 3,
      filters: 5,
      kernel: 7,
      strides: 2,
      pass: 'inference',
    },
  ],
  [
    'depthwise with ReLU6',
    {
      kind: 'conv',
      batch: 1,
      size: 6,
      channels: 4,
      kernel: 3,
      activation: 'relu6',
      pass: 'inference',
    },
  ],
  [
    'convolution in training',
    {
      kind: 'conv',
      batch: 2,
      size: 5,
      channels: 3,
      filters: 4,
      kernel: 3,
      activation: 'relu',
      pass: 'forward',
    },
  ],
  ['small CNN', { kind: 'network', network: 'smallCnn', batch: 2, size: 8 }],
  ['MLP', { kind: 'network', network: 'mlp', batch: 3, size: 8 }],
  ['ResNet-18', { kind: 'network', network: 'resnet18', batch: 1, size: 32 }],
  ['MobileNetV2', { kind: 'network', network: 'mobilenetV2', batch: 1, size: 32 }],
];

test.each(specs)('%s as an ONNX model gives the reference’s numbers', async (_, spec) => {
  const task = makeTask(spec);
  const onnx = onnxTask(task)!;
  const session = await ort.InferenceSession.create(onnx.bytes, { logSeverityLevel: 3 });
  const feeds = [...onnx.inputs].map(([name, layout]) => {
    const tensor = new ort.Tensor('float32', numbersOf(task, name, layout), layout.theirs);
    return [name, tensor] as const;
  });
  const got = await session.run(Object.fromEntries(feeds));
  const { outputs } = referenceOf(spec);
  expect(new Set(onnx.outputs.keys())).toEqual(new Set(outputs.keys()));
  for (const [name, layout] of onnx.outputs) {
    const values = toOurs(got[name].data as Float32Array, layout);
    expect(relativeError(values, outputs.get(name)!), name).toBeLessThan(2e-5);
  }
});

test('without autodiff there is no model of a training step', () => {
  expect(onnxTask(makeTask({ kind: 'step', network: 'mlp', batch: 2, size: 4 }))).toBeUndefined();
});

test('the model of the cold start gives ten shares', async () => {
  const session = await ort.InferenceSession.create(coldModel(), { logSeverityLevel: 3 });
  const image = new ort.Tensor('float32', new Float32Array(784).fill(0.5), [1, 1, 28, 28]);
  const { output } = await session.run({ input: image });
  const shares = [...(output.data as Float32Array)];
  expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
});

test('a one at each sample’s class', () => {
  const task = makeTask({ kind: 'step', network: 'mlp', batch: 5, size: 4 });
  const rows = oneHot(task, 10);
  expect(rows).toHaveLength(50);
  expect(rows.reduce((a, b) => a + b, 0)).toBe(5);
  const classes = [...task.inputs['training/targets']].map(
    (target, row) => rows[row * 10 + Number(target)],
  );
  expect(classes).toEqual([1, 1, 1, 1, 1]);
});

test('PyTorch takes part where it is installed, and says so in one line where it is not', async () => {
  const said: string[] = [];
  const torch = await openTorch((line) => said.push(line));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(torch ? /^PyTorch \S+ on / : /PyTorch does not take part/);
  if (!torch) return;
  try {
    for (const [name, spec] of [
      [
        'both',
        {
          kind: 'conv',
          batch: 2,
          size: 5,
          channels: 3,
          filters: 4,
          kernel: 3,
          activation: 'relu',
          pass: 'both',
        },
      ],
      ['rows', { kind: 'batchNorm', shape: [7, 6], pass: 'forward' }],
      ['step', { kind: 'step', network: 'smallCnn', batch: 2, size: 8 }],
      ['ResNet-18', { kind: 'network', network: 'resnet18', batch: 1, size: 32 }],
    ] as [string, Spec][]) {
      const entries = await torch.rivals({ name, spec }, { flops: 1, bytes: 1 });
      const contenders = ['PyTorch', ...(name === 'rows' ? [] : ['PyTorch, channels last'])];
      expect(entries.map(({ contender }) => contender)).toEqual(contenders);
      for (const entry of entries) {
        if ('failure' in entry) throw new Error(entry.failure);
        expect(entry.maxRelErr).toBeLessThan(1e-4);
        expect(await entry.sample(2)).toBeGreaterThan(0);
        entry.dispose();
      }
    }
    const [failed] = await torch
      .rivals(
        { name: 'none', spec: { kind: 'batchNorm', shape: [1, 3], pass: 'forward' } },
        { flops: 1, bytes: 1 },
      )
      .catch((error) => [{ failure: String(error) }]);
    expect('failure' in failed).toBe(true);
  } finally {
    await torch.close();
  }
}, 60_000);
