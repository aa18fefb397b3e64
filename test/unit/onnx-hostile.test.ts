// Malformed ONNX files: each is refused with a FormatError that names the file, the place and the rule.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchNormError, FormatError } from '../../src/core/errors';
import { type OnnxOptions, readOnnx } from '../../src/formats/onnx';
import type { TensorProto } from '../../src/formats/onnx/messages';
import { int64, node, onnxFile, type Parts, port, smallNetwork, weight } from '../support/onnx';

const FILE = 'evil.onnx';

/** The error that a file gives: its place and its rule. */
function refusal(bytes: Uint8Array, options: OnnxOptions = {}): FormatError {
  try {
    readOnnx(bytes, { name: FILE, ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    const refused = error as FormatError;
    expect(refused.where.startsWith(FILE)).toBe(true);
    expect(refused.rule.length).toBeGreaterThan(5);
    return refused;
  }
  return expect.unreachable('the file was accepted');
}

type Hostile = readonly [name: string, place: RegExp, rule: RegExp, file: () => Uint8Array];
const one = (parts: Parts) => () => onnxFile(parts);
const relu = node('Relu', ['x'], ['y']);
const conv = (attributes: Parameters<typeof node>[3], dims = [3, 2, 3, 3]) =>
  one({ nodes: [node('Conv', ['x', 'w'], ['y'], attributes)], weights: [weight('w', dims)] });
const pool = (attributes: Parameters<typeof node>[3]) =>
  one({ nodes: [node('MaxPool', ['x'], ['y'], attributes)] });
const initializer = (tensor: TensorProto) =>
  one({ nodes: [node('Add', ['x', 'w'], ['y'])], weights: [tensor] });
const raw = weight('w', [2]);
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

const bytesOf = (write: (writer: BinaryWriter) => void): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};

const GRAPH: readonly Hostile[] = [
  ['no graph', /$/, /has a graph/, () => onnxFile({}, { graph: undefined })],
  ['no bytes', /$/, /opset|version of ONNX/, () => new Uint8Array(0)],
  ['no output', /$/, /at least one output/, one({ nodes: [relu], outputs: [] })],
  [
    'no opset',
    /opset_import/,
    /version of ONNX/,
    () => onnxFile({ nodes: [relu] }, { opset_import: [] }),
  ],
  [
    'an opset twice',
    /opset_import/,
    /each domain has one version/,
    () =>
      onnxFile(
        { nodes: [relu] },
        { opset_import: [{ version: 17 }, { domain: 'ai.onnx', version: 9 }] },
      ),
  ],
  ['opset 0', /opset_import/, /opset is/, one({ nodes: [relu], opset: 0 })],
  ['opset 2^31', /opset_import/, /opset is/, one({ nodes: [relu], opset: 2 ** 31 })],
  ['opset −1', /opset_import/, /opset is/, one({ nodes: [relu], opset: -1 })],
  ['a self edge', /node 0/, /before it makes/, one({ nodes: [node('Add', ['x', 'y'], ['y'])] })],
  [
    'a cycle',
    /node 0/,
    /before it makes/,
    one({ nodes: [node('Add', ['x', 'b'], ['y']), node('Relu', ['y'], ['b'])] }),
  ],
  [
    'a missing input',
    /node 0 "first" \(Relu\)/,
    /before it makes/,
    one({ nodes: [node('Relu', ['z'], ['y'], {}, { name: 'first' })] }),
  ],
  ['an output made twice', /node 1/, /stands for one tensor/, one({ nodes: [relu, relu] })],
  [
    'an output twice in a node',
    /node 0/,
    /stands for one tensor/,
    one({ nodes: [node('Split', ['x'], ['y', 'y'], { axis: 1 })] }),
  ],
  [
    'a node that shadows an input',
    /node 0/,
    /stands for one tensor/,
    one({ nodes: [node('Relu', ['x'], ['x'])] }),
  ],
  [
    'a node that shadows an initializer',
    /node 0/,
    /stands for one tensor/,
    one({ nodes: [node('Relu', ['x'], ['w'])], weights: [raw] }),
  ],
  [
    'an initializer twice',
    /initializer "w"/,
    /stands for one tensor/,
    one({ nodes: [relu], weights: [raw, raw] }),
  ],
  [
    'an input twice',
    /input "x"/,
    /stands for one tensor/,
    one({ nodes: [relu], inputs: [port('x', [1]), port('x', [1])] }),
  ],
  [
    'an output that nobody makes',
    /output "z"/,
    /makes it/,
    one({ nodes: [relu], outputs: [port('z')] }),
  ],
  [
    'an output twice',
    /output "y"/,
    /listed once/,
    one({ nodes: [relu], outputs: [port('y'), port('y')] }),
  ],
  ['an empty input name', /input 0/, /has a name/, one({ nodes: [relu], inputs: [port('', [1])] })],
  [
    'a name of a megabyte',
    /node 0/,
    /at most 4096/,
    one({ nodes: [node('Relu', ['x'], ['y'.repeat(2 ** 20)])] }),
  ],
  [
    'an operator that there is not',
    /node 0 \(Evil\)/,
    /is supported/,
    one({ nodes: [node('Evil', ['x'], ['y'])] }),
  ],
  [
    'an operator named __proto__',
    /node 0 \(__proto__\)/,
    /is supported/,
    one({ nodes: [node('__proto__', ['x'], ['y'])] }),
  ],
  [
    'an operator named constructor',
    /node 0/,
    /is supported/,
    one({ nodes: [node('constructor', ['x'], ['y'])] }),
  ],
  [
    'an operator without a name',
    /node 0 \(no operator\)/,
    /is supported/,
    one({ nodes: [node('', ['x'], ['y'])] }),
  ],
  [
    'an operator of another domain',
    /node 0/,
    /own operators/,
    one({ nodes: [node('Relu', ['x'], ['y'], {}, { domain: 'com.microsoft' })] }),
  ],
  ['control flow', /node 0 \(If\)/, /is supported/, one({ nodes: [node('If', ['x'], ['y'])] })],
  [
    'functions',
    /$/,
    /functions of a model’s own/,
    () => onnxFile({ nodes: [relu] }, { functions: [{ name: 'f' }] }),
  ],
  [
    'an attribute twice',
    /attribute "alpha"/,
    /given once/,
    one({
      nodes: [
        {
          ...node('LeakyRelu', ['x'], ['y'], { alpha: { float: 1 } }),
          attribute: [
            ...node('a', [], [], { alpha: { float: 1 } }).attribute,
            ...node('a', [], [], { alpha: { float: 1 } }).attribute,
          ],
        },
      ],
    }),
  ],
  [
    'an attribute of the wrong type',
    /attribute "alpha"/,
    /a float/,
    one({ nodes: [node('LeakyRelu', ['x'], ['y'], { alpha: 'x' })] }),
  ],
  [
    'an attribute that is not known',
    /attribute "beta"/,
    /operator has/,
    one({ nodes: [node('Relu', ['x'], ['y'], { beta: 1 })] }),
  ],
  [
    'an attribute that is NaN',
    /attribute "alpha"/,
    /it is a number/,
    one({ nodes: [node('LeakyRelu', ['x'], ['y'], { alpha: { float: Number.NaN } })] }),
  ],
];

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

const TENSORS: readonly Hostile[] = [
  [
    'raw data that is too short',
    /initializer "w"/,
    /takes 8 bytes/,
    initializer({ ...raw, raw_data: new Uint8Array(7) }),
  ],
  [
    'raw data that is too long',
    /initializer "w"/,
    /takes 8 bytes/,
    initializer({ ...raw, raw_data: new Uint8Array(9) }),
  ],
  [
    'f16 of odd length',
    /initializer "w"/,
    /takes 4 bytes/,
    initializer({ ...raw, data_type: 10, raw_data: new Uint8Array(3) }),
  ],
  [
    'raw and typed data',
    /initializer "w"/,
    /in one place/,
    initializer({ ...raw, float_data: { type: 'floats', chunks: [new Uint8Array(8)] } }),
  ],
  [
    'a type that there is not',
    /initializer "w"/,
    /element type/,
    initializer({ ...raw, data_type: 99 }),
  ],
  ['strings', /initializer "w"/, /element type/, initializer({ ...raw, data_type: 8 })],
  ['a tensor of −1', /initializer "w"/, /at least 0/, initializer({ ...raw, dims: [-1] })],
  ['a tensor of 2^63 − 1', /initializer "w"/, /2\^31/, initializer({ ...raw, dims: [2 ** 62] })],
  [
    'a tensor of 2^30 without data',
    /initializer "w"/,
    /takes 4294967296 bytes/,
    initializer({ ...raw, dims: [2 ** 30], raw_data: new Uint8Array(0) }),
  ],
  [
    'external data that nobody gives',
    /initializer "w"/,
    /given by the caller/,
    initializer({
      ...raw,
      raw_data: undefined,
      data_location: 1,
      external_data: [{ key: 'location', value: 'a' }],
    }),
  ],
  [
    'external data from above',
    /initializer "w"/,
    /relative name/,
    initializer({
      ...raw,
      raw_data: undefined,
      data_location: 1,
      external_data: [{ key: 'location', value: '../a' }],
    }),
  ],
  [
    'external data with a key of its own',
    /initializer "w"/,
    /keys are/,
    initializer({
      ...raw,
      raw_data: undefined,
      data_location: 1,
      external_data: [{ key: '__class__', value: 'a' }],
    }),
  ],
];

const WIRE: readonly Hostile[] = [
  [
    'an over-long varint',
    /byte/,
    /whole and well-formed/,
    () => new Uint8Array([8, ...Array(11).fill(0xff), 1]),
  ],
  [
    'a wrong wire type',
    /ModelProto\.graph/,
    /wire type/,
    () => bytesOf((w) => w.tag(7, WireType.Varint).int32(1)),
  ],
  ['a field of number 0', /byte/, /well-formed/, () => new Uint8Array([0, 0])],
  [
    '10,000 nested groups',
    /byte/,
    /well-formed/,
    () => Uint8Array.from({ length: 20000 }, (_, i) => (i % 2 ? 0x06 : 0x9b)),
  ],
  [
    'a length past the end',
    /ModelProto\.graph/,
    /bytes/,
    () => bytesOf((w) => w.tag(7, WireType.LengthDelimited).uint32(2 ** 31)),
  ],
  [
    'a graph twice',
    /ModelProto\./,
    /comes once/,
    () => {
      const model = onnxFile({ nodes: [relu] });
      return new Uint8Array([...model, ...model]);
    },
  ],
  [
    'text that is not UTF-8',
    /producer_name/,
    /well-formed/,
    () => bytesOf((w) => w.tag(2, WireType.LengthDelimited).bytes(new Uint8Array([0xff, 0xfe]))),
  ],
  [
    'a million empty nodes',
    /NodeProto/,
    /than its length warrants/,
    () => {
      const nodes = new Uint8Array(2e6).map((_, i) => (i % 2 ? 0 : 10));
      return bytesOf((w) => w.tag(7, WireType.LengthDelimited).bytes(nodes));
    },
  ],
  [
    'ten million dimensions',
    /TensorProto/,
    /than its length warrants/,
    () =>
      bytesOf((w) => {
        w.tag(7, WireType.LengthDelimited).fork().tag(5, WireType.LengthDelimited).fork();
        w.tag(1, WireType.LengthDelimited).bytes(new Uint8Array(1e7).fill(1));
        w.join().join();
      }),
  ],
];

for (const [what, list] of Object.entries({ GRAPH, SHAPES, WINDOWS, TENSORS, WIRE })) {
  describe(what.toLowerCase(), () => {
    for (const [name, place, rule, file] of list) {
      test(name, () => {
        const { where, message } = refusal(file());
        expect(where).toMatch(place);
        expect(message).toMatch(rule);
      });
    }
  });
}

test('every truncation of a small network is refused, or lacks what comes last', () => {
  const bytes = smallNetwork();
  expect(bytes.length).toBeLessThan(8192);
  expect(() => readOnnx(bytes)).not.toThrow();
  for (let length = 0; length < bytes.length; length++) {
    try {
      readOnnx(bytes.subarray(0, length), { name: FILE });
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  }
});

test('a changed byte is refused or makes another model', () => {
  const bytes = smallNetwork();
  fc.assert(
    fc.property(
      fc.nat(bytes.length - 1),
      fc.nat(255),
      fc.nat(bytes.length - 1),
      (at, value, other) => {
        const mutated = bytes.slice();
        mutated[at] = value;
        mutated[other] ^= 1 << (value % 8);
        try {
          readOnnx(mutated, { name: FILE });
        } catch (error) {
          expect(error).toBeInstanceOf(BatchNormError);
        }
      },
    ),
    { numRuns: 3000 },
  );
});
