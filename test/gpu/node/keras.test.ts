// Outputs of real Keras layers, and a whole network, where they lie next to the project.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { worstError } from '../../../src/core/compare';
import { type LoadedModel, readLayersModel } from '../../../src/formats/keras';
import { compile } from '../../../src/runtime/network';
import { getDevice } from '../../support/gpu';
import { caseModel, type KerasCase } from '../../support/keras-cases';

const LAYERS = '../shared/data/keras-layers';
const MODELS = '../shared/data/keras-models';
/** Their numbers are stored with six to eight digits. */
const ATOL = 2e-4;

async function predict({ model, state }: LoadedModel, backend: 'cpu' | 'gpu', inputs: number[][]) {
  const device = backend === 'gpu' ? await getDevice() : undefined;
  const net = await compile(model, { backend, state, ...(device && { device }) });
  try {
    const named = Object.fromEntries(
      model.inputs.map(({ name }, i) => [name, Float32Array.from(inputs[i])]),
    );
    return Object.values(await net.predictAll(named))[0];
  } finally {
    net.dispose();
  }
}

describe.runIf(existsSync(LAYERS))('layers of Keras', () => {
  const files = existsSync(LAYERS)
    ? readdirSync(LAYERS).filter((file) => /^[A-Z][A-Za-z\d]*\.json$/.test(file))
    : [];
  for (const file of files) {
    const { layer, cases } = JSON.parse(readFileSync(join(LAYERS, file), 'utf8')) as {
      layer: string;
      cases: KerasCase[];
    };
    for (const backend of ['cpu', 'gpu'] as const) {
      test.each(cases)(`$id, ${backend}`, async (kerasCase) => {
        const { json, shards } = caseModel(layer, kerasCase);
        const loaded = await readLayersModel(json, shards);
        const { data } = await predict(
          loaded,
          backend,
          kerasCase.inputs.map(({ data }) => [...data]),
        );
        const { shape, data: want } = kerasCase.expected;
        expect(loaded.model.outputs[0].tensor.shape).toEqual(shape);
        expect(worstError(data, want, { name: layer, shape, atol: ATOL })).toBeUndefined();
      });
    }
  }
});

describe.runIf(existsSync(MODELS))('a network', () => {
  const folder = join(MODELS, 'mnist_cnn');
  const floats = (name: string, Type: typeof Float32Array | typeof Float64Array) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name));
    return new Type(buffer.slice(byteOffset, byteOffset + byteLength));
  };

  for (const backend of ['cpu', 'gpu'] as const) {
    test(`mnist_cnn, ${backend}`, async () => {
      const json = readFileSync(join(folder, 'model.json'));
      const loaded = await readLayersModel(json, (path) => readFileSync(join(folder, path)));
      const input = floats('input_f32.bin', Float32Array);
      const want = floats('output_f64.bin', Float64Array);
      const { data, shape } = await predict(loaded, backend, [[...input]]);
      expect(worstError(data, want, { name: 'output', shape, atol: ATOL })).toBeUndefined();
    });
  }
});
