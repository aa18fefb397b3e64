import { NameError, ShapeError } from '../../core/errors';
import { nearest } from '../../core/nearest';
import { formatShape, sameShape, sizeOf } from '../../core/shape';
import type { Model } from '../../model/model';
import { ModelState, type NamedTensor } from '../../model/state';
import { type Place, STEP } from '../../model/structure';
import { inverse, permute } from '../permute';
import { readSafetensors, type Safetensor, writeSafetensors } from '../safetensors';
import { type ModuleNames, moduleNames } from './names';
import { impliedWeights, type TorchWeight, torchWeights } from './weights';

export interface TorchStateOptions {
  /**
   * PyTorch's module for each layer, by name or by a rule. Default: the layer's own name with dots for
   * slashes (`layer1/0/conv1` is `layer1.0.conv1`).
   */
  readonly modules?: ModuleNames;
}

export interface ReadTorchOptions extends TorchStateOptions {
  /** What errors call the file. Default `safetensors file`. */
  readonly name?: string;
  /**
   * Default true: every tensor of the file is used, and every weight of the model is in it. With false
   * what is missing keeps the numbers of `base`, and what is left over is ignored.
   */
  readonly strict?: boolean;
  /** Numbers of the weights that the file has not, where `strict` is false. Default `initialState()`. */
  readonly base?: ModelState;
}

/**
 * The weights of a PyTorch module, saved as safetensors, as a state of `model`: kernels from
 * [out, in, kh, kw] to [kh, kw, in, out], dense ones transposed, rows of features behind a `flatten`
 * from PyTorch's order (channels first) to this runtime's, `running_mean` to `movingMean`,
 * `num_batches_tracked` to `batches` where the layer counts. Floats of any width become f32.
 *
 * Throws a {@link FormatError} for a file that breaks the format, a {@link NameError} that lists
 * missing and left-over names with the nearest ones, a {@link ShapeError} for another shape.
 */
export function readTorchState(
  bytes: Uint8Array,
  model: Model,
  options: ReadTorchOptions = {},
): ModelState {
  const { name: file = 'safetensors file', strict = true, modules } = options;
  const { tensors } = readSafetensors(bytes, file);
  const used = new Set<string>();
  const missing: string[] = [];
  const state = strict ? new ModelState() : (options.base ?? model.initialState()).clone();
  for (const [place, weights] of torchWeights(model)) {
    const module = presentModule(place, weights, tensors, modules);
    for (const weight of weights) {
      const name = `${module}.${weight.name}`;
      const tensor = tensors.get(name);
      if (tensor) {
        used.add(name);
        put(state, weight.state, fromTorch(weight, tensor, `${file}, tensor "${name}"`));
      } else if (weight.name === 'num_batches_tracked') {
        // Checkpoints of PyTorch before 0.4.1 have none; modules saved elsewhere often drop it.
        put(state, weight.state, { type: weight.type, values: new Int32Array(1) });
      } else missing.push(name);
    }
    for (const { name, value } of impliedWeights(place)) {
      const tensor = tensors.get(`${module}.${name}`);
      if (tensor && (value === undefined || everyIs(tensor, value))) used.add(`${module}.${name}`);
    }
  }
  if (model.stateInfo().some(({ name }) => name === STEP.name) && !state.has(STEP.name)) {
    state.add(STEP.name, STEP.type, new Int32Array(1));
  }
  if (strict) checkNames(file, missing, tensors, used);
  return state;
}

/** How the numbers are stored. */
export interface WriteTorchOptions extends TorchStateOptions {
  /** Of floats; default `F32`. */
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  /** Text by name, in the file's header. PyTorch's own loaders look for `format: pt`, which is there. */
  readonly metadata?: ReadonlyMap<string, string>;
}

/**
 * A state of `model` as the safetensors file of the PyTorch module that does the same: the inverse of
 * {@link readTorchState}. Every batch norm gets the tensors that `nn.BatchNorm2d` has, γ = 1 and β = 0
 * where the layer has none, and `num_batches_tracked`.
 */
export function writeTorchState(
  model: Model,
  state: ModelState,
  { modules, dtype = 'F32', metadata }: WriteTorchOptions = {},
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Safetensor>();
  const add = (name: string, tensor: Safetensor) => {
    if (tensors.has(name)) {
      throw new NameError({
        where: `PyTorch tensor "${name}"`,
        rule: 'layers have modules of different names',
        remedy: 'Name them in the option modules.',
      });
    }
    tensors.set(name, tensor);
  };
  for (const [place, weights] of torchWeights(model)) {
    const [module] = moduleNames(place, modules);
    for (const weight of weights) {
      const values = permute(state.get(weight.state), weight.view, weight.perm);
      const type = weight.type.dtype === 'i32' ? 'I64' : dtype;
      add(`${module}.${weight.name}`, { dtype: type, shape: weight.shape, data: values });
    }
    for (const { name, value } of impliedWeights(place)) {
      if (value === undefined) {
        const counted = tensors.has(`${module}.${name}`);
        if (!counted) add(`${module}.${name}`, { dtype: 'I64', shape: [], data: [0] });
      } else {
        const [{ shape }] = weights;
        const data = new Float32Array(sizeOf(shape)).fill(value);
        add(`${module}.${name}`, { dtype, shape, data });
      }
    }
  }
  return writeSafetensors(tensors, new Map([['format', 'pt'], ...(metadata ?? [])]));
}

/** The module that the file has of those that a layer may be; the likeliest where it has none. */
function presentModule(
  place: Place,
  weights: readonly TorchWeight[],
  tensors: ReadonlyMap<string, Safetensor>,
  modules: ModuleNames | undefined,
): string {
  const candidates = moduleNames(place, modules);
  const known = candidates.find((module) =>
    weights.some(({ name }) => tensors.has(`${module}.${name}`)),
  );
  return known ?? candidates[0];
}

function fromTorch(weight: TorchWeight, tensor: Safetensor, where: string): NamedTensor {
  if (!sameShape(tensor.shape, weight.shape)) {
    throw new ShapeError({
      where,
      rule: `${weight.state} ${formatShape(weight.type.shape)} is ${formatShape(weight.shape)} there`,
      found: formatShape(tensor.shape),
      remedy: 'Check that the model has the layers of the PyTorch module.',
    });
  }
  const moved = weight.perm.map((axis) => weight.view[axis]);
  const values = permute(tensor.data, moved, inverse(weight.perm));
  const array = weight.type.dtype === 'i32' ? Int32Array.from(values) : Float32Array.from(values);
  return { type: weight.type, values: array };
}

function put(state: ModelState, name: string, { type, values }: NamedTensor): void {
  if (state.has(name)) state.set(name, values);
  else state.add(name, type, values);
}

function everyIs({ data }: Safetensor, value: number): boolean {
  return Array.prototype.every.call(data, (number: number) => number === value);
}

const SHOWN = 8;

/** Throws a {@link NameError} that names what is missing and what is left over. */
function checkNames(
  file: string,
  missing: readonly string[],
  tensors: ReadonlyMap<string, Safetensor>,
  used: ReadonlySet<string>,
): void {
  const left = [...tensors.keys()].filter((name) => !used.has(name));
  if (!missing.length && !left.length) return;
  const told = (names: readonly string[], describe: (name: string) => string) =>
    names.slice(0, SHOWN).map(describe).join(', ') +
    (names.length > SHOWN ? `, … (${names.length} in all)` : '');
  const near = (name: string) => {
    const names = nearest(name, left);
    return names.length ? `"${name}" (nearest: ${names.join(', ')})` : `"${name}"`;
  };
  const parts = [
    missing.length ? `missing ${told(missing, near)}` : '',
    left.length ? `left over ${told(left, (name) => `"${name}"`)}` : '',
  ];
  throw new NameError({
    where: file,
    rule: 'it has every weight of the model, and nothing else',
    found: parts.filter(Boolean).join('; '),
    remedy: 'Map layers to modules with the option modules, or read with strict: false.',
  });
}
