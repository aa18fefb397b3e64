// Files as Keras and TensorFlow.js write them, made by hand for tests.

/** A weight for a file: name, shape, numbers. */
export interface TestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A layer in a file: its class and config, and what is beside them. */
export function layer(class_name: string, config: object, rest: object = {}) {
  return { class_name, config, ...rest };
}

/** A Sequential's topology. */
export function sequentialTopology(layers: readonly unknown[], name = 'sequential') {
  return { class_name: 'Sequential', config: { name, layers } };
}

/** A functional model's topology; `inputs` and `outputs` are names of layers. */
export function functionalTopology(
  layers: readonly unknown[],
  inputs: readonly string[],
  outputs: readonly string[],
  name = 'model',
) {
  return {
    class_name: 'Functional',
    config: {
      name,
      layers,
      input_layers: inputs.map((input) => [input, 0, 0]),
      output_layers: outputs.map((output) => [output, 0, 0]),
    },
  };
}

/** An input layer of a functional model. */
export function inputLayer(name: string, shape: readonly (number | null)[]) {
  const config = { name, batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false };
  return layer('InputLayer', config, { name, inbound_nodes: [] });
}

/** A layer of a functional model, applied to the first outputs of `inputs` once. */
export function applied(
  class_name: string,
  name: string,
  config: object,
  inputs: readonly string[],
) {
  const inbound_nodes = [inputs.map((input) => [input, 0, 0, {}])];
  return layer(class_name, { name, ...config }, { name, inbound_nodes });
}

/** A `model.json` and its one file of weights, all f32. */
export function layersModel(
  topology: object,
  weights: readonly TestWeight[],
  keras_version = 'tfjs-layers 4.22.0',
) {
  const entries = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const numbers = Float32Array.from(weights.flatMap(({ data }) => Array.from(data)));
  const json = {
    format: 'layers-model',
    generatedBy: 'test',
    convertedBy: null,
    modelTopology: { ...topology, keras_version, backend: 'tensor_flow.js' },
    weightsManifest: [{ paths: ['weights.bin'], weights: entries }],
  };
  return { json, shards: new Map([['weights.bin', new Uint8Array(numbers.buffer)]]) };
}
