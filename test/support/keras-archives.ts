// HDF5 files and `.keras` archives as Keras writes them, made by hand for tests.
import { zipSync } from 'fflate';
import h5wasm, { type File, type Group } from 'h5wasm';
import type { ModelState } from '../../src/model/state';
import { layer } from './keras-files';

export interface H5Data {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

let files = 0;

/** An HDF5 file, in memory. */
export async function h5File(fill: (file: File) => void): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  files++;
  const path = `/made-${files}.h5`;
  const file = new h5wasm.File(path, 'w');
  fill(file);
  file.close();
  const bytes = FS.readFile(path).slice();
  FS.unlink(path);
  return bytes;
}

/** The group at `path`, made where it is not there. */
export function groupAt(file: File, path: string): Group {
  let group: Group = file;
  for (const name of path.split('/').filter(Boolean)) {
    group = group.keys().includes(name) ? (group.get(name) as Group) : group.create_group(name);
  }
  return group;
}

/** Puts a tensor of f32 at `path`. */
export function putData(file: File, path: string, { shape, data }: H5Data): void {
  const at = path.lastIndexOf('/');
  const values = { data: Float32Array.from(data), shape: [...shape], dtype: '<f' };
  groupAt(file, path.slice(0, at)).create_dataset({ name: path.slice(at + 1), ...values });
}

/** Tensors of `state` by their paths in a file. */
export function fromState(
  state: ModelState,
  paths: Readonly<Record<string, string>>,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): Record<string, H5Data> {
  return Object.fromEntries(
    Object.entries(paths).map(([path, name]) => {
      const { shape } = state.type(name);
      return [path, { shape: shapes[path] ?? shape, data: state.get(name) }];
    }),
  );
}

/** A file of these tensors. */
export function h5Tensors(
  tensors: Readonly<Record<string, H5Data>>,
  more: (file: File) => void = () => {},
): Promise<Uint8Array> {
  return h5File((file) => {
    for (const [path, tensor] of Object.entries(tensors)) putData(file, path, tensor);
    more(file);
  });
}

export const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The files of a `.keras` archive. */
export function archiveFiles(config: unknown, weights: Uint8Array, keras_version = '3.8.0') {
  return {
    'metadata.json': json({ keras_version, date_saved: '2025-01-31@12:00:00' }),
    'config.json': json(config),
    'model.weights.h5': weights,
  };
}

/** A `.keras` archive. Keras stores its files as they are. */
export function archive(config: unknown, weights: Uint8Array, keras_version?: string): Uint8Array {
  return zipSync(archiveFiles(config, weights, keras_version), { level: 0 });
}

const dtype = {
  module: 'keras',
  class_name: 'DTypePolicy',
  config: { name: 'float32' },
  registered_name: null,
};

/** A layer as Keras 3 writes it. */
export function layer3(
  class_name: string,
  config: { readonly name: string; readonly [key: string]: unknown },
  rest: object = {},
) {
  const own = { module: 'keras.layers', registered_name: null, build_config: {} };
  return { ...layer(class_name, { trainable: true, dtype, ...config }), ...own, ...rest };
}

/** An input layer as Keras 3 writes it. */
export function input3(name: string, shape: readonly (number | null)[]) {
  const config = { batch_shape: [null, ...shape], sparse: false, name };
  return layer3('InputLayer', config, { name, inbound_nodes: [] });
}

/** A tensor in the arguments of a call. */
export const tensor3 = (from: string, node = 0) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null], dtype: 'float32', keras_history: [from, node, 0] },
});

/** A layer in a graph as Keras 3 writes it: a call for each list of inputs. */
export function called3(object: object & { config: unknown }, ...calls: (readonly string[])[]) {
  const inbound_nodes = calls.map((inputs) => {
    const tensors = inputs.map((name) => {
      const [from, node = '0'] = name.split(':');
      return tensor3(from, Number(node));
    });
    return { args: tensors.length > 1 ? [tensors] : tensors, kwargs: {} };
  });
  return { ...object, name: (object.config as { name: string }).name, inbound_nodes };
}

/** A Sequential as Keras 3 writes it. */
export function sequential3(layers: readonly unknown[], name = 'sequential') {
  return layer3('Sequential', { name, layers });
}

/** A functional model as Keras 3 writes it: one input or output stands alone. */
export function functional3(
  layers: readonly unknown[],
  inputs: readonly string[],
  outputs: readonly string[],
  name = 'functional',
) {
  const refs = (names: readonly string[]) => {
    const all = names.map((one) => {
      const [from, node = '0'] = one.split(':');
      return [from, Number(node), 0];
    });
    return all.length > 1 ? all : all[0];
  };
  const config = { name, layers, input_layers: refs(inputs), output_layers: refs(outputs) };
  return layer3('Functional', config, { module: 'keras.src.models.functional' });
}
