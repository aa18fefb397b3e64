// The messages of ONNX files and the tensors in them, bytes to objects and back.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { decode } from '../../src/formats/onnx/decode';
import { encode } from '../../src/formats/onnx/encode';
import { MODEL, type ModelProto, TENSOR } from '../../src/formats/onnx/messages';
import {
  type OnnxDType,
  packTensor,
  readTensor,
  unpackTensor,
  writeTensor,
} from '../../src/formats/onnx/tensor';

const MODEL_VALUE: ModelProto = {
  ir_version: 8,
  producer_name: 'test',
  opset_import: [{ domain: '', version: 17 }],
  metadata_props: [{ key: 'a', value: 'ä' }],
  functions: [],
  graph: {
    name: 'g',
    node: [
      {
        input: ['x', 'w'],
        output: ['y'],
        op_type: 'Conv',
        name: 'conv',
        attribute: [
          { name: 'pads', type: 7, ints: [1, -1, 2 ** 40, 0], floats: [], strings: [] },
          { name: 'alpha', type: 1, f: 0.1, ints: [], floats: [], strings: [] },
          { name: 'many', type: 6, floats: [0.5, 1e-5], ints: [], strings: [] },
          {
            name: 's',
            type: 3,
            s: new TextEncoder().encode('SAME'),
            ints: [],
            floats: [],
            strings: [],
          },
        ],
      },
    ],
    initializer: [packTensor({ dtype: 'float', dims: [2], data: new Float32Array([1, 2]) }, 'w')],
    sparse_initializer: [],
    input: [
      {
        name: 'x',
        type: {
          tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: 'N' }, { dim_value: 3 }] } },
        },
      },
    ],
    output: [{ name: 'y' }],
  },
};

test('a model survives being written and read', () => {
  expect(decode(MODEL, encode(MODEL, MODEL_VALUE), 'f')).toEqual(MODEL_VALUE);
});

test('fields that are not known are skipped, groups too', () => {
  const writer = new BinaryWriter();
  writer.tag(99, WireType.StartGroup).tag(1, WireType.Varint).int64(7n).tag(99, WireType.EndGroup);
  writer.tag(98, WireType.LengthDelimited).string('x').tag(97, WireType.Bit64).double(1);
  const bytes = new Uint8Array([...writer.finish(), ...encode(MODEL, MODEL_VALUE)]);
  expect(decode(MODEL, bytes, 'f')).toEqual(MODEL_VALUE);
});

test('every truncation is a model of fewer fields or a FormatError', () => {
  const bytes = encode(MODEL, MODEL_VALUE);
  for (let length = 0; length < bytes.length; length++) {
    try {
      decode(MODEL, bytes.subarray(0, length), 'cut.onnx');
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).where).toMatch(/^cut\.onnx, byte \d+ \(/);
    }
  }
});

describe('tensors', () => {
  const numbers: Record<OnnxDType, number[]> = {
    float: [1.5, -2, 0],
    double: [0.1, -1e300, 0],
    float16: [1.5, -2, 65504],
    bfloat16: [1.5, -2, 2 ** 100],
    int8: [-128, 127, 0],
    uint8: [255, 0, 1],
    int16: [-32768, 1, 0],
    uint16: [65535, 0, 1],
    int32: [-(2 ** 31), 2 ** 31 - 1, 0],
    uint32: [2 ** 32 - 1, 0, 1],
    int64: [-(2 ** 53) + 1, 2 ** 53 - 1, -1],
    uint64: [2 ** 53 - 1, 0, 1],
    bool: [1, 0, 1],
  };
  for (const [dtype, values] of Object.entries(numbers)) {
    test(`${dtype}, raw`, () => {
      const data = Float64Array.from(values);
      const bytes = writeTensor({ dtype: dtype as OnnxDType, dims: [3, 1], data }, 'name');
      const tensor = readTensor(bytes);
      expect([...tensor.data]).toEqual(values);
      expect(tensor).toMatchObject({ dtype, dims: [3, 1], name: 'name' });
    });
  }

  /** A TensorProto with its numbers in a typed field, packed or one by one. */
  function typed(code: number, field: number, values: bigint[], packed: boolean): Uint8Array {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.Varint).int64(BigInt(values.length)).tag(2, WireType.Varint).int32(code);
    if (packed) writer.tag(field, WireType.LengthDelimited).fork();
    for (const value of values) {
      if (!packed) writer.tag(field, WireType.Varint);
      if (field === 11) writer.uint64(value);
      else writer.int64(value);
    }
    if (packed) writer.join();
    return writer.finish();
  }

  for (const packed of [true, false]) {
    test(`typed fields, ${packed ? 'packed' : 'one by one'}`, () => {
      const read = (code: number, field: number, ...values: bigint[]) => [
        ...readTensor(typed(code, field, values, packed)).data,
      ];
      expect(read(7, 7, -1n, 3n, 2n ** 42n, 2n ** 53n - 1n)).toEqual([-1, 3, 2 ** 42, 2 ** 53 - 1]);
      expect(read(6, 5, -7n, 2n ** 31n - 1n)).toEqual([-7, 2 ** 31 - 1]);
      expect(read(13, 11, 2n ** 63n)).toEqual([2 ** 63]);
      expect(read(10, 5, 0x3c00n, 0xc000n)).toEqual([1, -2]);
      expect(read(16, 5, 0x3f80n)).toEqual([1]);
      expect(read(9, 5, 1n, 0n)).toEqual([1, 0]);
    });
  }

  test('any bytes are a tensor or a FormatError', () => {
    const bytes = writeTensor({ dtype: 'float', dims: [4], data: new Float32Array(4) }, 't');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const mutated = bytes.slice();
        mutated[at] = value;
        try {
          readTensor(mutated);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('its numbers are in one place, and as many as its shape says', () => {
    const raw = packTensor({ dtype: 'float', dims: [2], data: new Float32Array(2) });
    const packed = { type: 'floats', chunks: [new Uint8Array(8)] } as const;
    const cases = [
      [{ ...raw, float_data: packed }, /numbers are in one place/],
      [{ ...raw, raw_data: new Uint8Array(7) }, /takes 8 bytes; found 7/],
      [{ ...raw, raw_data: undefined, int32_data: packed }, /float are in float_data/],
      [
        { ...raw, raw_data: undefined, float_data: { ...packed, chunks: [new Uint8Array(6)] } },
        /1\.5/,
      ],
      [{ ...raw, data_type: 8 }, /element type is one of/],
      [{ ...raw, data_type: undefined }, /element type is one of/],
      [{ ...raw, dims: [-1] }, /integers of at least 0/],
      [{ ...raw, dims: [2 ** 31] }, /less than 2\^31/],
      [{ ...raw, dims: [2 ** 32, 2 ** 32] }, /less than 2\^31/],
      [{ ...raw, dims: [1, 1, 1, 1, 1, 1, 1, 1, 2] }, /at most 8 dimensions/],
    ] as const;
    for (const [proto, message] of cases) {
      expect(() => unpackTensor(proto, 't')).toThrow(message);
      expect(() => unpackTensor(decode(TENSOR, encode(TENSOR, proto), 'f'), 't')).toThrow(message);
    }
  });
});

describe('data in other files', () => {
  const bytes = new Uint8Array(new Float32Array([1, 2, 3]).buffer);
  const read = (entries: Record<string, string>, external = () => bytes) =>
    unpackTensor(
      {
        dims: [2],
        data_type: 1,
        data_location: 1,
        external_data: Object.entries(entries).map(([key, value]) => ({ key, value })),
      },
      'model.onnx, tensor "w"',
      { external },
    );

  test('come from the caller', () => {
    expect([...read({ location: 'weights/a.bin', offset: '4' }).data]).toEqual([2, 3]);
    expect([...read({ location: 'a', length: '8', checksum: 'x' }).data]).toEqual([1, 2]);
    expect(() =>
      unpackTensor(
        {
          dims: [1],
          data_type: 1,
          data_location: 1,
          external_data: [{ key: 'location', value: 'a' }],
        },
        't',
      ),
    ).toThrow('Pass external');
  });

  const hostile = [
    '',
    '.',
    '..',
    '../x',
    'a/../../x',
    'a/..',
    '/etc/passwd',
    '//host/x',
    'a//b',
    'C:\\x',
    'C:/x',
    '\\\\host\\x',
    'file:///x',
    'http://host/x',
    '%2e%2e/x',
    'a\0b',
    'a\nb',
    './x',
    'a/./b',
    '... /x',
    'a/',
  ];
  for (const location of hostile) {
    test(`not from ${JSON.stringify(location)}`, () => {
      expect(() => read({ location }, () => expect.unreachable() as never)).toThrow(
        /location is a relative name/,
      );
    });
  }

  test('ranges are within the bytes, and keys are known', () => {
    for (const range of [
      { offset: '8' },
      { offset: '-4' },
      { offset: '9007199254740993' },
      { length: '13' },
      { offset: '4', length: '9' },
      { offset: '1e1' },
      { length: '7' },
      { offset: '0x4' },
      { key: '1' },
      { __proto__x: '1' },
    ] as Record<string, string>[]) {
      expect(() => read({ location: 'a', ...range }), JSON.stringify(range)).toThrow(FormatError);
    }
  });
});

const NODE_CASES = '../shared/data/onnx-node';
const onlyWhere = existsSync(NODE_CASES) ? test : undefined;
onlyWhere?.('files of the ONNX project are read and written back', () => {
  let files = 0;
  for (const entry of readdirSync(NODE_CASES, { recursive: true, encoding: 'utf8' })) {
    const path = join(NODE_CASES, entry);
    if (entry.endsWith('.onnx')) {
      const model = decode(MODEL, readFileSync(path), entry);
      expect(decode(MODEL, encode(MODEL, model), entry)).toEqual(model);
    } else if (entry.endsWith('.pb')) {
      const { name, ...tensor } = readTensor(readFileSync(path), entry);
      expect(readTensor(writeTensor(tensor, name))).toEqual({ ...tensor, name });
    } else continue;
    files++;
  }
  expect(files).toBeGreaterThan(1000);
});
