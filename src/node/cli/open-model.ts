import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { FormatError } from '../../core/errors';
import { readKeras, readLayersModel } from '../../formats/keras';
import { readOnnx } from '../../formats/onnx';
import { readSafetensors } from '../../formats/safetensors';
import { readState } from '../../formats/state';
import { readTorchState } from '../../formats/torch/state';
import { modelFromConfig } from '../../model/config';
import type { Model } from '../../model/model';
import type { ModelState } from '../../model/state';
import { readSibling } from './sibling';
import { countOf, UsageError } from './usage';

/** A model from a file, and its numbers. */
export interface OpenModel {
  readonly model: Model;
  readonly state: ModelState;
  /** What the file is, in words. */
  readonly format: string;
}

export interface OpenOptions {
  /** `name=number`: extents that an ONNX file leaves open. */
  readonly size?: readonly string[];
  /** Whether the first extent of an ONNX file's inputs is the batch though it is a number there. */
  readonly 'free-batch'?: boolean;
  /** A safetensors file with the numbers instead. */
  readonly weights?: string;
  /** How an ONNX file's images come and go; default channelsFirst. */
  readonly layout?: 'channelsFirst' | 'channelsLast';
}

/** Flags of every command that opens a model, for `parseArgs`. */
export const OPEN_FLAGS = {
  size: { type: 'string', multiple: true },
  'free-batch': { type: 'boolean' },
  weights: { type: 'string' },
} as const;

export const OPEN_USAGE = `  FILE is .onnx, .keras, .h5, a tf.layers model.json, .safetensors written by this library, or the
  JSON of model.toConfig()
  --weights FILE.safetensors  numbers for it: this library's names, or PyTorch's
  --size NAME=N               an extent that an ONNX file leaves open; may be repeated
  --free-batch                the first extent of an ONNX file's inputs is the batch`;

/** Opens a model file of any kind. Throws a {@link FormatError} for a file that is none. */
export async function openModel(file: string, options: OpenOptions = {}): Promise<OpenModel> {
  const bytes = await readFile(file);
  const opened = await readAny(file, bytes, options);
  const { weights } = options;
  if (!weights) return opened;
  return { ...opened, state: readWeights(await readFile(weights), weights, opened.model) };
}

async function readAny(file: string, bytes: Buffer, options: OpenOptions): Promise<OpenModel> {
  const name = basename(file);
  switch (extname(file).toLowerCase()) {
    case '.onnx': {
      const { model, state, producer, opset } = readOnnx(bytes, {
        name,
        sizes: sizesOf(options.size ?? []),
        batch: options['free-batch'] ? 'free' : 'auto',
        external: (location) => readSibling(file, location),
        ...(options.layout && { layout: options.layout }),
      });
      return { model, state, format: `ONNX opset ${opset}${producer ? `, by ${producer}` : ''}` };
    }
    case '.keras':
    case '.h5':
    case '.hdf5':
      return { ...(await readKeras(bytes, { name })), format: 'Keras' };
    case '.json':
      return readJson(file, name, bytes);
    case '.safetensors': {
      const config = readSafetensors(bytes, name).metadata.get('model');
      if (config === undefined) {
        throw new FormatError({
          where: name,
          rule: 'a model has layers, not only numbers',
          found: 'no model in the file’s metadata',
          remedy: 'Give the model’s file, and this one as --weights.',
        });
      }
      const model = modelFromConfig(parseJson(config, `${name}, its model`));
      return { model, state: readState(bytes, name), format: 'safetensors with its model' };
    }
    default:
      throw new FormatError({
        where: name,
        rule: 'its name ends in .onnx, .keras, .h5, .json or .safetensors',
        found: extname(file) || 'no ending',
      });
  }
}

async function readJson(file: string, name: string, bytes: Buffer): Promise<OpenModel> {
  const json = parseJson(bytes.toString('utf8'), name);
  if (typeof json === 'object' && json !== null && 'modelTopology' in json) {
    const shard = (path: string) => readSibling(file, path);
    return { ...(await readLayersModel(json, shard, { name })), format: 'tf.layers model' };
  }
  const model = modelFromConfig(json);
  return { model, state: model.initialState(), format: 'layers without numbers' };
}

function readWeights(bytes: Uint8Array, file: string, model: Model): ModelState {
  const { tensors } = readSafetensors(bytes, basename(file));
  const own = model.stateInfo().every(({ name }) => tensors.has(name));
  return own
    ? readState(bytes, basename(file))
    : readTorchState(bytes, model, { name: basename(file) });
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : undefined;
    throw new FormatError({ where, rule: 'it is JSON', found }, { cause });
  }
}

function sizesOf(given: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, size] = /^(.+)=(\d+)$/.exec(text) ?? [];
      if (name === undefined) throw new UsageError(`--size must be NAME=N, not ${text}`);
      return [name, countOf('size', size)];
    }),
  );
}
