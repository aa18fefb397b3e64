import { knownOptions, positive } from '../../core/check';
import { FormatError } from '../../core/errors';
import type { InputShapes } from './applicable';
import type { Dialect } from './classes/common';
import { Fields } from './fields';
import { type H5Options, isHdf5, readH5 } from './h5';
import type { H5Contents } from './h5-read.js';
import { parseJson } from './json';
import type { KerasOptions, LoadedModel } from './layers-model';
import { readTopology } from './topology';
import { numberedWeights } from './vars';
import { assignWeights, namedWeights } from './weights';
import { isZip, unzip, type ZipEntry, zipEntries } from './zip';

export interface KerasFileOptions extends KerasOptions {
  /**
   * Whether HDF5 is read in a worker, which a hostile file may end or hang without harm; default true.
   * Without one (where none can start, or within a worker already) such a file harms its thread.
   */
  readonly worker?: boolean;
  /** Milliseconds that the worker has; default 60,000. */
  readonly timeout?: number;
}

const MOST_JSON = 64 * 2 ** 20;
const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';

/**
 * Reads a `.keras` archive of Keras 3 (or of tf.keras from 2.12 on), or a whole model in an HDF5 file as
 * Keras 2 wrote it. Its zip and HDF5 libraries are loaded when it is called. Throws a
 * {@link FormatError} with the place in the file for what is malformed, carries code or is not supported,
 * and a LimitError beyond `maxBytes`.
 */
export async function readKeras(
  bytes: Uint8Array,
  options: KerasFileOptions = {},
): Promise<LoadedModel> {
  const names = ['name', 'inputShapes', 'maxBytes', 'worker', 'timeout'];
  knownOptions(options, names, 'readKeras');
  const { inputShapes = {}, maxBytes = 2 ** 30, worker = true, timeout = 60_000 } = options;
  const h5 = { maxBytes, worker, timeout };
  positive(maxBytes, 'readKeras', 'maxBytes');
  positive(timeout, 'readKeras', 'timeout');
  if (!(bytes instanceof Uint8Array)) {
    throw new FormatError({
      where: 'readKeras',
      rule: 'the file is a Uint8Array',
      found: typeof bytes,
    });
  }
  if (isHdf5(bytes)) return readWholeH5(bytes, options.name ?? 'HDF5 file', inputShapes, h5);
  const where = options.name ?? '.keras file';
  if (!isZip(bytes)) {
    const found = bytes.length ? 'other bytes' : 'nothing';
    const remedy = 'Save the model as .keras (Keras 3), or as .h5.';
    throw new FormatError({ where, rule: 'it is a zip archive or an HDF5 file', found, remedy });
  }
  const entries = zipEntries(bytes, where);
  const json = async (name: string) => {
    const text = await unzip(entryOf(entries, name, where), where, MOST_JSON);
    return parseJson(text, `${where}, ${name}`);
  };
  const config = await json(CONFIG);
  const dialect = entries.has(METADATA)
    ? dialectOf(new Fields(await json(METADATA), METADATA).raw('keras_version'))
    : 'keras3';
  const topology = readTopology(config, { dialect, where: `${where}, ${CONFIG}`, inputShapes });
  const weights = await unzip(entryOf(entries, WEIGHTS, where), where, maxBytes);
  const place = `${where}, ${WEIGHTS}`;
  const contents = await readH5(weights, place, h5);
  const source = numberedWeights(contents, topology.layers);
  const state = assignWeights(topology.model, topology.layers, source, place);
  return { model: topology.model, state };
}

function entryOf(entries: ReadonlyMap<string, ZipEntry>, name: string, where: string): ZipEntry {
  const entry = entries.get(name);
  if (entry) return entry;
  throw new FormatError({
    where,
    rule: `it has ${CONFIG} and ${WEIGHTS}`,
    found: [...entries.keys()].slice(0, 8).join(', ').slice(0, 300) || 'nothing',
    remedy: 'Save the model with model.save("model.keras"), in one file.',
  });
}

function dialectOf(version: unknown): Dialect {
  return /^[012]\./.test(String(version)) ? 'keras2' : 'keras3';
}

/** A model in one HDF5 file: the topology is text in an attribute. */
async function readWholeH5(
  bytes: Uint8Array,
  where: string,
  inputShapes: InputShapes,
  options: H5Options,
): Promise<LoadedModel> {
  const contents = await readH5(bytes, where, options);
  const config = rootText(contents, 'model_config');
  if (config === undefined) {
    const remedy = 'Save the whole model, not its weights alone.';
    throw new FormatError({
      where,
      rule: 'it has the attribute model_config',
      found: 'none',
      remedy,
    });
  }
  const dialect = dialectOf(rootText(contents, 'keras_version') ?? '2.0');
  const topology = readTopology(parseJson(config, `${where}, model_config`), {
    dialect,
    where,
    inputShapes,
  });
  const group = 'model_weights/';
  const tensors = contents.datasets
    .filter(({ path }) => path.startsWith(group))
    .map(({ path, shape, values }) => ({ name: path.slice(group.length), shape, values }));
  const source = namedWeights(tensors, where);
  const state = assignWeights(topology.model, topology.layers, source, where);
  return { model: topology.model, state };
}

function rootText({ attributes }: H5Contents, name: string): string | undefined {
  const found = attributes.find(([path, key]) => path === '' && key === name)?.[2];
  return typeof found === 'string' ? found : undefined;
}
