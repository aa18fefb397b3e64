import { gzipSync } from 'node:zlib';
import {
  readIdx,
  readSafetensors,
  readState,
  readTorchState,
  writeState,
  writeTorchState,
} from '../../src/formats';
import { readLayersModel } from '../../src/formats/keras';
import { readOnnx, readTensor, writeOnnx, writeTensor } from '../../src/formats/onnx';
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
import { layersSample } from './keras-samples';

/** A parser, and small files that it takes. */
export interface Target {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  /** Files that are samples too, by their names. */
  readonly files?: RegExp;
  parse(bytes: Uint8Array): unknown;
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

const text = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
const models = [chain(), branches()];

/** An IDX file of 3 pictures of 4 × 5. */
function idx(): Uint8Array {
  const bytes = new Uint8Array(16 + 60);
  bytes.set([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]);
  return bytes.map((byte, i) => (i < 16 ? byte : i));
}

/** Every parser of files. */
export function targets(): Target[] {
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
    },
    {
      name: 'PyTorch state',
      samples: [writeTorchState(models[0], models[0].initialState())],
      parse: (bytes) => readTorchState(bytes, models[0]),
    },
    {
      name: 'config',
      samples: models.map((made) => text(made.toConfig())),
      parse: (bytes) => modelFromConfig(parsedJson(bytes)),
    },
    {
      name: 'layers-model',
      files: /^model\.json$/,
      samples: [keras.modelJson],
      parse: (bytes) => readLayersModel(bytes, () => keras.shard),
    },
    {
      name: 'layers-model shard',
      samples: [keras.shard],
      parse: (bytes) => readLayersModel(keras.modelJson, () => bytes),
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
