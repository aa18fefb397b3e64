// What comes in computes what ONNX Runtime computes: operators with their attributes and opsets, in
// small graphs made here.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { type OnnxOptions, readOnnx } from '../../../src/formats/onnx';
import { compile } from '../../../src/runtime/network';
import { getDevice } from '../../support/gpu';
import { int64, node, onnxFile, type Parts, port, smallNetwork, weight } from '../../support/onnx';

interface Case {
  readonly name: string;
  readonly file: Uint8Array;
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
  readonly options?: OnnxOptions;
}

const X = [3, 2, 5, 4];
const graph = (name: string, parts: Parts, dims = X, options?: OnnxOptions): Case => ({
  name,
  file: onnxFile({ inputs: [port('x', ['N', ...dims.slice(1)])], ...parts }),
  inputs: { x: dims },
  options,
});
/** One node from x (and initializers) to y. */
const single = (
  op: string,
  attributes: Parameters<typeof node>[3] = {},
  weights: Parts['weights'] = [],
  opset = 17,
  dims = X,
): Case =>
  graph(
    `${op} ${JSON.stringify(attributes)} ${weights.map((w) => `[${w.dims}]`)} opset ${opset}`,
    {
      nodes: [node(op, ['x', ...weights.map((w) => w.name ?? '')], ['y'], attributes)],
      weights,
      opset,
      outputs: [port('y', undefined, op.startsWith('Arg') ? 'int64' : 'float')],
    },
    dims,
  );

const row = [2, 3, 7];
const conv = weight('w', [4, 2, 3, 2]);
const bias = weight('b', [4]);
const CASES: readonly Case[] = [
  { name: 'a small network', file: smallNetwork(), inputs: { x: X } },
  single('Conv', { pads: [1, 0, 2, 1], strides: [2, 1] }, [conv, bias]),
  single('Conv', { auto_pad: 'SAME_UPPER', strides: [2, 3] }, [conv, bias], 11),
  single('Conv', { auto_pad: 'SAME_LOWER' }, [conv], 7),
  single('Conv', { dilations: [2, 1] }, [conv]),
  single('Conv', { group: 2 }, [weight('w', [4, 1, 3, 3])]),
  single(
    'Conv',
    { pads: [1, 2], strides: [2] },
    [weight('w', [5, 3, 3]), weight('b', [5])],
    17,
    row,
  ),
  single('ConvTranspose', { strides: [2, 2] }, [weight('w', [2, 3, 3, 2]), weight('b', [3])]),
  single('ConvTranspose', { strides: [2, 3], pads: [1, 0, 1, 1], output_padding: [1, 2] }, [
    weight('w', [2, 3, 3, 3]),
  ]),
  single('ConvTranspose', { strides: [2, 2], output_shape: [11, 9] }, [weight('w', [2, 3, 3, 2])]),
  single('ConvTranspose', { group: 2, dilations: [2, 1] }, [weight('w', [2, 3, 2, 2])]),
  single('ConvTranspose', { strides: [2] }, [weight('w', [3, 2, 3])], 17, row),
  single('MaxPool', { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }),
  single('MaxPool', { kernel_shape: [2, 2], pads: [1, 1, 0, 0], dilations: [2, 1] }),
  single('MaxPool', { kernel_shape: [3], strides: [2], pads: [1, 1] }, [], 17, row),
  single('AveragePool', { kernel_shape: [3, 2], pads: [1, 1, 1, 0] }),
  single('AveragePool', { kernel_shape: [3, 2], pads: [1, 1, 1, 0], count_include_pad: 1 }),
  single('AveragePool', { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 }),
  single('AveragePool', { kernel_shape: [2, 2], dilations: [2, 1] }, [], 19),
  single('AveragePool', { kernel_shape: [3] }, [], 17, row),
  single('GlobalAveragePool'),
  single('GlobalMaxPool', {}, [], 17, row),
  single('InstanceNormalization', { epsilon: { float: 0.1 } }, [
    weight('s', [2]),
    weight('t', [2]),
  ]),
  single('LayerNormalization', { axis: 1 }, [weight('s', [2, 5, 4]), weight('t', [2, 5, 4])]),
  single(
    'LRN',
    { size: 3, alpha: { float: 0.5 }, beta: { float: 0.6 }, bias: { float: 2 } },
    [],
    17,
    [2, 7, 3, 2],
  ),
  single(
    'Gemm',
    { alpha: { float: 0.5 }, beta: { float: 2 }, transB: 1 },
    [weight('w', [4, 6]), weight('b', [4])],
    17,
    [3, 6],
  ),
  single('MatMul', {}, [weight('w', [4, 3])]),
  single('MatMul', {}, [weight('w', [2, 4, 3])]),
  ...[
    'Relu',
    'Sigmoid',
    'Tanh',
    'Softplus',
    'Softsign',
    'Exp',
    'Abs',
    'Neg',
    'Floor',
    'Ceil',
    'Erf',
    'HardSwish',
    'Sin',
    'Cos',
    'Round',
    'Sign',
    'Mish',
  ].map((op) => single(op, {}, [], 18)),
  single('LeakyRelu', { alpha: { float: 0.3 } }),
  single('Elu', { alpha: { float: 0.3 } }),
  single('Selu'),
  single('Celu', { alpha: { float: 0.5 } }),
  single('HardSigmoid', { alpha: { float: 0.3 } }),
  single('ThresholdedRelu', { alpha: { float: 0.3 } }),
  single('Gelu', {}, [], 20),
  single('Gelu', { approximate: 'tanh' }, [], 20),
  single('PRelu', {}, [weight('s', [2, 1, 1])]),
  single('PRelu', {}, [weight('s', [4])]),
  single('Clip', {}, [weight('a', [], [-0.2]), weight('b', [], [0.4])]),
  single('Clip', { max: { float: 0.5 } }, [], 7),
  single('Softmax', {}, [], 13),
  single('Softmax', { axis: 1 }, [], 13),
  single('Softmax', { axis: 1 }, [], 11),
  single('LogSoftmax', { axis: 2 }, [], 11),
  single('Add', {}, [weight('w', [2, 1, 1])]),
  single('Sub', {}, [weight('w', [5, 4])]),
  single('Mul', {}, [weight('w', [1, 2, 5, 1])]),
  single('Div', {}, [weight('w', [4])]),
  single('Pow', {}, [weight('w', [], [2])]),
  single('Max', {}, [weight('w', [4])]),
  single('Min', {}, [weight('w', [2, 1, 4])]),
  single('Reshape', {}, [int64('s', [0, -1, 2])]),
  single('Reshape', {}, [int64('s', [-1, 40])]),
  single('Flatten'),
  single('Transpose', { perm: [0, 2, 3, 1] }),
  single('Squeeze', { axes: [1] }, [], 11, [3, 1, 4]),
  single('Unsqueeze', {}, [int64('a', [1, -1])]),
  single('Slice', {}, [
    int64('a', [1, -1]),
    int64('b', [2 ** 31, -9]),
    int64('c', [1, 3]),
    int64('d', [1, -2]),
  ]),
  single('Slice', { axes: [2], starts: [-3], ends: [-1] }, [], 9),
  single('Gather', { axis: 2 }, [int64('i', [3, 0, -1, 3], [2, 2])]),
  single('Gather', { axis: 1 }, [int64('i', [1], [])]),
  single('Expand', {}, [int64('s', [1, 2, 5, 4])]),
  single('Tile', {}, [int64('s', [1, 2, 1, 3])]),
  single('Pad', {}, [int64('p', [0, 1, 0, 2, 0, 0, 3, 1]), weight('v', [], [0.5])]),
  single('Pad', { mode: 'reflect' }, [int64('p', [0, 0, 1, 2, 0, 0, 3, 1])]),
  single('Pad', { mode: 'edge', pads: [0, 0, -1, 2, 0, 0, 3, -1] }, [], 10),
  single('DepthToSpace', { blocksize: 2, mode: 'CRD' }, [], 17, [2, 8, 2, 3]),
  single('DepthToSpace', { blocksize: 2 }, [], 17, [2, 8, 2, 3]),
  single('SpaceToDepth', { blocksize: 2 }, [], 17, [2, 3, 4, 6]),
  ...[
    'ReduceSum',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceProd',
    'ReduceL1',
    'ReduceL2',
    'ReduceSumSquare',
    'ReduceLogSumExp',
  ].map((op) =>
    op === 'ReduceSum'
      ? single(op, {}, [int64('a', [1, -1])])
      : single(op, { axes: [2, 1], keepdims: 0 }),
  ),
  single('ReduceLogSum', { axes: [1] }, [], 17, [3, 1, 1]),
  single('ArgMax', { axis: 1, keepdims: 0 }),
  single('ArgMin', { axis: -1, select_last_index: 1 }),
  ...['nearest', 'linear', 'cubic'].flatMap((mode) =>
    ['half_pixel', 'align_corners', 'asymmetric', 'pytorch_half_pixel'].map(
      (coordinate_transformation_mode) =>
        graph(`Resize ${mode} ${coordinate_transformation_mode}`, {
          nodes: [node('Resize', ['x', '', 's'], ['y'], { mode, coordinate_transformation_mode })],
          weights: [weight('s', [4], [1, 1, 1.6, 2])],
        }),
    ),
  ),
  graph('Resize to sizes', {
    nodes: [
      node('Resize', ['x', '', '', 's'], ['y'], {
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
      }),
    ],
    weights: [int64('s', [3, 2, 4, 9])],
    inputs: [port('x', X)],
  }),
  single('Upsample', { mode: 'nearest' }, [weight('s', [4], [1, 1, 2, 3])], 9),
  ...[0, 1].map((storage_order) =>
    graph(
      `MaxPool with indices, storage_order ${storage_order}`,
      {
        nodes: [
          node('MaxPool', ['x'], ['values', 'y'], {
            kernel_shape: [3, 2],
            strides: [2, 1],
            pads: [1, 0, 1, 1],
            storage_order,
          }),
        ],
        inputs: [port('x', X)],
        outputs: [port('y', undefined, 'int64')],
      },
      X,
    ),
  ),
  graph('Split and Concat', {
    nodes: [
      node('Split', ['x', 's'], ['a', 'b'], { axis: 3 }),
      node('Concat', ['b', 'a', 'b'], ['y'], { axis: 3 }),
    ],
    weights: [int64('s', [1, 3])],
  }),
  graph('Where and comparisons', {
    nodes: [
      node('Greater', ['x', 'w'], ['c']),
      node('Not', ['c'], ['d']),
      node('Where', ['d', 'x', 'w'], ['y']),
    ],
    weights: [weight('w', [4])],
  }),
  graph('channels shuffled', {
    nodes: [
      node('Conv', ['x', 'w'], ['a'], { kernel_shape: [1, 1] }),
      node('Shape', ['a'], ['shape']),
      node('Gather', ['shape', 'zero'], ['n']),
      node('Unsqueeze', ['n', 'first'], ['n1']),
      node('Concat', ['n1', 'split'], ['s'], { axis: 0 }),
      node('Reshape', ['a', 's'], ['b']),
      node('Transpose', ['b'], ['c'], { perm: [0, 2, 1, 3, 4] }),
      node('Reshape', ['c', 'back'], ['d']),
      node('Conv', ['d', 'v'], ['y'], { group: 3 }),
    ],
    weights: [
      weight('w', [6, 2, 1, 1]),
      int64('zero', [0], []),
      int64('first', [0]),
      int64('split', [3, 2, 5, 4]),
      int64('back', [-1, 6, 5, 4]),
      weight('v', [3, 2, 2, 2]),
    ],
  }),
  graph('a residual block with tensors of both layouts', {
    nodes: [
      node('Conv', ['x', 'w'], ['a'], { pads: [1, 1, 1, 1] }),
      node('Add', ['a', 'x'], ['b']),
      node('ReduceMean', ['b'], ['m'], { axes: [2, 3], keepdims: 1 }),
      node('Sigmoid', ['m'], ['g']),
      node('Mul', ['b', 'g'], ['c']),
      node('Transpose', ['c'], ['d'], { perm: [0, 2, 3, 1] }),
      node('MatMul', ['d', 'v'], ['y']),
    ],
    weights: [weight('w', [2, 2, 3, 3]), weight('v', [2, 5])],
  }),
  graph(
    'a batch made free',
    {
      nodes: [
        node('Conv', ['x', 'w'], ['a']),
        node('Reshape', ['a', 's'], ['b']),
        node('Gemm', ['b', 'v'], ['y']),
      ],
      weights: [weight('w', [2, 2, 3, 3]), int64('s', [1, 12]), weight('v', [12, 3])],
      inputs: [port('x', [1, 2, 5, 4])],
    },
    [1, 2, 5, 4],
    { batch: 'free' },
  ),
];

const numbers = (dims: readonly number[]): Float32Array =>
  Float32Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    (_, i) => Math.sin(3 * i + 1) * 1.5,
  );

for (const backend of ['cpu', 'gpu'] as const) {
  describe(backend, () => {
    let device: GPUDevice | undefined;
    beforeAll(async () => {
      if (backend === 'gpu') device = await getDevice();
    });
    for (const { name, file, inputs = {}, options } of CASES) {
      test(name, async () => {
        const data = Object.fromEntries(
          Object.entries(inputs).map(([key, dims]) => [key, numbers(dims)]),
        );
        const session = await InferenceSession.create(file, { logSeverityLevel: 4 });
        const feeds = Object.fromEntries(
          Object.entries(inputs).map(([key, dims]) => [
            key,
            new Tensor('float32', data[key], [...dims]),
          ]),
        );
        const { y: want } = await session.run(feeds);
        await session.release();
        const { model, state } = readOnnx(file, options);
        const net = await compile(model, { state, ...(device ? { device } : { backend: 'cpu' }) });
        const got = await net.predict(data);
        net.dispose();
        expect(got.shape).toEqual(want.dims);
        const expected = Array.from(want.data as ArrayLike<number | bigint>, Number);
        for (const [i, value] of expected.entries()) {
          const error = Math.abs(got.data[i] - value);
          if (error > 2e-5 + 2e-5 * Math.abs(value)) {
            expect.fail(`[${i}]: got ${got.data[i]}, want ${value}`);
          }
        }
      });
    }
  });
}
