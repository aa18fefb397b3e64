// Small Keras files that are right, to be made wrong, and how their refusals are held to what is said.
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import type { BatchNormError } from '../../src/core/errors';
import { type KerasFileOptions, readKeras, readLayersModel } from '../../src/formats/keras';
import { archiveFiles, h5Tensors, input3, layer3, sequential3 } from './keras-archives';
import { layer, layersModel, sequentialTopology } from './keras-files';

export const FILE = 'evil';

/** A file: its error's class, place and text (rule, what was found, remedy), and who reads it. */
export type Hostile = readonly [
  name: string,
  kind: abstract new (...args: never[]) => BatchNormError,
  place: RegExp,
  message: RegExp,
  read: () => Promise<unknown>,
];

/** A test for each file. */
export function testRefusals(lists: Readonly<Record<string, readonly Hostile[]>>): void {
  for (const [what, list] of Object.entries(lists)) {
    describe(what, () => {
      test.each(list)('%s', async (_name, kind, place, message, read) => {
        const error = await read().then(
          () => expect.unreachable('the file was accepted'),
          (caught: unknown) => caught,
        );
        expect(error).toBeInstanceOf(kind);
        const refused = error as BatchNormError;
        expect(refused.where.startsWith(FILE)).toBe(true);
        expect(refused.where).toMatch(place);
        expect(refused.message).toMatch(message);
      });
    });
  }
}

/** What a test changes: parsed JSON is like that. */
// biome-ignore lint/suspicious/noExplicitAny: tests put anything anywhere
export type Loose = any;

const dense = (name: string, more: object = {}) => layer('Dense', { name, units: 2, ...more });
const WEIGHTS = [
  { name: 'a/kernel', shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
  { name: 'a/bias', shape: [2], data: [7, 8] },
];

/** A tf.layers model of a Dense layer, once `spoil` has changed it. */
export function layersFile(spoil: (json: Loose, shards: Map<string, Uint8Array>) => void) {
  return () => {
    const topology = sequentialTopology([dense('a', { batch_input_shape: [null, 3] })]);
    const { json, shards } = layersModel(topology, WEIGHTS);
    const copy = structuredClone(json);
    spoil(copy, shards);
    return readLayersModel(JSON.stringify(copy), shards, { name: FILE });
  };
}

/** The same with other layers: what they are is looked at before any weight is. */
export const layersOf = (...layers: readonly unknown[]) =>
  layersFile((json) => {
    json.modelTopology.config.layers = layers;
  });

/** A model of this text or these bytes. */
export const jsonFile = (text: string | Uint8Array) => () =>
  readLayersModel(text, new Map(), { name: FILE });

/** The files of a `.keras` archive of a Dense layer. */
export async function goodFiles(): Promise<Record<string, Uint8Array>> {
  const layers = [input3('x', [3]), layer3('Dense', { name: 'a', units: 2 })];
  return archiveFiles(sequential3(layers), await goodWeights());
}

export const goodWeights = () =>
  h5Tensors({ 'layers/dense/vars/0': WEIGHTS[0], 'layers/dense/vars/1': WEIGHTS[1] });

/** Reads a `.keras` archive, in the test's own thread. */
export const readHere = (bytes: Uint8Array, options: KerasFileOptions = {}) =>
  readKeras(bytes, { name: FILE, worker: false, ...options });

/** The archive with other files in it. */
export const withFiles =
  (change: (files: Record<string, Uint8Array>) => void, level: 0 | 6 = 0) =>
  async () => {
    const files = await goodFiles();
    change(files);
    return readHere(zipSync(files, { level }));
  };
