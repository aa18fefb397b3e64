import { ArgumentError, FormatError, LimitError } from '../core/errors';
import type { Shape } from '../core/shape';
import { ACTIVATION_NAMES } from './activations';
import { createLayer } from './create-layer';
import { KINDS } from './kinds';
import type { Layer, SymbolicTensor } from './layer';
import { type InputOptions, input, type Model, model } from './model';

/** More than any network that fits a page: a file that asks for more is wrong or hostile. */
const MOST_ITEMS = 4096;
const MOST_PARAMETERS = 2 ** 28;
/** Nesting of what a layer's options hold: an initialiser's numbers are two deep. */
const DEEPEST = 4;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The model that plain data from anywhere describes, as `toConfig` writes it or a person does:
 * `{ "inputs": [{ "shape": [28, 28, 1] }], "layers": [{ "type": "conv2d", "filters": 32,
 * "kernelSize": 3 }, …] }`. Throws a {@link FormatError} where the data is no model, the layers' own
 * errors for their options and shapes, and a {@link LimitError} above 4,096 layers or 2²⁸ parameters.
 */
export function modelFromConfig(config: unknown): Model {
  const root = fields(config, 'model', [
    'format',
    'version',
    'name',
    'inputs',
    'layers',
    'calls',
    'outputs',
  ]);
  const { format = 'webgpu-batchnorm', version = 1, name = 'model' } = root;
  if (format !== 'webgpu-batchnorm' || version !== 1) {
    throw new FormatError({
      where: 'model',
      rule: 'format is "webgpu-batchnorm" and version is 1',
      found: `${show(format)}, version ${show(version)}`,
    });
  }
  const tensors: SymbolicTensor[] = items(root.inputs, 'inputs').map((item, i) => {
    const where = `inputs[${i}]`;
    const { shape, ...options } = fields(item, where, ['name', 'shape', 'dtype', 'batch']);
    return input(items(shape, `${where}.shape`) as Shape, options as InputOptions);
  });
  const inputs = [...tensors];
  const layers = items(root.layers, 'layers').map(layerFromConfig);
  const calls =
    root.calls === undefined
      ? layers.map((layer, i) => ({ layer, inputs: [inputs.length - 1 + i] }))
      : items(root.calls, 'calls').map((item, i) => {
          const where = `calls[${i}]`;
          const call = fields(item, where, ['layer', 'inputs']);
          return {
            layer: at(layers, call.layer, `${where}.layer`),
            inputs: items(call.inputs, `${where}.inputs`),
          };
        });
  if (root.calls === undefined && inputs.length !== 1) {
    throw new FormatError({ where: 'model', rule: 'a model of several inputs has calls' });
  }
  // Each reading of a tensor becomes a node in a merge: those are bounded too.
  const readings = calls.reduce((sum, call) => sum + call.inputs.length, 0);
  if (readings > 4 * MOST_ITEMS) {
    throw new LimitError({
      where: 'calls',
      rule: `they read at most ${4 * MOST_ITEMS} tensors`,
      found: String(readings),
    });
  }
  for (const [i, call] of calls.entries()) {
    const from = call.inputs.map((index) => at(tensors, index, `calls[${i}].inputs`));
    tensors.push(call.layer(from));
  }
  const ports = root.outputs === undefined ? [] : items(root.outputs, 'outputs');
  const outputs = ports.map((item, i) => {
    const where = `outputs[${i}]`;
    const { name, tensor } = fields(item, where, ['name', 'tensor']);
    return { name, tensor: at(tensors, tensor, `${where}.tensor`) };
  });
  const named = outputs.length > 0 && outputs.every(({ name }) => name !== undefined);
  const made = model(
    inputs,
    outputs.length ? outputs.map(({ tensor }) => tensor) : tensors[tensors.length - 1],
    {
      name: name as string,
      ...(named && { outputNames: outputs.map(({ name }) => name as string) }),
    },
  );
  const { total } = made.countParams();
  if (total > MOST_PARAMETERS) {
    throw new LimitError({
      where: 'model',
      rule: `a model from a file has at most ${MOST_PARAMETERS} parameters`,
      found: String(total),
    });
  }
  return made;
}

function layerFromConfig(item: unknown, i: number): Layer {
  const { type, ...options } = fields(item, `layers[${i}]`);
  checkDepth(options, `layers[${i}]`, DEEPEST);
  const kind = KINDS.get(type as string);
  if (!kind) {
    throw new FormatError({
      where: `layers[${i}]`,
      rule: `type is one of ${[...KINDS.keys()].join(', ')}`,
      found: show(type),
      ...((ACTIVATION_NAMES as readonly unknown[]).includes(type) && {
        remedy: `Write { "type": "activation", "activation": ${show(type)} }.`,
      }),
    });
  }
  try {
    return createLayer(kind, options);
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new ArgumentError({ ...cause, where: `layers[${i}], ${cause.where}` }, { cause });
  }
}

/** An object, with no other keys than those listed. */
function fields(value: unknown, where: string, keys?: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError({ where, rule: 'it is an object', found: show(value) });
  }
  const stray = keys && Object.keys(value).find((key) => !keys.includes(key));
  if (stray === undefined) return value as Fields;
  throw new FormatError({ where, rule: `its keys are ${keys?.join(', ')}`, found: show(stray) });
}

function items(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new FormatError({ where, rule: 'it is a list', found: show(value) });
  }
  if (value.length <= MOST_ITEMS) return value;
  throw new LimitError({
    where,
    rule: `it has at most ${MOST_ITEMS} items`,
    found: String(value.length),
  });
}

/** Throws for data nested deeper than any option is: nothing may recurse without end. */
function checkDepth(value: unknown, where: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) {
    throw new FormatError({ where, rule: `options are nested at most ${DEEPEST} deep` });
  }
  for (const item of Object.values(value)) checkDepth(item, where, depth - 1);
}

/** The item of a list that a number in the data points at. */
function at<T>(list: readonly T[], index: unknown, where: string): T {
  if (Number.isInteger(index) && (index as number) >= 0 && (index as number) < list.length) {
    return list[index as number];
  }
  throw new FormatError({
    where,
    rule: `it is an integer in [0, ${list.length - 1}]: only what comes before it`,
    found: show(index),
  });
}

function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
  }
  return String(JSON.stringify(value)).slice(0, 100);
}
