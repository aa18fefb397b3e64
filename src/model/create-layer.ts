import { ArgumentError, ShapeError } from '../core/errors';
import { checkShape, formatShape, type Shape, sameShape } from '../core/shape';
import { GraphBuilder } from '../ir/builder';
import type { TensorType } from '../ir/graph';
import { Expander, INFERENCE, weightsOf, whereOf } from './expand';
import { type Layer, type LayerCore, type LayerKind, rowShape, SymbolicTensor } from './layer';
import { ancestors, assignNames } from './naming';
import { boolean, resolveOptions, type Schema, wrong } from './options';

/** Options that every layer takes. */
export interface LayerOptions {
  /** Names its weights and errors; default its type, numbered within the model. */
  readonly name?: string;
  /** Whether training changes its parameters; default true. */
  readonly trainable?: boolean;
}

/**
 * Makes a layer of a kind from the options that the user gave and those that were arguments of their
 * own. Throws an ArgumentError for options that the kind does not take.
 */
export function createLayer<S extends Schema>(
  kind: LayerKind<S>,
  options: LayerOptions,
  args: Readonly<Record<string, unknown>> = {},
): Layer {
  if (typeof options !== 'object' || options === null) {
    throw wrong(options, kind.type, 'options are an object');
  }
  const { name, trainable = true, ...given }: LayerOptions = { ...options, ...args };
  const where = name === undefined ? kind.type : `${kind.type} "${checkName(name, kind.type)}"`;
  const config = resolveOptions(kind.options, given, where);
  kind.check?.(config, where);
  const core: LayerCore = {
    kind: kind as unknown as LayerKind,
    config,
    label: kind.label?.(config) ?? kind.type,
    trainable: boolean(trainable, where, 'trainable'),
    name,
    named: name !== undefined,
  };
  const layer = ((...inputs) => apply(layer, inputs.flat())) as Layer;
  Object.defineProperties(layer, {
    core: { value: core },
    type: { value: kind.type },
    options: { value: config },
    name: { get: () => core.name ?? core.label },
    trainable: {
      get: () => core.trainable,
      set: (value: boolean) => {
        core.trainable = boolean(value, whereOf(layer, layer.name), 'trainable');
      },
    },
  });
  for (const option of kind.switches ?? []) {
    Object.defineProperty(layer, option, {
      get: () => core.config[option],
      set: (value: unknown) => {
        const checked = resolveOptions(
          { [option]: kind.options[option] },
          { [option]: value },
          whereOf(layer, layer.name),
        );
        core.config[option] = checked[option];
      },
    });
  }
  for (const [method, value] of Object.entries(kind.methods?.(layer) ?? {})) {
    Object.defineProperty(layer, method, { value });
  }
  return layer;
}

/** Throws unless `name` can name a layer, an input or an output. */
export function checkName(name: unknown, where: string): string {
  const ok = typeof name === 'string' && /^[^\s/"](?:[^\p{Cc}"]{0,198}[^\s/"])?$/u.test(name);
  if (ok) return name;
  throw wrong(
    name,
    where,
    'a name has 1 to 200 characters, no quotes, and no / or space at its ends',
  );
}

function apply(layer: Layer, inputs: readonly SymbolicTensor[]): SymbolicTensor {
  const { core } = layer;
  const [least, most] = core.kind.inputs ?? [1, 1];
  const stray = inputs.find((input) => !(input instanceof SymbolicTensor));
  if (stray !== undefined || inputs.length < least || inputs.length > most) {
    const wanted = most > 1e6 ? `${least} or more` : least === most ? least : `${least} to ${most}`;
    throw new ArgumentError({
      where: whereOf(layer, layer.name),
      rule: `it is applied to ${wanted} symbolic tensor${most === 1 ? '' : 's'}`,
      found: stray === undefined ? String(inputs.length) : typeof stray,
      remedy: 'Make one with input(shape).',
    });
  }
  const infer = (name: string) => inferType(layer, name, inputs);
  let type: TensorType;
  try {
    type = infer(layer.name);
  } catch {
    // Once more, to name the layer as the model will: finding that out is slow, and errors are rare.
    const before = ancestors(inputs).flatMap(({ call }) => (call ? [call.layer] : []));
    type = infer(assignNames(new Set([...before, layer])).get(layer) as string);
  }
  core.inputShapes ??= inputs.map(rowShape);
  const batched = inputs.some((input) => input.batched);
  const shape = batched ? type.shape.slice(1) : type.shape;
  const dtype = type.dtype === 'i32' ? 'i32' : 'f32';
  return new SymbolicTensor(shape, { layer, inputs }, undefined, dtype, batched);
}

/** The type that the layer's nodes give, found by building them for a batch of one. */
function inferType(layer: Layer, name: string, inputs: readonly SymbolicTensor[]): TensorType {
  checkShared(layer, name, inputs.map(rowShape));
  const g = new GraphBuilder();
  const values = inputs.map((tensor, i) => g.input(`input ${i}`, tensor.typeFor(1)));
  const batched = inputs.map((tensor) => tensor.batched);
  const type = new Expander(g, INFERENCE).expand(layer, name, values, batched);
  if (type.shape[0] === 1 || !batched.includes(true)) return type;
  throw new ShapeError({
    where: whereOf(layer, name),
    rule: 'the first dimension of its output is the batch',
    found: `${formatShape(type.shape)} for a batch of 1`,
  });
}

/** A layer applied again has the weights that it had. */
function checkShared(layer: Layer, name: string, shapes: readonly Shape[]): void {
  const first = layer.core.inputShapes;
  if (!first) return;
  const before = weightsOf(layer, name, first);
  for (const [key, { shape }] of Object.entries(weightsOf(layer, name, shapes))) {
    checkShape(shape, `${whereOf(layer, name)} ${key}`);
    if (sameShape(shape, before[key].shape)) continue;
    throw new ShapeError({
      where: whereOf(layer, name),
      rule: `applied again, its ${key} keeps the shape ${formatShape(before[key].shape)}`,
      found: `${formatShape(shape)} for an input of ${shapes.map(formatShape).join(', ')}`,
      remedy: 'Make another layer for it.',
    });
  }
}
