import { positive } from '../../core/check';
import { ArgumentError, FormatError } from '../../core/errors';
import type { Model } from '../../model/model';
import type { ModelState } from '../../model/state';
import type { InputShapes } from './applicable';
import type { Dialect } from './classes/common';
import { Fields, shown } from './fields';
import { checkDepth, parseJson } from './json';
import { type Group, readManifest, sliceGroup } from './manifest';
import { readTopology } from './topology';
import { assignWeights, namedWeights } from './weights';

export interface KerasOptions {
  /** The file as errors name it. */
  readonly name?: string;
  /**
   * Extents that the file leaves open, by the input's name, without the batch:
   * `{ input_1: [224, 224, 3] }`; or a function that is asked for inputs with open extents.
   */
  readonly inputShapes?: InputShapes;
  /** Most bytes of weights accepted; default 1 GiB. */
  readonly maxBytes?: number;
}

/** A model and its numbers: `compile(model, { state })`. */
export interface LoadedModel {
  readonly model: Model;
  readonly state: ModelState;
}

/** The bytes of a file of weights by its path beside the model, such as `group1-shard1of1.bin`. */
export type ShardLoader =
  | ((path: string) => Promise<Uint8Array> | Uint8Array)
  | ReadonlyMap<string, Uint8Array>;

/** Files of weights that are loaded at once. */
const AT_ONCE = 8;

/**
 * Reads a tf.layers model: the `model.json` that TensorFlow.js or its converter writes, as text, bytes or
 * parsed, with its files of weights, quantised or not. Throws a {@link FormatError} with the place in the
 * file for what is malformed, carries code or is not supported, and a LimitError beyond `maxBytes`,
 * before any weight is loaded.
 */
export async function readLayersModel(
  modelJson: string | object | Uint8Array,
  loadShard: ShardLoader,
  options: KerasOptions = {},
): Promise<LoadedModel> {
  const { name: where = 'model.json', inputShapes = {}, maxBytes = 2 ** 30 } = options;
  positive(maxBytes, 'readLayersModel', 'maxBytes');
  const text = typeof modelJson === 'string' || modelJson instanceof Uint8Array;
  const root = new Fields(text ? parseJson(modelJson, where) : checkDepth(modelJson, where), where);
  if (root.raw('format') === 'graph-model') {
    throw new FormatError({
      where,
      rule: 'its format is layers-model',
      found: 'graph-model, which has operations of TensorFlow instead of layers',
      remedy: 'Convert with --output_format=tfjs_layers_model, or export to ONNX.',
    });
  }
  const topology = root.object('modelTopology');
  const dialect = dialectOf(root, topology);
  const built = readTopology(topology.raw('model_config') ?? root.raw('modelTopology'), {
    dialect,
    where,
    inputShapes,
  });
  const groups = readManifest(root.raw('weightsManifest'), where, maxBytes);
  const tensors = [];
  for (const group of groups) {
    tensors.push(...sliceGroup(group, await loadAll(group, loadShard, where), where));
  }
  const state = assignWeights(built.model, built.layers, namedWeights(tensors, where), where);
  return { model: built.model, state };
}

/** Who wrote the configs. A converter keeps the version of Keras; TensorFlow.js writes its own. */
function dialectOf(root: Fields, topology: Fields): Dialect {
  const writer = String(topology.raw('keras_version') ?? root.raw('generatedBy') ?? '');
  if (/^(keras v)?3\./i.test(writer)) return 'keras3';
  return /^(keras v)?[012]\./i.test(writer) ? 'keras2' : 'tfjs';
}

async function loadAll({ paths, bytes }: Group, load: ShardLoader, where: string) {
  const shards: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < paths.length && length <= bytes; i += AT_ONCE) {
    const some = paths.slice(i, i + AT_ONCE).map((path) => loadOne(path, load, where));
    for (const shard of await Promise.all(some)) {
      length += shard.length;
      shards.push(shard);
    }
  }
  return shards;
}

async function loadOne(path: string, load: ShardLoader, where: string): Promise<Uint8Array> {
  const bytes = typeof load === 'function' ? await load(path) : load.get(path);
  if (bytes instanceof Uint8Array) return bytes;
  throw new ArgumentError({
    where: `${where}, ${shown(path)}`,
    rule: 'the bytes of each file of weights are given, as a Uint8Array',
    found: bytes === undefined ? 'nothing' : typeof bytes,
    remedy: 'Give them in a Map, or a function that loads the file of this name beside the model.',
  });
}
