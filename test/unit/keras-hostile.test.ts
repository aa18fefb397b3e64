// tf.layers models whose files are malformed: JSON, paths, sizes, numbers.
import { expect, test } from 'vitest';
import { ArgumentError, BatchNormError, FormatError, LimitError } from '../../src/core/errors';
import { readLayersModel } from '../../src/formats/keras';
import {
  FILE,
  type Hostile,
  jsonFile,
  type Loose,
  layersFile,
  testRefusals,
} from '../support/hostile-keras';
import { layer } from '../support/keras-files';

const path = (to: unknown) =>
  layersFile((json) => {
    json.weightsManifest[0].paths = [to];
  });
const PATHS: readonly Hostile[] = [
  '../weights.bin',
  'a/../../weights.bin',
  './weights.bin',
  '/etc/passwd',
  '//elsewhere.example/w.bin',
  'https://elsewhere.example/w.bin',
  'file:///etc/passwd',
  'data:application/octet-stream;base64,AAAA',
  'C:\\weights.bin',
  '\\\\server\\share\\w.bin',
  '..\\weights.bin',
  '%2e%2e/weights.bin',
  'weights.bin?x',
  'weights.bin#x',
  'weights\u0000.bin',
  '',
  'a//b',
  `${'a/'.repeat(600)}b`,
  7,
  null,
].map((to) => [
  `path ${JSON.stringify(to)?.slice(0, 40)}`,
  FormatError,
  /weightsManifest\[0\]$/,
  /beside or below the model.*Put the files beside the model/,
  path(to),
]);

const weight = (more: object) =>
  layersFile((json) => {
    Object.assign(json.weightsManifest[0].weights[0], more);
  });
const quantized = (quantization: Loose) => weight({ quantization });
const MANIFEST: readonly Hostile[] = [
  [
    'none',
    FormatError,
    /^evil$/,
    /has a list weightsManifest.*model\.save/,
    layersFile((json) => delete json.weightsManifest),
  ],
  [
    'a million files',
    LimitError,
    /^evil$/,
    /at most 4096 files; found 1000000/,
    layersFile((json) => {
      json.weightsManifest[0].paths = new Array(1e6).fill('w.bin');
    }),
  ],
  [
    'many weights',
    LimitError,
    /^evil$/,
    /at most 65536 weights/,
    layersFile((json) => {
      json.weightsManifest[0].weights = new Array(70_000).fill({ name: 'w', shape: [1] });
    }),
  ],
  [
    'a short file',
    FormatError,
    /weights\.bin/,
    /have the 32 bytes of its weights; found 31 bytes.*download it again/,
    layersFile((_json, shards) => {
      shards.set('weights.bin', new Uint8Array(31));
    }),
  ],
  [
    'a long file',
    FormatError,
    /weights\.bin/,
    /have the 32 bytes of its weights; found 33 bytes/,
    layersFile((_json, shards) => {
      shards.set('weights.bin', new Uint8Array(33));
    }),
  ],
  [
    'a file that is not given',
    ArgumentError,
    /"weights\.bin"/,
    /bytes of each file.*found nothing.*Give them in a Map/,
    layersFile((_json, shards) => {
      shards.clear();
    }),
  ],
  [
    'more bytes than allowed',
    LimitError,
    /^evil$/,
    /bytes of weights; found 4294967304.*maxBytes/,
    weight({ shape: [2 ** 29, 2] }),
  ],
  [
    '2^40 elements',
    FormatError,
    /weights\[0\]$/,
    /less than 2\^31 elements/,
    weight({ shape: [2 ** 20, 2 ** 20] }),
  ],
  [
    'an extent of 2^53',
    FormatError,
    /weights\[0\]$/,
    /integers from 1 on/,
    weight({ shape: [2 ** 53, 2] }),
  ],
  ['an extent of 0', FormatError, /weights\[0\]$/, /integers from 1 on/, weight({ shape: [0, 2] })],
  [
    'an extent of −1',
    FormatError,
    /weights\[0\]$/,
    /integers from 1 on/,
    weight({ shape: [-1, 2] }),
  ],
  [
    'an extent of 1.5',
    FormatError,
    /weights\[0\]$/,
    /integers from 1 on/,
    weight({ shape: [1.5, 2] }),
  ],
  [
    'an extent of "3"',
    FormatError,
    /weights\[0\]$/,
    /integers from 1 on/,
    weight({ shape: ['3', 2] }),
  ],
  [
    'nine dimensions',
    FormatError,
    /weights\[0\]$/,
    /up to 8 integers/,
    weight({ shape: new Array(9).fill(1) }),
  ],
  [
    'another shape',
    FormatError,
    /Dense "a"/,
    /kernel has the shape \[3,2\]; found \[2,3\]/,
    weight({ shape: [2, 3] }),
  ],
  [
    'text as numbers',
    FormatError,
    /weights\[0\]$/,
    /dtype is one of "float32"/,
    weight({ dtype: 'string' }),
  ],
  ['no name', FormatError, /weights\[0\]$/, /name is text of 1 to 1024/, weight({ name: '' })],
  [
    'a name of 1 MB',
    FormatError,
    /weights\[0\]$/,
    /name is text of 1 to 1024/,
    weight({ name: 'a'.repeat(1e6) }),
  ],
  [
    'a name twice',
    FormatError,
    /^evil$/,
    /different names; found "a\/bias"/,
    weight({ name: 'a/bias', shape: [6] }),
  ],
  [
    'a weight of no layer',
    FormatError,
    /Dense "a"/,
    /has its weight kernel.*Near it are "a\/kernels"/,
    weight({ name: 'a/kernels' }),
  ],
  [
    'a weight named __proto__',
    FormatError,
    /Dense "a"/,
    /has its weight kernel/,
    weight({ name: '__proto__' }),
  ],
  [
    'a weight too many',
    FormatError,
    /^evil$/,
    /belongs to a layer.*"b\/kernel", left over.*another model/,
    layersFile((json, shards) => {
      json.weightsManifest[0].weights.push({ name: 'b/kernel', shape: [1], dtype: 'float32' });
      shards.set('weights.bin', new Uint8Array(36));
    }),
  ],
  [
    'scale 0',
    FormatError,
    /quantization/,
    /scale is above 0; found 0.*Quantise/,
    quantized({ dtype: 'uint8', scale: 0, min: 0 }),
  ],
  [
    'scale below 0',
    FormatError,
    /quantization/,
    /scale is above 0; found -1/,
    quantized({ dtype: 'uint8', scale: -1, min: 0 }),
  ],
  [
    'scale null, as JSON writes NaN',
    FormatError,
    /quantization/,
    /scale is a finite number/,
    quantized({ dtype: 'uint8', scale: Number.NaN, min: 0 }),
  ],
  [
    'scale 1e40',
    FormatError,
    /quantization/,
    /all numbers are finite; found 1e\+40/,
    quantized({ dtype: 'uint16', scale: 1e40, min: 0 }),
  ],
  [
    'no min',
    FormatError,
    /quantization/,
    /min is a finite number/,
    quantized({ dtype: 'uint8', scale: 1 }),
  ],
  [
    'quantised to uint4',
    FormatError,
    /quantization/,
    /dtype is one of "uint8"/,
    quantized({ dtype: 'uint4', scale: 1, min: 0 }),
  ],
];

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const JSONS: readonly Hostile[] = [
  [
    'no bytes',
    FormatError,
    /^evil$/,
    /JSON in UTF-8.*downloaded again/,
    jsonFile(new Uint8Array()),
  ],
  ['no UTF-8', FormatError, /^evil$/, /JSON in UTF-8/, jsonFile(Uint8Array.of(0x22, 0xff, 0x22))],
  ['a list', FormatError, /^evil$/, /it is an object/, jsonFile('[]')],
  ['null', FormatError, /^evil$/, /it is an object/, jsonFile('null')],
  [
    'a key twice',
    FormatError,
    /^evil$/,
    /a key once; found "format" twice/,
    jsonFile('{"format":1,"format":2}'),
  ],
  [
    'a key twice, escaped',
    FormatError,
    /^evil$/,
    /a key once/,
    jsonFile('{"format":1,"form\\u0061t":2}'),
  ],
  [
    '10^4 levels',
    LimitError,
    /^evil$/,
    /at most 64 deep/,
    jsonFile(`{"modelTopology":${deep(1e4)}}`),
  ],
  [
    '10^6 levels',
    BatchNormError,
    /^evil$/,
    /64 deep|JSON/,
    jsonFile(`{"modelTopology":${deep(1e6)}}`),
  ],
  ['no topology', FormatError, /modelTopology/, /it is an object; found undefined/, jsonFile('{}')],
];

testRefusals({
  'paths of weights': PATHS,
  manifests: MANIFEST,
  JSON: JSONS,
});

test('nothing is loaded before paths and sizes are checked', async () => {
  const asked: string[] = [];
  const json = {
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 's', layers: [layer('ReLU', { name: 'r', batch_input_shape: [null, 1] })] },
    },
  };
  const groups = [['good.bin'], ['../evil.bin']].map((paths) => ({ paths, weights: [] }));
  const load = (name: string) => {
    asked.push(name);
    return new Uint8Array();
  };
  await expect(
    readLayersModel({ ...json, weightsManifest: groups }, load, { name: FILE }),
  ).rejects.toThrow(FormatError);
  expect(asked).toEqual([]);
});

test('every truncation of a model.json, and of its weights', async () => {
  let text = '';
  await layersFile((json) => {
    text = JSON.stringify(json);
  })();
  for (let length = 0; length < text.length; length++) {
    await expect(jsonFile(text.slice(0, length))()).rejects.toThrow(FormatError);
  }
  for (let length = 0; length < 32; length++) {
    const cut = layersFile((_json, shards) => {
      shards.set('weights.bin', new Uint8Array(length));
    });
    await expect(cut()).rejects.toThrow(FormatError);
  }
});
