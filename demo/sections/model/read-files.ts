import { FormatError, type Model, type ModelState, modelFromConfig } from 'webgpu-batchnorm';
import { baseName, contentOf, mainFile, unreadable } from './files';
import type { FileKind, ReadModel, ReadRequest } from './protocol';

interface Read {
  readonly model: Model;
  readonly state: ModelState;
  readonly format: string;
  readonly kind: FileKind;
  readonly open?: boolean;
}

/**
 * Reads a model from the files that a visitor gave. The code of a format is loaded with its first file.
 * Throws the library's errors, and a FormatError for what is no model.
 */
export async function readFiles(
  { files, openSize, base }: ReadRequest,
  phase: (text: string) => void,
): Promise<ReadModel> {
  const given = await Promise.all(
    files.map(async (file) => {
      const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
      return { file, name: file.name, content: contentOf(file.name, head) };
    }),
  );
  const { file, name, content } = mainFile(given);
  phase(`Reading ${name}`);
  const bytes = await bytesOf(file);
  const others = new Map<string, Uint8Array>();
  for (const other of files) {
    if (other !== file) others.set(baseName(other.name), await bytesOf(other));
  }
  const sibling = (path: string): Uint8Array => {
    const found = others.get(baseName(path));
    if (found) return found;
    throw new FormatError({
      where: name,
      rule: 'the files that it refers to are given with it',
      found: `no ${baseName(path)}`,
      remedy: 'Choose both at once, or drop the whole folder.',
    });
  };
  const beside = given.find((other) => other.file !== file && other.content === 'safetensors');
  const weights = beside && {
    name: beside.name,
    bytes: others.get(baseName(beside.name)) as Uint8Array,
  };
  phase(`Checking ${name}`);
  const read = async (): Promise<Read> => {
    switch (content) {
      case 'onnx':
        return readOnnxFile(bytes, name, openSize, sibling);
      case 'keras':
        return readKerasFile(bytes, name, openSize);
      case 'json':
        return readJsonFile(bytes, name, openSize, sibling, weights);
      case 'safetensors':
        return readWeights(bytes, name, base);
      default:
        throw new FormatError(unreadable(name, content));
    }
  };
  const { model, state, format, kind, open = false } = await read();
  return { file: name, format, kind, open, config: model.toConfig(), tensors: [...state] };
}

async function bytesOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}

async function readOnnxFile(
  bytes: Uint8Array,
  name: string,
  openSize: number,
  external: (path: string) => Uint8Array,
): Promise<Read> {
  const { inspectOnnx, readOnnx } = await import('webgpu-batchnorm/onnx');
  const { inputs } = inspectOnnx(bytes, name);
  const ports = inputs.filter(({ known }) => !known);
  // An example of one in the exporter's hands was a batch of one.
  const free = ports.every(({ dims }) => dims && dims.length > 1 && dims[0] === 1);
  const named = ports.flatMap(({ dims }) => dims?.slice(1) ?? []);
  const sizes = Object.fromEntries(
    named.filter((extent) => typeof extent === 'string').map((extent) => [extent, openSize]),
  );
  const unnamed = ports.filter(({ dims }) => dims?.slice(1).includes(null));
  const shapes = Object.fromEntries(
    unnamed.map((port) => [
      port.name,
      (port.dims ?? []).map((extent, i) =>
        typeof extent === 'number' ? extent : i === 0 ? 1 : openSize,
      ),
    ]),
  );
  const options = { name, sizes, shapes, external, layout: 'channelsLast' } as const;
  const batch = unnamed.length ? 'free' : 'auto';
  const { model, state, producer, opset } = free
    ? firstThatWorks([
        () => readOnnx(bytes, { ...options, batch: 'free' }),
        () => readOnnx(bytes, { ...options, batch: 'fixed' }),
      ])
    : readOnnx(bytes, { ...options, batch });
  return {
    model,
    state,
    format: `ONNX, opset ${opset}${producer ? `, by ${producer}` : ''}`,
    kind: 'onnx',
    open: unnamed.length > 0 || Object.keys(sizes).length > 0,
  };
}

/** The first result; the first error where there is none. */
function firstThatWorks<T>([first, second]: readonly [() => T, () => T]): T {
  try {
    return first();
  } catch (error) {
    try {
      return second();
    } catch {
      throw error;
    }
  }
}

async function readKerasFile(bytes: Uint8Array, name: string, openSize: number): Promise<Read> {
  const { readKeras } = await import('webgpu-batchnorm/keras');
  const { inputShapes, open } = openShapes(openSize);
  // This is a worker already: a file that hangs it is ended with it.
  const read = await readKeras(bytes, { name, inputShapes, worker: false });
  return { ...read, format: 'Keras', kind: 'keras', open: open() };
}

async function readJsonFile(
  bytes: Uint8Array,
  name: string,
  openSize: number,
  shard: (path: string) => Uint8Array,
  weights: { readonly name: string; readonly bytes: Uint8Array } | undefined,
): Promise<Read> {
  const json = parseJson(bytes, name);
  if (typeof json === 'object' && json !== null && 'modelTopology' in json) {
    const { readLayersModel } = await import('webgpu-batchnorm/keras');
    const { inputShapes, open } = openShapes(openSize);
    const read = await readLayersModel(json, shard, { name, inputShapes });
    return { ...read, format: 'tf.layers', kind: 'layers', open: open() };
  }
  const model = modelFromConfig(json);
  if (!weights) {
    const format = 'layers without numbers, which start at random';
    return { model, state: model.initialState(1), format, kind: 'config' };
  }
  const state = await readNumbers(weights.bytes, weights.name, model);
  return { model, state, format: `layers, with the numbers of ${weights.name}`, kind: 'config' };
}

/** Fills in what a Keras file leaves open. */
function openShapes(size: number) {
  let asked = false;
  return {
    open: () => asked,
    inputShapes: (_input: string, shape: readonly (number | null)[]) => {
      asked = true;
      return shape.map((extent) => extent ?? size);
    },
  };
}

async function readWeights(
  bytes: Uint8Array,
  name: string,
  base: ReadRequest['base'],
): Promise<Read> {
  const { readSafetensors, readState } = await import('webgpu-batchnorm/formats');
  const { metadata, tensors } = readSafetensors(bytes, name);
  const own = metadata.get('model');
  if (own !== undefined) {
    const model = modelFromConfig(parseJson(new TextEncoder().encode(own), `${name}, its model`));
    return {
      model,
      state: readState(bytes, name),
      format: 'safetensors with its model',
      kind: 'state',
    };
  }
  if (!base) {
    throw new FormatError({
      where: name,
      rule: 'a model has layers, not only numbers',
      found: `${tensors.size} tensors`,
      remedy:
        'Open the model that they belong to first, then drop this file again; or give its layers with it, in JSON as model.toConfig() has them.',
    });
  }
  const model = modelFromConfig(base);
  const state = await readNumbers(bytes, name, model);
  return { model, state, format: 'weights from safetensors', kind: 'weights' };
}

/** Numbers for a model, under the library's own names or PyTorch's. */
async function readNumbers(bytes: Uint8Array, name: string, model: Model): Promise<ModelState> {
  const { readSafetensors, readState, readTorchState } = await import('webgpu-batchnorm/formats');
  const { tensors } = readSafetensors(bytes, name);
  const named = model.stateInfo().every((state) => tensors.has(state.name));
  return named ? readState(bytes, name) : readTorchState(bytes, model, { name });
}

function parseJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : undefined;
    throw new FormatError({ where, rule: 'it is JSON in UTF-8', found }, { cause });
  }
}
