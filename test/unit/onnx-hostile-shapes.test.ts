// Files whose shapes and windows are impossible, or absurd.
import type { TensorProto } from '../../src/formats/onnx/messages';
import { type Hostile, initializer, one, relu, testRefusals } from '../support/hostile-onnx';
import { int64, node, port, weight } from '../support/onnx';

const conv = (attributes: Parameters<typeof node>[3], dims = [3, 2, 3, 3]) =>
  one({ nodes: [node('Conv', ['x', 'w'], ['y'], attributes)], weights: [weight('w', dims)] });
const pool = (attributes: Parameters<typeof node>[3]) =>
  one({ nodes: [node('MaxPool', ['x'], ['y'], attributes)] });
const shaped = (op: string, numbers: readonly number[]) =>
  one({ nodes: [node(op, ['x', 's'], ['y'])], weights: [int64('s', numbers)] });
const batchNorm = (vectors: readonly TensorProto[], attributes: Parameters<typeof node>[3] = {}) =>
  one({
    nodes: [node('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], ['y'], attributes)],
    weights: vectors,
  });
const vectors = ['g', 'b', 'm', 'v'].map((name) => weight(name, [2], [1, 1]));
const but = (index: number, tensor: TensorProto) =>
  vectors.map((v, i) => (i === index ? tensor : v));

const SHAPES: readonly Hostile[] = [
  [
    'an input of −1',
    /input "x"/,
    /at least 0/,
    one({ nodes: [relu], inputs: [port('x', [1, -1])] }),
  ],
  [
    'an input of 2^31',
    /input "x"/,
    /2\^31/,
    one({ nodes: [relu], inputs: [port('x', [2 ** 31])] }),
  ],
  [
    'an input of 2^63 − 1',
    /input "x"/,
    /2\^31/,
    one({ nodes: [relu], inputs: [port('x', [1, 2 ** 62])] }),
  ],
  [
    'an input of 2^32 × 2^32',
    /input "x"/,
    /2\^31/,
    one({ nodes: [relu], inputs: [port('x', [2 ** 32, 2 ** 32])] }),
  ],
  [
    'an input of nine dimensions',
    /input "x"/,
    /8 dimensions/,
    one({ nodes: [relu], inputs: [port('x', [1, 1, 1, 1, 1, 1, 1, 1, 2])] }),
  ],
  [
    'an input without a shape',
    /input "x"/,
    /in the file or given/,
    one({ nodes: [relu], inputs: [port('x')] }),
  ],
  [
    'an input of a height that nobody gives',
    /input "x"/,
    /extent 2 is a number/,
    one({ nodes: [relu], inputs: [port('x', ['N', 2, 'h', 4])] }),
  ],
  [
    'an input of strings',
    /input "x"/,
    /element type/,
    one({ nodes: [relu], inputs: [{ name: 'x', type: { tensor_type: { elem_type: 8 } } }] }),
  ],
  [
    'an input without a type',
    /input "x"/,
    /element type/,
    one({ nodes: [relu], inputs: [{ name: 'x' }] }),
  ],
  ['Reshape with two −1', /node 0/, /one at most is -1/, shaped('Reshape', [-1, -1])],
  ['Reshape to −2', /node 0/, /at least 0/, shaped('Reshape', [-2, 40])],
  ['Reshape to too many', /node 0/, /as many elements/, shaped('Reshape', [0, 41])],
  ['Reshape to 2^53', /node 0/, /as many elements/, shaped('Reshape', [0, 2 ** 53 - 1])],
  [
    'Reshape with a 0 beyond the rank',
    /node 0/,
    /copies an extent/,
    shaped('Reshape', [0, 2, 5, 4, 0]),
  ],
  [
    'Expand to 2^40',
    /node 0/,
    /2\^31|broadcast|equal or 1/,
    one({
      nodes: [node('Expand', ['w', 's'], ['a']), node('Add', ['x', 'a'], ['y'])],
      weights: [weight('w', [1]), int64('s', [2 ** 20, 2 ** 20])],
    }),
  ],
  [
    'Expand to more than the budget',
    /node 0/,
    /at import have at most/,
    one({
      nodes: [node('Expand', ['w', 's'], ['a']), node('Add', ['x', 'a'], ['y'])],
      weights: [weight('w', [1]), int64('s', [2 ** 30])],
    }),
  ],
  [
    'ConstantOfShape of 2^40',
    /node 0/,
    /2\^31/,
    one({
      nodes: [node('ConstantOfShape', ['s'], ['a']), node('Add', ['x', 'a'], ['y'])],
      weights: [int64('s', [2 ** 40])],
    }),
  ],
  [
    'ConstantOfShape of a budget',
    /node 0/,
    /at import have at most/,
    one({
      nodes: [node('ConstantOfShape', ['s'], ['a']), node('Add', ['x', 'a'], ['y'])],
      weights: [int64('s', [2 ** 30])],
    }),
  ],
  [
    'ConstantOfShape of −1',
    /node 0/,
    /at least 0/,
    one({
      nodes: [node('ConstantOfShape', ['s'], ['a']), node('Add', ['x', 'a'], ['y'])],
      weights: [int64('s', [-1])],
    }),
  ],
  [
    'Range of 10^12',
    /node 0/,
    /2\^31/,
    one({
      nodes: [node('Range', ['a', 'b', 'c'], ['r']), node('Add', ['x', 'r'], ['y'])],
      weights: [int64('a', [0], []), int64('b', [1e12], []), int64('c', [1], [])],
    }),
  ],
  [
    'Range by 0',
    /node 0/,
    /integers|2\^31|at least 0/,
    one({
      nodes: [node('Range', ['a', 'b', 'c'], ['r']), node('Add', ['x', 'r'], ['y'])],
      weights: [int64('a', [0], []), int64('b', [1], []), int64('c', [0], [])],
    }),
  ],
  [
    'Tile by 2^40',
    /node 0/,
    /2\^31/,
    one({
      nodes: [node('Tile', ['w', 's'], ['a']), node('Add', ['x', 'a'], ['y'])],
      weights: [weight('w', [1]), int64('s', [2 ** 40])],
    }),
  ],
  [
    'Tile by −1',
    /node 0/,
    /repeats/,
    one({
      nodes: [node('Tile', ['w', 's'], ['a']), node('Add', ['x', 'a'], ['y'])],
      weights: [weight('w', [1]), int64('s', [-1])],
    }),
  ],
  [
    'Concat along axis 9',
    /node 0/,
    /axis/,
    one({ nodes: [node('Concat', ['x', 'x'], ['y'], { axis: 9 })] }),
  ],
  [
    'Concat of the batch',
    /node 0/,
    /not the batch/,
    one({ nodes: [node('Concat', ['x', 'x'], ['y'], { axis: 0 })] }),
  ],
  [
    'Transpose that is no permutation',
    /node 0/,
    /permutation/,
    one({ nodes: [node('Transpose', ['x'], ['y'], { perm: [0, 1, 1, 2] })] }),
  ],
  [
    'Transpose of 10^9 axes',
    /node 0/,
    /permutation/,
    one({ nodes: [node('Transpose', ['x'], ['y'], { perm: [1e9] })] }),
  ],
  ['Squeeze of an extent of 2', /node 0/, /are 1/, shaped('Squeeze', [1])],
  ['Unsqueeze twice at one place', /node 0/, /different/, shaped('Unsqueeze', [1, 1])],
  [
    'Slice in steps of 0',
    /node 0/,
    /step is not 0/,
    one({
      nodes: [node('Slice', ['x', 'a', 'b', 'c', 'd'], ['y'])],
      weights: [int64('a', [0]), int64('b', [1]), int64('c', [1]), int64('d', [0])],
    }),
  ],
  [
    'Gather out of range',
    /node 0/,
    /indices are in \[-2, 1\]/,
    one({ nodes: [node('Gather', ['x', 'i'], ['y'], { axis: 1 })], weights: [int64('i', [2])] }),
  ],
  [
    'Split that does not add up',
    /node 0/,
    /parts of 2/,
    one({
      nodes: [node('Split', ['x', 's'], ['y', 'z'], { axis: 1 })],
      weights: [int64('s', [2, 2])],
    }),
  ],
  [
    'Resize by 10^9',
    /node 0/,
    /extents become/,
    one({
      nodes: [node('Resize', ['x', '', 's'], ['y'], {})],
      weights: [weight('s', [4], [1, 1, 1e9, 1])],
    }),
  ],
  [
    'Resize by 0',
    /node 0/,
    /above 0/,
    one({
      nodes: [node('Resize', ['x', '', 's'], ['y'], {})],
      weights: [weight('s', [4], [1, 1, 0, 1])],
    }),
  ],
  [
    'Pad by 2^40',
    /node 0/,
    /2\^31/,
    one({
      nodes: [node('Pad', ['x', 'p'], ['y'])],
      weights: [int64('p', [0, 0, 2 ** 40, 0, 0, 0, 0, 0])],
    }),
  ],
  [
    'Pad that cuts all off',
    /node 0/,
    /something is left/,
    one({
      nodes: [node('Pad', ['x', 'p'], ['y'])],
      weights: [int64('p', [0, 0, -6, 0, 0, 0, 0, 0])],
    }),
  ],
  [
    'Pad that reflects too far',
    /node 0/,
    /reflections/,
    one({
      nodes: [node('Pad', ['x', 'p'], ['y'], { mode: 'reflect' })],
      weights: [int64('p', [0, 0, 5, 0, 0, 0, 0, 0])],
    }),
  ],
  [
    'Flatten of the batch',
    /node 0/,
    /batch/,
    one({ nodes: [node('Flatten', ['x'], ['y'], { axis: 2 })] }),
  ],
];

const WINDOWS: readonly Hostile[] = [
  ['strides of 0', /node 0/, /strides has 2 numbers/, conv({ strides: [0, 1] })],
  ['strides of 65536', /node 0/, /strides has 2 numbers/, conv({ strides: [65536, 1] })],
  ['strides of one dimension', /node 0/, /strides has 2 numbers/, conv({ strides: [1] })],
  ['dilations of 0', /node 0/, /dilations has 2 numbers/, conv({ dilations: [0, 1] })],
  ['dilations of 2^40', /node 0/, /dilations has 2 numbers/, conv({ dilations: [2 ** 40, 1] })],
  ['negative pads', /node 0/, /pads has 4 numbers/, conv({ pads: [-1, 0, 0, 0] })],
  [
    'a kernel_shape that the weight has not',
    /node 0/,
    /kernel’s shape/,
    conv({ kernel_shape: [5, 5] }),
  ],
  ['a kernel larger than the image', /node 0/, /./, conv({}, [3, 2, 9, 9])],
  ['groups of 0', /node 0/, /group is at least 1/, conv({ group: 0 })],
  ['groups of −1', /node 0/, /group is at least 1/, conv({ group: -1 })],
  ['groups that do not divide', /node 0/, /times group/, conv({ group: 3 })],
  ['groups that do not divide the filters', /node 0/, /./, conv({ group: 2 }, [3, 1, 3, 3])],
  ['a weight of the wrong rank', /node 0/, /rank of the input/, conv({}, [3, 2, 3])],
  [
    'a weight that runs compute',
    /node 0/,
    /known at import/,
    one({ nodes: [node('Conv', ['x', 'x'], ['y'])] }),
  ],
  ['no weight', /node 0/, /has a weight/, one({ nodes: [node('Conv', ['x'], ['y'])] })],
  ['no input', /node 0/, /has an input 0/, one({ nodes: [node('Conv', [], ['y'])] })],
  ['an auto_pad that there is not', /attribute "auto_pad"/, /one of/, conv({ auto_pad: 'EVIL' })],
  [
    'a bias of the wrong length',
    /node 0/,
    /bias is \[3\]/,
    one({
      nodes: [node('Conv', ['x', 'w', 'b'], ['y'])],
      weights: [weight('w', [3, 2, 3, 3]), weight('b', [4])],
    }),
  ],
  ['pooling kernels of 0', /node 0/, /kernel_shape has 2/, pool({ kernel_shape: [0, 2] })],
  ['pooling kernels of 65536', /node 0/, /kernel_shape has 2/, pool({ kernel_shape: [65536, 2] })],
  [
    'pads larger than the kernel',
    /node 0/,
    /smaller than the window/,
    pool({ kernel_shape: [2, 2], pads: [2, 0, 0, 0] }),
  ],
  [
    'output_padding of a stride',
    /node 0/,
    /output_padding is below/,
    one({
      nodes: [node('ConvTranspose', ['x', 'w'], ['y'], { output_padding: [1, 1] })],
      weights: [weight('w', [2, 3, 3, 3])],
    }),
  ],
  [
    'an output_shape of 10^12',
    /node 0/,
    /output_shape/,
    one({
      nodes: [node('ConvTranspose', ['x', 'w'], ['y'], { output_shape: [1e12, 4] })],
      weights: [weight('w', [2, 3, 3, 3])],
    }),
  ],
  ['ε below 0', /node 0/, /epsilon/, batchNorm(vectors, { epsilon: { float: -1 } })],
  [
    'ε of NaN',
    /attribute "epsilon"/,
    /is a number/,
    batchNorm(vectors, { epsilon: { float: Number.NaN } }),
  ],
  ['momentum of 2', /node 0/, /momentum/, batchNorm(vectors, { momentum: { float: 2 } })],
  ['a variance below 0', /node 0/, /variances/, batchNorm(but(3, weight('v', [2], [1, -1])))],
  [
    'a variance of NaN',
    /node 0/,
    /variances/,
    batchNorm(but(3, weight('v', [2], [1, Number.NaN]))),
  ],
  [
    'γ of the wrong length',
    /node 0/,
    /scale is \[2\]/,
    batchNorm(but(0, weight('g', [3], [1, 1, 1]))),
  ],
  [
    'means of the wrong length',
    /node 0/,
    /mean is \[2\]/,
    batchNorm(but(2, weight('m', [1], [1]))),
  ],
  ['γ of integers', /node 0/, /floating-point/, batchNorm(but(0, int64('g', [1, 1])))],
  [
    'a product of extents that do not agree',
    /node 0/,
    /inner extents/,
    one({ nodes: [node('MatMul', ['x', 'w'], ['y'])], weights: [weight('w', [5, 3])] }),
  ],
  [
    'Gemm of four dimensions',
    /node 0/,
    /two dimensions/,
    one({ nodes: [node('Gemm', ['x', 'w'], ['y'])], weights: [weight('w', [5, 3])] }),
  ],
  ['a sum that does not broadcast', /node 0/, /equal or 1/, initializer(weight('w', [3]))],
];

testRefusals({ shapes: SHAPES, windows: WINDOWS });
