import { gzipSync } from 'node:zlib';
import type { Random } from '../../src/core/random';
import {
  readIdx,
  readSafetensors,
  readState,
  readTorchState,
  writeState,
  writeTorchState,
} from '../../src/formats';
import { readKeras, readLayersModel } from '../../src/formats/keras';
import { readOnnx, readTensor, writeOnnx, writeTensor } from '../../src/formats/onnx';
import { decode } from '../../src/formats/onnx/decode';
import { encode } from '../../src/formats/onnx/encode';
import { MODEL, type ModelProto } from '../../src/formats/onnx/messages';
import { modelFromConfig } from '../../src/model/config';
import { relu } from '../../src/model/layers/activation';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { add } from '../../src/model/layers/merge';
import {
  averagePooling2d,
  globalAveragePooling2d,
  maxPooling2d,
} from '../../src/model/layers/pool';
import { flatten } from '../../src/model/layers/shape';
import { input, type Model, model, sequential } from '../../src/model/model';
import { parseTensors } from '../../src/node/cli/tensor-file';
import { readInThread } from './h5-thread';
import { archiveSamples, hdf5Samples, layersSample, restructureArchive } from './keras-samples';
import { mutateTree } from './tree';

/** A parser, and small files that it takes. */
export interface Target {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  /** Files that are samples too, by their names. */
  readonly files?: RegExp;
  /** Some files cost much time: fewer of them in the tests. */
  readonly slow?: true;
  parse(bytes: Uint8Array): unknown;
  /** A file with something else at one place of what it says, and well-formed. */
  restructure?(bytes: Uint8Array, random: Random): Uint8Array;
}

function chain(): Model {
  return sequential(
    [6, 6, 2],
    [conv2d(3, 3, { padding: 'same' }), batchNorm(), relu(), maxPooling2d(), flatten(), dense(2)],
  );
}

function branches(): Model {
  const x = input([5, 5, 1]);
  const trunk = conv2d(2, 3, { padding: 'same' })(x);
  const sum = add()(trunk, batchNorm()(conv2d(2, 1)(trunk)));
  return model(
    x,
    dense(2, { activation: 'softmax' })(globalAveragePooling2d()(averagePooling2d()(sum))),
  );
}

function restructureJson(bytes: Uint8Array, random: Random): Uint8Array {
  return text(mutateTree(JSON.parse(new TextDecoder().decode(bytes)), random));
}

function restructureOnnx(bytes: Uint8Array, random: Random): Uint8Array {
  const other = mutateTree(decode(MODEL, bytes, 'sample'), random) as ModelProto;
  try {
    return encode(MODEL, other);
  } catch {
    // A tree that is none of messages can not be written.
    return bytes;
  }
}

/** Another header, with its own length. */
function restructureSafetensors(bytes: Uint8Array, random: Random): Uint8Array {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = restructureJson(bytes.subarray(8, 8 + length), random);
  const result = new Uint8Array(bytes.length - length + header.length);
  new DataView(result.buffer).setUint32(0, header.length, true);
  result.set(header, 8);
  result.set(bytes.subarray(8 + length), 8 + header.length);
  return result;
}

const text = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
const models = [chain(), branches()];

/** An IDX file of 3 pictures of 4 × 5. */
function idx(): Uint8Array {
  const bytes = new Uint8Array(16 + 60);
  bytes.set([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]);
  return bytes.map((byte, i) => (i < 16 ? byte : i));
}

/** NumPy's file of [2, 3] floats. */
function npy(): Uint8Array {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
  const start = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length, 0];
  return Uint8Array.of(...start, ...new TextEncoder().encode(header), ...new Uint8Array(24));
}

/** Every parser of files. */
export async function targets(): Promise<Target[]> {
  const keras = layersSample();
  const onnx = { maxElements: 2 ** 18 };
  return [
    {
      name: 'onnx',
      files: /\.onnx$/,
      samples: [
        ...models.map((made) => writeOnnx(made, made.initialState())),
        writeOnnx(branches(), branches().initialState(), { fold: true, layout: 'channelsFirst' }),
      ],
      parse: (bytes) => readOnnx(bytes, onnx),
      restructure: restructureOnnx,
    },
    {
      name: 'onnx tensor',
      files: /\.pb$/,
      samples: [
        writeTensor({ dtype: 'float', dims: [2, 3], data: new Float32Array(6) }, 'x'),
        writeTensor({ dtype: 'int64', dims: [4], data: Float64Array.of(1, -2, 3, 2 ** 40) }),
        writeTensor({ dtype: 'float16', dims: [3], data: new Float32Array(3) }),
      ],
      parse: (bytes) => readTensor(bytes),
    },
    {
      name: 'safetensors',
      files: /\.safetensors$/,
      samples: models.map((made) => writeState(made.initialState())),
      parse: (bytes) => [readSafetensors(bytes), readState(bytes)],
      restructure: restructureSafetensors,
    },
    {
      name: 'PyTorch state',
      samples: [writeTorchState(models[0], models[0].initialState())],
      parse: (bytes) => readTorchState(bytes, models[0]),
      restructure: restructureSafetensors,
    },
    {
      name: 'config',
      samples: models.map((made) => text(made.toConfig())),
      parse: (bytes) => modelFromConfig(parsedJson(bytes)),
      restructure: restructureJson,
    },
    {
      name: 'layers-model',
      files: /^model\.json$/,
      samples: [keras.modelJson],
      parse: (bytes) => readLayersModel(bytes, () => keras.shard),
      restructure: restructureJson,
    },
    {
      name: 'layers-model shard',
      samples: [keras.shard],
      parse: (bytes) => readLayersModel(keras.modelJson, () => bytes),
    },
    {
      name: 'npy',
      samples: [npy()],
      parse: (bytes) => parseTensors(bytes, 'x.npy'),
    },
    {
      name: 'keras archive',
      files: /\.keras$/,
      samples: await archiveSamples(),
      parse: (bytes) => readKeras(bytes, { worker: false }),
      restructure: restructureArchive,
    },
    {
      name: 'hdf5',
      files: /\.h5$/,
      slow: true,
      samples: await hdf5Samples(),
      parse: readInThread,
    },
    {
      name: 'IDX',
      files: /idx\d-ubyte/,
      samples: [idx(), new Uint8Array(gzipSync(idx()))],
      parse: (bytes) => readIdx(bytes),
    },
  ];
}

/** What is no JSON is the caller's: configs come parsed. */
function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
