import { expect, test } from 'vitest';
import { ArgumentError, FormatError } from '../../src/core/errors';
import { readSafetensors, type Safetensor, writeSafetensors } from '../../src/formats/safetensors';

function build(header: string | Uint8Array, data = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

test('what is written is read again', () => {
  const tensors = new Map<string, Safetensor>([
    ['conv/kernel', { dtype: 'F32', shape: [2, 1], data: [1.5, -Infinity] }],
    ['half', { dtype: 'F16', shape: [3], data: [0.5, 65504, -0] }],
    ['brain', { dtype: 'BF16', shape: [2], data: [1, 1.00390625 + 1e-7] }],
    ['count', { dtype: 'I32', shape: [], data: [-7] }],
    ['long', { dtype: 'I64', shape: [1], data: [-(2 ** 40)] }],
    ['__proto__', { dtype: 'U8', shape: [1], data: [200] }],
    ['empty', { dtype: 'F32', shape: [0, 3], data: [] }],
    ['double', { dtype: 'F64', shape: [1], data: [Math.PI] }],
    ['flag', { dtype: 'BOOL', shape: [2], data: [0, 3] }],
    ['é"\\', { dtype: 'I8', shape: [1], data: [-1] }],
  ]);
  const bytes = writeSafetensors(tensors, new Map([['format', 'pt']]));
  const { tensors: read, metadata } = readSafetensors(bytes);
  expect([...metadata]).toEqual([['format', 'pt']]);
  expect([...read.keys()].sort()).toEqual([...tensors.keys()].sort());
  const numbers = (name: string) => [...(read.get(name) as Safetensor).data];
  expect(numbers('conv/kernel')).toEqual([1.5, -Infinity]);
  expect(numbers('half')).toEqual([0.5, 65504, -0]);
  expect(numbers('brain')).toEqual([1, 1.0078125]);
  expect(numbers('count')).toEqual([-7]);
  expect(numbers('long')).toEqual([-(2 ** 40)]);
  expect(numbers('__proto__')).toEqual([200]);
  expect(numbers('double')).toEqual([Math.PI]);
  expect(numbers('flag')).toEqual([0, 1]);
  expect(read.get('empty')?.shape).toEqual([0, 3]);
  // Each tensor lies on a multiple of its element size, and so does the data.
  expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
});

test('data at an odd address is read', () => {
  const bytes = writeSafetensors(new Map([['a', { dtype: 'F32', shape: [1], data: [2.5] }]]));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect([...(readSafetensors(shifted.subarray(1)).tensors.get('a')?.data ?? [])]).toEqual([2.5]);
});

test('numbers and shape that disagree are not written', () => {
  const bad = new Map<string, Safetensor>([['a', { dtype: 'F32', shape: [2], data: [1] }]]);
  expect(() => writeSafetensors(bad)).toThrow(ArgumentError);
});

const length = (value: bigint) => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
};
const bom = Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d);

const bad: [string, Uint8Array, RegExp][] = [
  ['under 8 bytes', new Uint8Array(7), /byte 0.*header length/],
  ['header length 0', length(0n), /header: it is a JSON object/],
  ['header length 2^53', length(2n ** 53n), /byte 0: the header ends within the file/],
  ['header length 2^64 − 1', length(2n ** 64n - 1n), /byte 0/],
  ['header past the file', length(9n), /byte 0.*9 bytes of 8/],
  ['byte order mark', build(bom), /starts with \{/],
  ['not UTF-8', build(Uint8Array.of(0x7b, 0xff, 0x7d)), /JSON in UTF-8/],
  ['not JSON', build('{"a":}'), /JSON in UTF-8/],
  ['a list', build('[]'), /starts with \{/],
  ['nested too deep', build(`{"a":${'['.repeat(100_000)}`), /header/],
  ['an entry that is no object', build('{"a":4}'), /tensor "a": it is an object/],
  ['trailing bytes', build('{}', 3), /its data: the tensors fill/],
  ['data cut short', build(`{"a":${entry([2], [0, 8])}}`, 4), /within the 4 bytes/],
  ['a gap', build(`{"a":${entry([1], [4, 8])}}`, 8), /offset 0; found 4/],
  [
    'an overlap',
    build(`{"a":${entry([2], [0, 8])},"b":${entry([1], [4, 8])}}`, 8),
    /tensor "b": .*offset 8; found 4/,
  ],
  ['reversed offsets', build(`{"a":${entry([1], [4, 0])}}`, 4), /start and an end/],
  ['size and shape disagree', build(`{"a":${entry([3], [0, 8])}}`, 8), /takes 12 bytes; found 8/],
  ['a product past 2^64', build(`{"a":${entry([2 ** 32, 2 ** 32], [0, 0])}}`), /less than 2\^31/],
  ['extents 2^40 and 0', build(`{"a":${entry([0, 2 ** 40], [0, 0])}}`), /less than 2\^31/],
  ['rank 9', build(`{"a":${entry(Array(9).fill(1), [0, 4])}}`, 4), /at most 8 integers/],
  ['extent 1.5', build(`{"a":${entry([1.5], [0, 4])}}`, 4), /integers/],
  ['extent "4"', build(`{"a":${entry(['4'], [0, 16])}}`, 16), /integers/],
  ['extent -0', build('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'), /integers/],
  ['extent 1e400', build('{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,0]}}'), /integers/],
  ['a negative offset', build(`{"a":${entry([1], [-4, 0])}}`), /start and an end/],
  ['an unknown dtype', build(`{"a":${entry([1], [0, 4], 'F4')}}`, 4), /its dtype is one of F64/],
  ['dtype "toString"', build(`{"a":${entry([1], [0, 4], 'toString')}}`, 4), /its dtype/],
  ['an unknown field', build('{"a":{"dtype":"F32","shape":[],"size":4}}', 4), /"size"/],
  [
    'a name twice',
    build(`{"a":${entry([1], [0, 4])},"a":${entry([1], [0, 4])}}`, 4),
    /given once; found "a"/,
  ],
  [
    'a name twice, escaped',
    build(`{"a":${entry([1], [0, 4])},"\\u0061":${entry([1], [0, 4])}}`, 4),
    /given once; found "a"/,
  ],
  ['metadata of numbers', build('{"__metadata__":{"a":1}}'), /metadata: all values are text/],
];

for (const [what, bytes, message] of bad) {
  test(`${what}: a typed error`, () => {
    expect(() => readSafetensors(bytes, 'weights')).toThrow(FormatError);
    expect(() => readSafetensors(bytes, 'weights')).toThrow(message);
    expect(() => readSafetensors(bytes, 'weights')).toThrow(/^weights, /);
  });
}

test('every truncation is noticed', () => {
  const bytes = writeSafetensors(
    new Map<string, Safetensor>([
      ['a', { dtype: 'F32', shape: [2], data: [1, 2] }],
      ['b', { dtype: 'F16', shape: [1], data: [1] }],
    ]),
  );
  for (let end = 0; end < bytes.length; end++) {
    expect(() => readSafetensors(bytes.subarray(0, end))).toThrow(FormatError);
  }
});
