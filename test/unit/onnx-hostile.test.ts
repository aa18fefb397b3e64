// Files that are malformed as graphs, as tensors and as bytes.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchNormError, FormatError } from '../../src/core/errors';
import { readOnnx } from '../../src/formats/onnx';
import { FILE, type Hostile, initializer, one, relu, testRefusals } from '../support/hostile-onnx';
import { node, onnxFile, port, smallNetwork, weight } from '../support/onnx';

const raw = weight('w', [2]);
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

testRefusals({ graphs: GRAPH, tensors: TENSORS, bytes: WIRE });

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
