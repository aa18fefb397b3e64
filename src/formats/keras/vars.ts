import type { Applicable } from './applicable';
import type { H5Contents } from './h5-read.js';
import { allLayers, type FileTensor, type WeightSource } from './weights';

/** A group of a `.keras` file's HDF5: those within it, and its own tensors by number. */
interface Group {
  readonly path: string;
  readonly groups: Map<string, Group>;
  readonly vars: Map<number, FileTensor>;
}

/** Where layers are, in the formats of Keras 3 and of tf.keras 2.12 on. */
const LISTS = ['layers', '_layer_checkpoint_dependencies'];

/**
 * Weights as Keras 3 has them: `layers/<name>/vars/<i>`, where the name is that of the class, numbered
 * in the order of the layers, and not the layer's own.
 */
export function numberedWeights(contents: H5Contents, layers: readonly Applicable[]): WeightSource {
  const root: Group = { path: '', groups: new Map(), vars: new Map() };
  const tensors = contents.datasets.map(({ path, shape, values }) => {
    const tensor = { name: path, shape, values };
    // On Windows some versions wrote \ between names.
    const parts = path.replaceAll('\\', '/').split('/');
    const last = parts.pop() as string;
    const own = parts[parts.length - 1] === 'vars' && /^\d{1,6}$/.test(last);
    if (own) parts.pop();
    const group = parts.reduce(inner, root);
    if (own) group.vars.set(Number(last), tensor);
    return tensor;
  });
  const names = new Map(
    contents.attributes.flatMap(([path, name, value]) =>
      name === 'name' && typeof value === 'string' ? [[path.replace(/\/?vars$/, ''), value]] : [],
    ),
  );
  const places = new Map<Applicable, Group>();
  place(layers, root, names, places);
  return { tensors, find: (layer, _rule, index) => places.get(layer)?.vars.get(index) };
}

function inner(group: Group, name: string): Group {
  const known = group.groups.get(name);
  if (known) return known;
  const made = {
    path: group.path ? `${group.path}/${name}` : name,
    groups: new Map(),
    vars: new Map(),
  };
  group.groups.set(name, made);
  return made;
}

/** Finds the group of each layer that has weights, in models within the model too. */
function place(
  layers: readonly Applicable[],
  group: Group,
  names: ReadonlyMap<string, string>,
  places: Map<Applicable, Group>,
): void {
  const list = LISTS.map((name) => group.groups.get(name)).find((found) => found !== undefined);
  if (!list) return;
  const weighted = layers.filter((layer) =>
    allLayers([layer]).some(({ read }) => read?.weights?.length),
  );
  const byName = new Map([...list.groups.values()].map((one) => [names.get(one.path), one]));
  const named = weighted.every(({ name }) => byName.has(name));
  for (const [base, same] of byClass(weighted)) {
    const numbered = [...list.groups]
      .filter(([name, one]) => numberOf(name, base) !== undefined && hasVars(one))
      .sort(([a], [b]) => (numberOf(a, base) as number) - (numberOf(b, base) as number));
    same.forEach((layer, i) => {
      const found = named
        ? byName.get(layer.name)
        : numbered.length === same.length
          ? numbered[i][1]
          : list.groups.get(layer.name);
      if (!found) return;
      places.set(layer, found.vars.size ? found : (found.groups.get('layer') ?? found));
      if (layer.container) place(layer.container.layers, found, names, places);
    });
  }
}

function byClass(layers: readonly Applicable[]): Map<string, Applicable[]> {
  const classes = new Map<string, Applicable[]>();
  for (const layer of layers) {
    const base = snakeCase(layer.className);
    classes.set(base, [...(classes.get(base) ?? []), layer]);
  }
  return classes;
}

function hasVars({ vars, groups }: Group): boolean {
  return vars.size > 0 || [...groups.values()].some(hasVars);
}

/** 0 for `base`, n for `base_n`. */
function numberOf(name: string, base: string): number | undefined {
  if (name === base) return 0;
  const rest = name.startsWith(`${base}_`) ? name.slice(base.length + 1) : '';
  return /^\d{1,6}$/.test(rest) ? Number(rest) : undefined;
}

/** `BatchNormalization` to `batch_normalization`, as Keras does. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
