import { ArgumentError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import type { SymbolicTensor } from '../../model/layer';
import type { Model } from '../../model/model';
import type { ModelState } from '../../model/state';
import { isChain, type Place } from '../../model/structure';
import { inexpressible, type WrittenLayer } from './write-common';
import { WRITERS } from './write-layers';

/** A tf.layers model, to be stored side by side. */
export interface LayersModelFiles {
  /** The file `model.json`. */
  readonly modelJson: string;
  /** Files of weights by name, 4 MiB each at most. */
  readonly shards: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

const SHARD = 2 ** 22;

/**
 * Writes a model and its numbers as a tf.layers model: what TensorFlow.js' `loadLayersModel` takes, and
 * {@link readLayersModel} gives back with the same state. Explicit padding and activations with
 * parameters become layers of their own. Throws an {@link ArgumentError} that names the layer for what
 * Keras has none for.
 *
 * Not in the format: whether a running variance is unbiased. It matters only in training.
 */
export function writeLayersModel(model: Model, state: ModelState): LayersModelFiles {
  const writer = new Writer(model, state);
  const topology =
    isChain(model) && model.places.length === model.tensors.length
      ? writer.sequential()
      : writer.functional();
  const { weights, bytes } = writer.weights();
  const count = Math.max(1, Math.ceil(bytes.length / SHARD));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  const modelJson = JSON.stringify({
    format: 'layers-model',
    generatedBy: 'webgpu-batchnorm',
    convertedBy: null,
    modelTopology: { ...topology, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
    weightsManifest: [{ paths, weights }],
  });
  const shards = paths.map((path, i) => [path, bytes.slice(i * SHARD, (i + 1) * SHARD)] as const);
  return { modelJson, shards: new Map(shards) };
}

interface Entry {
  readonly name: string;
  readonly written: WrittenLayer;
  /** Applications so far: each is a node of Keras. */
  readonly inbound: [layer: string, node: number][][];
}

/** An output of a layer in the file: the layer's name, and which application made it. */
type Source = [layer: string, node: number];

class Writer {
  /** By place, the layers that it became, each with its name. */
  readonly #entries = new Map<Place, Entry[]>();
  readonly #names = new Set<string>();

  constructor(
    readonly model: Model,
    readonly state: ModelState,
  ) {
    for (const { name, tensor } of model.inputs) {
      this.#names.add(name);
      if (tensor.batched) continue;
      throw new ArgumentError({
        where: `input "${name}"`,
        rule: 'inputs have a batch dimension',
        found: formatShape(tensor.shape),
        remedy: 'Import or build the model with a free batch.',
      });
    }
    for (const { name } of model.places) this.#names.add(name);
    for (const place of model.places) this.#entries.set(place, this.#written(place));
  }

  /** A chain needs no names of tensors. */
  sequential() {
    const [{ tensor }] = this.model.inputs;
    const layers = [...this.#entries.values()].flat().map(({ name, written }, i) => ({
      class_name: written.className,
      config: {
        name,
        ...this.#common(name),
        ...(i === 0 && { batch_input_shape: [null, ...tensor.shape] }),
        ...written.config,
      },
    }));
    return { class_name: 'Sequential', config: { name: this.model.name, layers } };
  }

  functional() {
    const { inputs, outputs, tensors, name } = this.model;
    const sources = new Map<SymbolicTensor, Source>();
    const ports = inputs.map(({ name: port, tensor }) => {
      sources.set(tensor, [port, 0]);
      const dtype = tensor.dtype === 'i32' ? 'int32' : 'float32';
      const config = {
        batch_input_shape: [null, ...tensor.shape],
        dtype,
        sparse: false,
        name: port,
      };
      return { class_name: 'InputLayer', name: port, config, inbound_nodes: [] };
    });
    for (const tensor of tensors) {
      const place = this.model.places.find(({ layer }) => layer === tensor.call.layer) as Place;
      let from = tensor.call.inputs.map((input) => sources.get(input) as Source);
      for (const entry of this.#entries.get(place) as Entry[]) {
        entry.inbound.push(from);
        from = [[entry.name, entry.inbound.length - 1]];
      }
      sources.set(tensor, from[0]);
    }
    const node = ([layer, index]: Source) => [layer, index, 0];
    const layers = [...this.#entries.values()].flat().map(({ name, written, inbound }) => ({
      class_name: written.className,
      name,
      config: { name, ...this.#common(name), ...written.config },
      inbound_nodes: inbound.map((call) => call.map((source) => [...node(source), {}])),
    }));
    return {
      class_name: 'Model',
      config: {
        name,
        layers: [...ports, ...layers],
        input_layers: inputs.map(({ tensor }) => node(sources.get(tensor) as Source)),
        output_layers: outputs.map(({ tensor }) => node(sources.get(tensor) as Source)),
      },
    };
  }

  /** The manifest's list, and the numbers one after the other. */
  weights() {
    const found = [...this.#entries].flatMap(([place, entries]) =>
      entries.flatMap(({ name, written }) =>
        (written.weights ?? []).map(({ key, state, shape }) => {
          const ours = this.state.type(`${place.name}/${state}`).shape;
          const values = this.state.get(`${place.name}/${state}`) as Float32Array;
          const stored: Shape = shape ? shape(ours) : ours;
          return { entry: { name: `${name}/${key}`, shape: stored, dtype: 'float32' }, values };
        }),
      ),
    );
    const total = found.reduce((sum, { values }) => sum + values.length, 0);
    const numbers = new Float32Array(total);
    let at = 0;
    for (const { values } of found) {
      numbers.set(values, at);
      at += values.length;
    }
    return { weights: found.map(({ entry }) => entry), bytes: littleEndian(numbers) };
  }

  #common(name: string) {
    const [place] = [...this.#entries].find(([, entries]) =>
      entries.some((entry) => entry.name === name),
    ) as [Place, Entry[]];
    return { trainable: place.layer.trainable };
  }

  #written(place: Place): Entry[] {
    const { layer, name, outputs } = place;
    const where = `${layer.type} "${name}"`;
    const [first] = outputs;
    const call = first.call as NonNullable<SymbolicTensor['call']>;
    const write = Object.hasOwn(WRITERS, layer.type) ? WRITERS[layer.type] : undefined;
    if (!write || !call.inputs.length) throw inexpressible(where, `a layer ${layer.type}`);
    const made = write({
      layer,
      call,
      input: call.inputs[0].shape,
      output: first.shape,
      where,
    });
    const list = Array.isArray(made) ? (made as readonly WrittenLayer[]) : [made as WrittenLayer];
    return list.map((written) => ({
      name: written.suffix ? this.#unique(`${name}_${written.suffix}`) : name,
      written,
      inbound: [],
    }));
  }

  #unique(wanted: string): string {
    let name = wanted;
    while (this.#names.has(name)) name = `${name}_`;
    this.#names.add(name);
    return name;
  }
}

function littleEndian(numbers: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(numbers.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < numbers.length; i++) view.setFloat32(i * 4, numbers[i], true);
  return bytes;
}
