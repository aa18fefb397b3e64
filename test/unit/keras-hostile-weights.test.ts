// `.keras` archives whose config carries code, or whose HDF5 file has what no Keras writes.
import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import type { File } from 'h5wasm';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { readKeras } from '../../src/formats/keras';
import {
  FILE,
  goodFiles,
  goodWeights,
  type Hostile,
  type Loose,
  readHere,
  testRefusals,
  withFiles,
} from '../support/hostile-keras';
import { groupAt, h5File, h5Tensors, json } from '../support/keras-archives';

/** The archive with another config. */
const withConfig = (change: (config: Loose) => void) =>
  withFiles((files) => {
    const config = JSON.parse(new TextDecoder().decode(files['config.json']));
    change(config);
    files['config.json'] = json(config);
  });
const second = (config: Loose) => config.config.layers[1];
const CODE: readonly Hostile[] = [
  [
    'Lambda',
    FormatError,
    /config\.json, layers\[1\] "a"/,
    /no code; found the class "Lambda".*not run/,
    withConfig((config) => {
      second(config).class_name = 'Lambda';
    }),
  ],
  [
    'a lambda in a config',
    FormatError,
    /Dense "a"/,
    /no code; found the class "__lambda__"/,
    withConfig((config) => {
      second(config).config.activation = { class_name: '__lambda__', config: { value: '4wEA' } };
    }),
  ],
  [
    'the module os',
    FormatError,
    /layers\[1\]/,
    /Keras’ own modules; found the module "os".*not run/,
    withConfig((config) => {
      second(config).module = 'os';
    }),
  ],
  [
    'enable_unsafe_deserialization',
    FormatError,
    /layers\[1\]/,
    /no code; found the class "function"/,
    withConfig((config) => {
      Object.assign(second(config), {
        module: 'keras.config',
        class_name: 'function',
        config: { name: 'enable_unsafe_deserialization' },
      });
    }),
  ],
  [
    'a class of the program',
    FormatError,
    /layers\[1\]/,
    /registered as "program>Dense"/,
    withConfig((config) => {
      second(config).registered_name = 'program>Dense';
    }),
  ],
  [
    'a model of the program',
    FormatError,
    /config\.json/,
    /supported; found "MyModel"/,
    withConfig((config) => {
      config.class_name = 'MyModel';
    }),
  ],
  [
    'a config that is no JSON',
    FormatError,
    /config\.json/,
    /JSON in UTF-8/,
    withFiles((files) => {
      files['config.json'] = Uint8Array.of(0x7b);
    }),
  ],
];

/** The archive with other weights. */
const withWeights = (weights: () => Promise<Uint8Array> | Uint8Array) => async () => {
  const files = await goodFiles();
  return readHere(zipSync({ ...files, 'model.weights.h5': await weights() }, { level: 0 }));
};
const fixture = (name: string) =>
  withWeights(() => new Uint8Array(readFileSync(`test/data/keras/${name}.h5`)));
const linked = (link: (file: File) => void) =>
  withWeights(() =>
    h5File((file) => {
      groupAt(file, 'layers/dense');
      link(file);
    }),
  );
const tensor = (...shape: number[]) => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
const HDF5: readonly Hostile[] = [
  [
    'a soft link',
    FormatError,
    /h5, \/layers\/dense\/vars/,
    /no links.*Save the model with Keras/,
    linked((file) => file.create_soft_link('/layers', 'layers/dense/vars')),
  ],
  [
    'a soft link to nowhere',
    FormatError,
    /\/layers\/dense\/vars/,
    /no links/,
    linked((file) => file.create_soft_link('/none', 'layers/dense/vars')),
  ],
  [
    'an external link',
    FormatError,
    /\/layers\/dense\/vars/,
    /no links/,
    linked((file) => file.create_external_link('/etc/passwd', '/x', 'layers/dense/vars')),
  ],
  [
    'a group within itself',
    FormatError,
    /\/layers\/dense\/again/,
    /at most 32 deep.*found more: a group that contains itself/,
    linked((file) => file.create_hard_link('/layers', 'layers/dense/again')),
  ],
  [
    'external storage',
    FormatError,
    /\/layers\/dense\/vars\/0/,
    /numbers are in this file; found external storage.*inside/,
    fixture('external'),
  ],
  [
    'a virtual dataset',
    FormatError,
    /\/layers\/dense\/vars\/0/,
    /numbers are in this file; found a virtual dataset.*inside/,
    fixture('virtual'),
  ],
  [
    '2^40 numbers without storage',
    FormatError,
    /\/layers\/dense\/vars\/0/,
    /numbers fit the file; found \[1099511627776\] in 4496 bytes/,
    fixture('huge'),
  ],
  [
    '2^30 numbers, compressed',
    FormatError,
    /\/layers\/dense\/vars\/0/,
    /numbers fit the file; found \[1073741824\]/,
    fixture('inflated'),
  ],
  [
    'a chunk of 1 GiB',
    FormatError,
    /\/layers\/dense\/vars\/0/,
    /chunks have at most 67108864 bytes; found 1073741824/,
    fixture('chunk'),
  ],
  [
    'text for numbers',
    FormatError,
    /\/layers\/dense\/vars\/0/,
    /tensor of floats or integers/,
    fixture('text'),
  ],
  [
    'no weights',
    FormatError,
    /Dense "a"/,
    /has its weight kernel/,
    withWeights(() => h5File(() => {})),
  ],
  [
    'a weight of another shape',
    FormatError,
    /Dense "a"/,
    /kernel has the shape \[3,2\]; found \[2,3\] in "layers\/dense\/vars\/0"/,
    withWeights(() =>
      h5Tensors({ 'layers/dense/vars/0': tensor(2, 3), 'layers/dense/vars/1': tensor(2) }),
    ),
  ],
  [
    'a weight too many',
    FormatError,
    /model\.weights\.h5/,
    /"layers\/dense\/vars\/2", left over/,
    withWeights(() =>
      h5Tensors({
        'layers/dense/vars/0': tensor(3, 2),
        'layers/dense/vars/1': tensor(2),
        'layers/dense/vars/2': tensor(2),
      }),
    ),
  ],
  [
    'nothing but a signature',
    FormatError,
    /model\.weights\.h5/,
    /whole HDF5 file.*again/,
    withWeights(async () => (await goodWeights()).slice(0, 8)),
  ],
];

testRefusals({ code: CODE, HDF5 });

test('weights cut short', async () => {
  const weights = await goodWeights();
  const files = await goodFiles();
  for (let length = 0; length < weights.length; length += 61) {
    const cut = { ...files, 'model.weights.h5': weights.slice(0, length) };
    await expect(readHere(zipSync(cut, { level: 0 }))).rejects.toThrow(FormatError);
  }
});

test('an archive is as good after one that was not', async () => {
  const bytes = zipSync(await goodFiles(), { level: 0 });
  await expect(fixture('external')()).rejects.toThrow(FormatError);
  const { state } = await readHere(bytes);
  expect([...state.get('a/kernel')]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('external storage is not read in a worker either', async () => {
  const weights = new Uint8Array(readFileSync('test/data/keras/external.h5'));
  const bytes = zipSync({ ...(await goodFiles()), 'model.weights.h5': weights }, { level: 0 });
  await expect(readKeras(bytes, { name: FILE })).rejects.toThrow(FormatError);
});
