// Files of tf.layers models, `.keras` archives and HDF5 files that are malformed, or made to harm.
import { type Zippable, zipSync } from 'fflate';
import type { File } from 'h5wasm';
import { expect, test } from 'vitest';
import { ArgumentError, BatchNormError, FormatError, LimitError } from '../../src/core/errors';
import { readKeras, readLayersModel } from '../../src/formats/keras';
import { archiveSamples, hdf5Samples } from '../fuzz/keras-samples';
import { FILE, type HostileRead, testRefused } from '../support/hostile-keras';
import {
  archive,
  archiveFiles,
  called3,
  functional3,
  groupAt,
  h5File,
  h5Tensors,
  input3,
  layer3,
  sequential3,
} from '../support/keras-archives';
import {
  applied,
  functionalTopology,
  inputLayer,
  layer,
  layersModel,
} from '../support/keras-files';

type Json = Record<string, unknown>;

const dense = { name: 'd', units: 2, batch_input_shape: [null, 3] };
const topologyOf = (...layers: unknown[]) => ({
  class_name: 'Sequential',
  config: { name: 's', layers },
});
const kernels = [
  { name: 'd/kernel', shape: [3, 2], data: new Array(6).fill(1) },
  { name: 'd/bias', shape: [2], data: [0, 0] },
];

/** Reads a good model.json after `change`. */
const model =
  (change: (json: Json) => unknown = () => {}, shard?: Uint8Array) =>
  async () => {
    const { json, shards } = layersModel(topologyOf(layer('Dense', dense)), kernels);
    const copy = structuredClone(json) as Json;
    const changed = change(copy) ?? copy;
    const load = (path: string) => shard ?? (shards.get(path) as Uint8Array);
    return readLayersModel(changed as object, load, { name: FILE });
  };
const layers = (...list: unknown[]) =>
  model((json) => {
    json.modelTopology = { ...topologyOf(...list), keras_version: 'tfjs' };
  });
const graph = (list: unknown[], inputs = ['x'], outputs = ['y']) =>
  model((json) => {
    json.modelTopology = functionalTopology(list, inputs, outputs);
  });
const manifest = (change: (group: Json, first: Json) => void) =>
  model((json) => {
    const [group] = json.weightsManifest as [Json];
    change(group, (group.weights as [Json])[0]);
  });
const path = (name: unknown) =>
  manifest((group) => {
    group.paths = [name];
  });
const first = (change: Json) => manifest((_, entry) => Object.assign(entry, change));
const quantised = (change: Json) =>
  first({ quantization: { dtype: 'uint8', scale: 1, min: 0, ...change } });
const nested = (depth: number) => {
  let inner: unknown = layer('Dense', dense);
  for (let i = 0; i < depth; i++) inner = topologyOf(inner);
  return inner;
};

const LAYERS_MODEL: readonly HostileRead[] = [
  ...[
    '../x',
    'a/../../x',
    '/etc/passwd',
    'C:\\x',
    '\\\\host\\x',
    'file:x',
    'http://a/x',
    '%2e%2e/x',
  ]
    .concat(['a\u0000b', '', 'a//b', './x', '?x', '//host/x'])
    .map(
      (name): HostileRead => [
        `the path ${JSON.stringify(name)}`,
        FormatError,
        /weightsManifest\[0\]/,
        /beside or below the model.*plain names/,
        path(name),
      ],
    ),
  ['a path that is a number', FormatError, /weightsManifest/, /beside or below/, path(7)],
  [
    'a million files',
    LimitError,
    /^evil$/,
    /at most 4096 files; found 1000000/,
    manifest((group) => {
      group.paths = new Array(1e6).fill('x');
    }),
  ],
  [
    'a file too short',
    FormatError,
    /weights\.bin/,
    /32 bytes.*found 31 bytes.*download/,
    model(undefined, new Uint8Array(31)),
  ],
  [
    'a file too long',
    FormatError,
    /weights\.bin/,
    /found 33/,
    model(undefined, new Uint8Array(33)),
  ],
  [
    'no file',
    ArgumentError,
    /weights\.bin/,
    /found.*(Map|function)/,
    model(undefined, {} as never),
  ],
  [
    'scale 0',
    FormatError,
    /weights\[0\], quantization/,
    /scale is above 0/,
    quantised({ scale: 0 }),
  ],
  ['scale −1', FormatError, /quantization/, /scale is above 0/, quantised({ scale: -1 })],
  ['scale NaN', FormatError, /quantization/, /scale is a finite/, quantised({ scale: Number.NaN })],
  ['scale 1e38', FormatError, /quantization/, /all numbers are finite/, quantised({ scale: 1e38 })],
  ['min "0"', FormatError, /quantization/, /min is a finite/, quantised({ min: '0' })],
  [
    'quantised to int3',
    FormatError,
    /quantization/,
    /dtype is one of/,
    quantised({ dtype: 'int3' }),
  ],
  ...[[-1], [0], [1.5], ['4'], [2 ** 31], [2 ** 32, 2 ** 32], new Array(9).fill(1)].map(
    (shape): HostileRead => [
      `the shape ${JSON.stringify(shape)}`,
      FormatError,
      /weights\[0\]/,
      /shape is up to 8 integers/,
      first({ shape }),
    ],
  ),
  [
    'weights of 8 GiB',
    LimitError,
    /^evil$/,
    /bytes of weights.*maxBytes/,
    first({ shape: [2 ** 30, 1] }),
  ],
  ['an unknown dtype', FormatError, /weights\[0\]/, /dtype is one of/, first({ dtype: 'string' })],
  ['a weight without a name', FormatError, /weights\[0\]/, /name is text/, first({ name: '' })],
  [
    'another shape',
    FormatError,
    /Dense "d"/,
    /kernel has the shape .*d\/kernel/,
    first({ shape: [2, 3] }),
  ],
  ['a weight twice', FormatError, /^evil$/, /different names/, first({ name: 'd/bias' })],
  ['a stray weight', FormatError, /Dense "d"/, /kernel.*Near it/, first({ name: 'e/kernel' })],
  [
    'no manifest',
    FormatError,
    /^evil$/,
    /list weightsManifest.*converter/,
    model((json) => {
      json.weightsManifest = {};
    }),
  ],
  [
    'a graph model',
    FormatError,
    /^evil$/,
    /layers-model.*tfjs_layers_model/,
    model((json) => {
      json.format = 'graph-model';
    }),
  ],
  ['nesting 10^4 deep', LimitError, /^evil/, /at most \d+ deep/, layers(nested(1e4))],
  ['models 18 deep', LimitError, /^evil/, /at most \d+ deep/, layers(nested(18))],
  [
    'a circle',
    FormatError,
    /^evil/,
    /without a circle.*"[ab]"/,
    graph([
      inputLayer('x', [3]),
      applied('Add', 'a', {}, ['x', 'b']),
      applied('ReLU', 'b', {}, ['a']),
      applied('ReLU', 'y', {}, ['b']),
    ]),
  ],
  [
    'a layer that reads itself',
    FormatError,
    /^evil/,
    /without a circle.*"y"/,
    graph([inputLayer('x', [3]), applied('ReLU', 'y', {}, ['y'])]),
  ],
  [
    'two layers of a name',
    FormatError,
    /^evil/,
    /different names.*"x"/,
    graph([inputLayer('x', [3]), applied('ReLU', 'x', {}, ['x'])]),
  ],
  [
    'a layer without inputs',
    FormatError,
    /inbound_nodes\[0\]/,
    /reads 1 to/,
    graph([inputLayer('x', [3]), applied('ReLU', 'y', {}, [])]),
  ],
  [
    'an output that is not there',
    FormatError,
    /^evil/,
    /outputs that are there|without a circle|given as/,
    graph([
      inputLayer('x', [3]),
      layer('ReLU', { name: 'y' }, { name: 'y', inbound_nodes: [[['x', 0, 7, {}]]] }),
    ]),
  ],
  [
    'an unknown class',
    FormatError,
    /layers\[0\] "d"/,
    /"Dens".*near it are Dense/,
    layers(layer('Dens', dense)),
  ],
  [
    '__proto__',
    FormatError,
    /layers\[0\]/,
    /supported; found "__proto__"/,
    layers(layer('__proto__', dense)),
  ],
  ...['Lambda', 'TFOpLambda', 'SlicingOpLambda', 'ClassMethod', 'TensorFlowOpLayer', 'TFSMLayer']
    .concat(['TorchModuleWrapper', 'JaxLayer', 'FlaxLayer', 'function', '__lambda__'])
    .map(
      (name): HostileRead => [
        `the class ${name}`,
        FormatError,
        /layers\[0\] "d"/,
        /no code.*Code from a file is not run/,
        layers(layer(name, { name: 'd', function: ['4wEAAA==', null, null] })),
      ],
    ),
  [
    'a lambda as activation',
    FormatError,
    /Dense "d"/,
    /no code.*not run/,
    layers(layer('Dense', { ...dense, activation: { class_name: '__lambda__', config: {} } })),
  ],
  ['units 1e9', BatchNormError, /^evil/, /\d/, layers(layer('Dense', { ...dense, units: 1e9 }))],
  [
    'units 2^53',
    BatchNormError,
    /^evil/,
    /\d/,
    layers(layer('Dense', { ...dense, units: 2 ** 53 })),
  ],
  [
    'units −1',
    FormatError,
    /Dense "d"/,
    /units is an integer from 1 on/,
    layers(layer('Dense', { ...dense, units: -1 })),
  ],
  ['no layers', FormatError, /^evil/, /at least one layer/, layers()],
  [
    'a million layers',
    LimitError,
    /^evil/,
    /at most 4096 layers/,
    layers(...new Array(5000).fill(layer('ReLU', { name: 'r', batch_input_shape: [null, 3] }))),
  ],
  [
    'a key twice',
    FormatError,
    /^evil$/,
    /a key once; found "format" twice/,
    async () => readLayersModel('{"format":1,"format":2}', new Map(), { name: FILE }),
  ],
  [
    'bytes that are no UTF-8',
    FormatError,
    /^evil$/,
    /JSON in UTF-8.*download/,
    async () => readLayersModel(new Uint8Array([0x22, 0xff, 0x22]), new Map(), { name: FILE }),
  ],
];

const good = sequential3([input3('x', [3]), layer3('Dense', { name: 'd', units: 2 })]);
const tensors = {
  'layers/dense/vars/0': { shape: [3, 2], data: new Array(6).fill(1) },
  'layers/dense/vars/1': { shape: [2], data: [0, 0] },
};
const options = { name: FILE, worker: false };
const read =
  (make: () => Promise<Uint8Array> | Uint8Array, more = {}) =>
  async () =>
    readKeras(await make(), { ...options, ...more });
const zip = (change: (files: Zippable) => Zippable, level: 0 | 9 = 0) =>
  read(async () => zipSync(change(archiveFiles(good, await h5Tensors(tensors))), { level }));
const config = (value: unknown) => read(async () => archive(value, await h5Tensors(tensors)));

/** A good archive, stored, with a change of its bytes: first local header, central one, end record. */
const bytes = (change: (view: DataView, central: number, end: number) => void) =>
  read(async () => {
    const all = archive(good, await h5Tensors(tensors));
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    const end = all.length - 22;
    change(view, view.getUint32(end + 16, true), end);
    return all;
  });
/** The offset of the central header after the one at `at`. */
const after = (view: DataView, at: number) =>
  at + 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true);

const ARCHIVES: readonly HostileRead[] = [
  ['no bytes', FormatError, /^evil$/, /zip archive or an HDF5.*Save/, read(() => new Uint8Array())],
  [
    'a bomb of a weights file',
    FormatError,
    /model\.weights\.h5/,
    /at most \d+ bytes/,
    zip((files) => ({ ...files, 'model.weights.h5': new Uint8Array(2 ** 24) }), 9),
  ],
  [
    'more than maxBytes',
    LimitError,
    /model\.weights\.h5/,
    /at most 100 bytes.*maxBytes/,
    read(async () => archive(good, await h5Tensors(tensors)), { maxBytes: 100 }),
  ],
  [
    'overlapping entries',
    FormatError,
    /^evil/,
    /overlap|says the same/,
    bytes((view, central) =>
      view.setUint32(after(view, central) + 42, view.getUint32(central + 42, true), true),
    ),
  ],
  [
    'a local header with another size',
    FormatError,
    /metadata\.json/,
    /says the same as the directory/,
    bytes((view) => view.setUint32(22, 1, true)),
  ],
  [
    'a local header with another name',
    FormatError,
    /^evil/,
    /says the same/,
    bytes((view) => view.setUint8(30, 0x78)),
  ],
  [
    'a wrong checksum',
    FormatError,
    /metadata\.json/,
    /checksum.*download/,
    bytes((view, central) => {
      view.setUint32(14, 1, true);
      view.setUint32(central + 16, 1, true);
    }),
  ],
  [
    'a duplicate name',
    FormatError,
    /^evil/,
    /stands for one entry/,
    read(() => {
      const all = zipSync({ 'aaaa.json': new Uint8Array(1), 'bbbb.json': new Uint8Array(1) });
      const text = new TextDecoder('latin1').decode(all);
      const name = new TextEncoder().encode('aaaa.json');
      for (const { index } of text.matchAll(/bbbb\.json/g)) all.set(name, index);
      return all;
    }),
  ],
  [
    'encrypted',
    FormatError,
    /metadata\.json/,
    /not encrypted/,
    bytes((view, central) => view.setUint16(central + 8, 1, true)),
  ],
  [
    'an unknown method',
    FormatError,
    /metadata\.json/,
    /stored or deflated/,
    bytes((view, central) => view.setUint16(central + 10, 99, true)),
  ],
  [
    'zip64 sizes that are not there',
    FormatError,
    /metadata\.json/,
    /zip64/,
    bytes((view, central) => view.setUint32(central + 24, 0xffffffff, true)),
  ],
  [
    'a zip64 record that is not there',
    FormatError,
    /^evil/,
    /zip64 record/,
    bytes((view, _central, end) => view.setUint32(end + 16, 0xffffffff, true)),
  ],
  [
    'several disks',
    FormatError,
    /^evil/,
    /in one piece/,
    bytes((view, _central, end) => view.setUint16(end + 4, 1, true)),
  ],
  [
    'too many entries',
    FormatError,
    /^evil/,
    /directory/,
    bytes((view, _central, end) => {
      view.setUint16(end + 8, 4000, true);
      view.setUint16(end + 10, 4000, true);
    }),
  ],
  [
    'no record at its end',
    FormatError,
    /^evil/,
    /ends with the record/,
    bytes((view, _central, end) => view.setUint32(end, 0, true)),
  ],
  ...['../x', '/x', 'a\\b', 'C:x', '__proto__', 'a\u0000', 'x'.repeat(2000)].map(
    (name): HostileRead => [
      `an entry ${JSON.stringify(name.slice(0, 20))}`,
      FormatError,
      /^evil/,
      /plain paths within the archive/,
      zip((files) => ({ ...files, [`x/../${name}`]: new Uint8Array(1) })),
    ],
  ),
  [
    'no config',
    FormatError,
    /^evil$/,
    /config\.json and model\.weights\.h5.*model\.save/,
    zip(({ 'config.json': _, ...rest }) => rest),
  ],
  [
    'no weights',
    FormatError,
    /^evil$/,
    /config\.json and model\.weights\.h5/,
    zip(({ 'model.weights.h5': _, ...rest }) => rest),
  ],
  [
    'a Lambda',
    FormatError,
    /config\.json/,
    /no code.*not run/,
    config(sequential3([input3('x', [3]), layer3('Lambda', { name: 'l' })])),
  ],
  [
    'the module os',
    FormatError,
    /config\.json/,
    /own modules; found the module "os"/,
    config(
      sequential3([
        input3('x', [3]),
        { ...layer3('Dense', { name: 'd', units: 2 }), module: 'os', class_name: 'system' },
      ]),
    ),
  ],
  [
    'a module within a config',
    FormatError,
    /Dense "d"/,
    /own modules; found the module "keras_evil"/,
    config(
      sequential3([
        input3('x', [3]),
        layer3('Dense', {
          name: 'd',
          units: 2,
          kernel_initializer: { module: 'keras_evil', class_name: 'X', config: {} },
        }),
      ]),
    ),
  ],
  [
    'enable_unsafe_deserialization',
    FormatError,
    /^evil/,
    /own modules|no code|supported/,
    config(
      sequential3([
        input3('x', [3]),
        {
          module: 'keras.config',
          class_name: 'function',
          config: 'enable_unsafe_deserialization',
          registered_name: 'function',
        },
      ]),
    ),
  ],
  [
    'a registered class',
    FormatError,
    /^evil/,
    /registered as "evil>Dense"/,
    config(
      sequential3([
        input3('x', [3]),
        { ...layer3('Dense', { name: 'd', units: 2 }), registered_name: 'evil>Dense' },
      ]),
    ),
  ],
  [
    'a call with a constant',
    FormatError,
    /^evil/,
    /Layers take tensors only/,
    config(
      functional3(
        [
          input3('x', [3]),
          {
            ...called3(layer3('ReLU', { name: 'y' }), ['x']),
            inbound_nodes: [{ args: [{ class_name: '__numpy__', config: {} }], kwargs: {} }],
          },
        ],
        ['x'],
        ['y'],
      ),
    ),
  ],
];

const h5 = (fill: (file: File) => void) => read(async () => archive(good, await h5File(fill)));
const group = (file: File) => groupAt(file, 'layers/dense/vars');
const big = { data: new Float32Array(1), dtype: '<f' };

const HDF5: readonly HostileRead[] = [
  [
    'other bytes',
    FormatError,
    /model\.weights\.h5/,
    /signature of HDF5/,
    read(() => archive(good, new Uint8Array(64))),
  ],
  [
    'a soft link',
    FormatError,
    /layers\/dense\/vars\/0/,
    /no links.*Save the model/,
    h5((file) => void group(file).create_soft_link('/layers', '0')),
  ],
  [
    'an external link',
    FormatError,
    /layers\/dense\/vars\/0/,
    /no links.*Save/,
    h5((file) => void group(file).create_external_link('/etc/passwd', '/x', '0')),
  ],
  [
    'a group within itself',
    FormatError,
    /layers/,
    /nest at most 32 deep/,
    h5((file) => void groupAt(file, 'layers').create_hard_link('/layers', 'again')),
  ],
  [
    'a shape bomb',
    FormatError,
    /layers\/dense\/vars\/0/,
    /fit the file/,
    h5((file) => {
      group(file).create_dataset({
        name: '0',
        ...big,
        shape: [1],
        maxshape: [2 ** 40],
        chunks: [1],
      });
      (file.get('layers/dense/vars/0') as unknown as { resize(shape: number[]): void }).resize([
        2 ** 40,
      ]);
    }),
  ],
  [
    'texts as weights',
    FormatError,
    /layers\/dense\/vars\/0/,
    /floats or integers/,
    h5((file) => void group(file).create_dataset({ name: '0', data: ['a', 'b'] })),
  ],
  [
    'too many numbers',
    FormatError,
    /layers\/dense\/vars\/0/,
    /at most 100 bytes.*maxBytes/,
    read(
      () =>
        h5File(
          (file) =>
            void groupAt(file, 'layers/dense/vars').create_dataset({
              name: '0',
              data: new Float32Array(64),
            }),
        ),
      { maxBytes: 100 },
    ),
  ],
  [
    'no model_config',
    FormatError,
    /^evil$/,
    /attribute model_config.*whole model/,
    read(() => h5Tensors(tensors)),
  ],
  [
    'a model_config of numbers',
    FormatError,
    /^evil/,
    /model_config is text/,
    read(() => h5File((file) => file.create_attribute('model_config', 7))),
  ],
  [
    'missing weights',
    FormatError,
    /Dense "d"/,
    /has its weight kernel/,
    h5((file) => void group(file)),
  ],
];

testRefused({ 'tf.layers models': LAYERS_MODEL, archives: ARCHIVES, HDF5 });

test('a good archive still loads after all of these', async () => {
  await readKeras(archive(good, await h5Tensors(tensors)), { worker: false });
  for (const sample of [...(await archiveSamples()), ...(await hdf5Samples())]) {
    expect(sample.length).toBeLessThan(16384);
    await readKeras(sample, { worker: false });
  }
});
