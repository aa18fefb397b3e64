import { FormatError } from '../../core/errors';
import { nearest } from '../../core/nearest';
import { formatShape, type Shape, sameShape } from '../../core/shape';
import type { Model } from '../../model/model';
import { ModelState, type NamedTensor } from '../../model/state';
import type { Applicable } from './applicable';
import type { WeightRule } from './classes/common';
import { shown } from './fields';

/** A tensor of a file. */
export interface FileTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly values: Float32Array;
}

/** Where a file has its weights: by name, or in the layers' order. */
export interface WeightSource {
  /** The tensor for the `index`th weight of a layer; undefined where there is none. */
  find(layer: Applicable, rule: WeightRule, index: number): FileTensor | undefined;
  readonly tensors: readonly FileTensor[];
}

/** Every layer, those of models within the model too. */
export function allLayers(layers: readonly Applicable[]): Applicable[] {
  return layers.flatMap((layer) => (layer.container ? allLayers(layer.container.layers) : [layer]));
}

/**
 * The state of `model` from a file's weights. Each is used, and used once; throws a {@link FormatError}
 * for one that is missing, left over, or of another shape.
 */
export function assignWeights(
  model: Model,
  layers: readonly Applicable[],
  source: WeightSource,
  where: string,
): ModelState {
  const types = new Map(model.stateInfo().map(({ name, type }) => [name, type]));
  const state = new Map<string, NamedTensor['values']>();
  const left = new Set(source.tensors);
  for (const layer of allLayers(layers)) {
    for (const [name, values] of Object.entries(layer.read?.constants ?? {})) {
      state.set(name, Float32Array.from(values));
    }
    layer.read?.weights?.forEach((rule, i) => {
      const tensor = source.find(layer, rule, i);
      if (!tensor && rule.optional) return;
      const what = `${where}, ${layer.className} ${shown(layer.path.join('/'))}`;
      if (!tensor || !left.delete(tensor)) throw missing(rule, layer, left, what);
      const type = rule.state === undefined ? undefined : types.get(rule.state);
      if (!type) return;
      const shape = rule.shape ? rule.shape(type.shape) : type.shape;
      if (!sameShape(shape, tensor.shape)) {
        throw new FormatError({
          where: what,
          rule: `its ${rule.keys[0]} has the shape ${formatShape(shape)}`,
          found: `${formatShape(tensor.shape)} in ${shown(tensor.name)}`,
        });
      }
      state.set(rule.state as string, rule.convert?.(tensor.values) ?? tensor.values);
    });
  }
  const [stray] = left;
  if (stray) {
    throw new FormatError({
      where,
      rule: 'every weight belongs to a layer of the model',
      found: `${shown(stray.name)}${left.size > 1 ? ` and ${left.size - 1} more` : ''}, left over`,
      remedy: 'The weights are those of another model, or its layers were renamed.',
    });
  }
  return new ModelState(
    [...types].map(([name, type]) => {
      // What no file has: the counter of training steps.
      const values = state.get(name) ?? new Int32Array(1);
      return [name, { type, values }] as const;
    }),
  );
}

function missing(rule: WeightRule, layer: Applicable, left: Iterable<FileTensor>, where: string) {
  const names = [...left].map(({ name }) => name);
  const near = nearest(`${layer.name}/${rule.keys[0]}`, names).map(shown);
  return new FormatError({
    where,
    rule: `the file has its weight ${rule.keys.join(' or ')}`,
    found: 'none, or one that another layer has taken',
    remedy: near.length ? `Near it are ${near.join(', ')}.` : undefined,
  });
}

/** Weights by name, as `<layer>/<weight>`, with whatever scopes Keras has put around and between. */
export function namedWeights(tensors: readonly FileTensor[], where: string): WeightSource {
  const byName = new Map<string, FileTensor>();
  const byLayer = new Map<string, FileTensor[]>();
  for (const tensor of tensors) {
    const name = tensor.name.replace(/:\d+$/, '');
    if (byName.has(name)) {
      throw new FormatError({ where, rule: 'weights have different names', found: shown(name) });
    }
    byName.set(name, tensor);
    const tokens = name.split('/');
    const weight = tokens.pop();
    for (const token of new Set(tokens)) {
      const key = `${token}\n${weight}`;
      byLayer.set(key, [...(byLayer.get(key) ?? []), tensor]);
    }
  }
  return {
    tensors,
    find({ path, name }, { keys }) {
      for (const key of keys) {
        const exact = byName.get(`${path.join('/')}/${key}`) ?? byName.get(`${name}/${key}`);
        if (exact) return exact;
        // Of several, those within the same models, and then those in the same file's group.
        const all = byLayer.get(`${name}\n${key}`) ?? [];
        const within = all.filter((tensor) => {
          return path.every((part) => tensor.name.split('/').includes(part));
        });
        const near = within.length ? within : all;
        const first = near.filter((tensor) => tensor.name.startsWith(`${path[0]}/`));
        const loose = first.length ? first : near;
        if (loose.length === 1) return loose[0];
      }
      return undefined;
    },
  };
}
