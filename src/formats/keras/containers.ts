import { FormatError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import type { SymbolicTensor } from '../../model/layer';
import type { Applicable, Container, ContainerInput, InputShapes, LayerReader } from './applicable';
import { Fields, shown } from './fields';
import { type CallNode, readNodes, type TensorRef, tensorRefs } from './nodes';

/** An item of a list of layers, named in errors where it has a name. */
function entryOf(item: unknown, i: number, where: string): Fields {
  const place = `${where}, layers[${i}]`;
  const entry = new Fields(item, place);
  const config = entry.raw('config');
  const inner = typeof config === 'object' && !Array.isArray(config) ? config : {};
  const name = entry.raw('name') ?? new Fields(inner, place).raw('name');
  return name === undefined ? entry : new Fields(item, `${place} ${shown(name)}`);
}

/** A chain of layers. */
export function readSequential(
  reader: LayerReader,
  object: Fields,
  path: readonly string[],
): Container {
  // Before 2.2.3 Keras wrote the list of layers alone.
  const alone = Array.isArray(object.raw('config'));
  const config = alone ? undefined : object.object('config');
  const items = config ? config.list('layers') : object.list('config');
  const listed = items.map((item, i) => entryOf(item, i, object.where));
  const [head] = listed;
  if (!head) throw new FormatError({ where: object.where, rule: 'it has at least one layer' });
  const first = head.raw('class_name') === 'InputLayer' ? head : undefined;
  const layers = (first ? listed.slice(1) : listed).map((item) => reader.layer(item, path));
  const declared = inputShape(head.object('config')) ?? layers[0]?.container?.inputs[0]?.shape;
  const built = config?.has('build_input_shape')
    ? batchless(config, 'build_input_shape')
    : undefined;
  const name = first?.object('config').text('name', 'input');
  return {
    layers,
    inputs: [{ shape: declared ?? built, ...(name !== undefined && { name }) }],
    outputNames: ['output'],
    apply: (inputs, inference) =>
      layers.reduce<SymbolicTensor[]>(
        (tensors, layer) => layer.apply(tensors, inference),
        [...inputs],
      ),
  };
}

interface GraphLayer {
  readonly name: string;
  readonly layer?: Applicable;
  readonly nodes: readonly CallNode[];
  /** Index of its first node, as references count them. */
  readonly base: number;
}

/** A graph of layers. */
export function readFunctional(
  reader: LayerReader,
  object: Fields,
  path: readonly string[],
): Container {
  const config = object.object('config');
  const { where } = object;
  const inputRefs = tensorRefs(config.raw('input_layers'), `${where}, input_layers`);
  const outputRefs = tensorRefs(config.raw('output_layers'), `${where}, output_layers`);
  const inputs = new Map<string, ContainerInput>();
  const graph = new Map<string, GraphLayer>();
  const listed = config.list('layers').map((item, i) => {
    const entry = entryOf(item, i, where);
    const name = entry.text('name', entry.object('config').text('name', `layer_${i}`));
    if (graph.has(name) || inputs.has(name)) {
      throw new FormatError({ where, rule: 'its layers have different names', found: shown(name) });
    }
    if (entry.raw('class_name') === 'InputLayer') {
      inputs.set(name, { name, shape: inputShape(entry.object('config')) });
      return [];
    }
    const nodes = readNodes(entry.raw('inbound_nodes'), `${where}, layer ${shown(name)}`);
    graph.set(name, { name, nodes, base: 0 });
    return [{ name, entry, nodes }];
  });
  const used = [
    ...outputRefs,
    ...listed.flat().flatMap(({ nodes }) => nodes.flatMap((n) => n.inputs)),
  ];
  const layers = listed.flat().map(({ name, entry, nodes }) => {
    const layer = reader.layer(entry, path);
    const base = layer.container ? firstNode(layer, name, nodes.length, used, reader) : 0;
    graph.set(name, { name, layer, nodes, base });
    return layer;
  });
  if (!inputRefs.length || !outputRefs.length) {
    throw new FormatError({ where, rule: 'it has input_layers and output_layers' });
  }
  const unknown = inputRefs.find(({ layer }) => !inputs.has(layer));
  if (unknown) {
    const found = shown(unknown.layer);
    throw new FormatError({ where, rule: 'input_layers names layers of class InputLayer', found });
  }
  return {
    layers,
    inputs: inputRefs.map(({ layer }) => inputs.get(layer) as ContainerInput),
    outputNames: outputRefs.map(({ layer }) => layer),
    apply(given, inference) {
      if (given.length !== inputRefs.length) {
        const found = String(given.length);
        throw new FormatError({ where, rule: `it takes ${inputRefs.length} tensors`, found });
      }
      const known = new Map(inputRefs.map(({ layer }, i) => [`${layer}:0`, [given[i]]] as const));
      runGraph(graph, known, where, inference);
      return outputRefs.map((ref) => {
        const output = lookUp(known, ref, where);
        if (output) return output;
        const rule = 'output_layers names what its layers make';
        throw new FormatError({ where, rule, found: `${shown(ref.layer)} (node ${ref.node})` });
      });
    },
  };
}

/** Models in graphs had a node before: their own, from input to output. References mostly count it. */
function firstNode(
  { className }: Applicable,
  name: string,
  nodes: number,
  used: readonly TensorRef[],
  { dialect }: LayerReader,
): number {
  const indices = used.filter(({ layer }) => layer === name).map(({ node }) => node);
  if (indices.includes(0)) return 0;
  if (indices.some((node) => node >= nodes)) return 1;
  return className === 'Sequential' && dialect === 'keras3' ? 0 : 1;
}

type Known = Map<string, readonly SymbolicTensor[]>;

function lookUp(known: Known, { layer, node, tensor }: TensorRef, where: string) {
  const outputs = known.get(`${layer}:${node}`);
  if (outputs && tensor >= outputs.length) {
    const found = `output ${tensor} of ${shown(layer)}`;
    throw new FormatError({ where, rule: 'references are to outputs that are there', found });
  }
  return outputs?.[tensor];
}

/** Applies every node once what it reads is there. */
function runGraph(
  graph: ReadonlyMap<string, GraphLayer>,
  known: Known,
  where: string,
  inference: boolean,
): void {
  const waiting = new Map<string, (() => void)[]>();
  const ready: (() => void)[] = [];
  let open = 0;
  for (const { name, layer, nodes, base } of graph.values()) {
    nodes.forEach((node, i) => {
      const missing = new Set(
        node.inputs.map((ref) => `${ref.layer}:${ref.node}`).filter((key) => !known.has(key)),
      );
      open++;
      const run = () => {
        const inputs = node.inputs.map((ref) => lookUp(known, ref, where) as SymbolicTensor);
        const key = `${name}:${base + i}`;
        known.set(key, (layer as Applicable).apply(inputs, inference || node.inference));
        open--;
        for (const next of waiting.get(key) ?? []) next();
      };
      let left = missing.size;
      if (!left) ready.push(run);
      for (const key of missing) {
        const arrived = () => {
          left--;
          if (left === 0) ready.push(run);
        };
        waiting.set(key, [...(waiting.get(key) ?? []), arrived]);
      }
    });
  }
  for (let run = ready.shift(); run; run = ready.shift()) run();
  if (!open) return;
  const stuck = [...waiting.keys()].find((key) => !known.has(key)) as string;
  throw new FormatError({
    where,
    rule: 'its layers read what others make, without a circle',
    found: `nothing that makes ${shown(stuck.slice(0, stuck.lastIndexOf(':')))} (node ${stuck.slice(stuck.lastIndexOf(':') + 1)})`,
  });
}

/** The input shape that a layer's config declares. */
function inputShape(config: Fields): ContainerInput['shape'] {
  const key = ['batch_input_shape', 'batch_shape'].find((key) => config.has(key));
  return key === undefined ? undefined : batchless(config, key);
}

function batchless(config: Fields, key: string): readonly (number | null)[] {
  const [, ...shape] = config.list(key);
  const ok = shape.every((n) => n === null || (Number.isSafeInteger(n) && (n as number) > 0));
  if (ok && shape.length < 8) return shape as (number | null)[];
  throw config.wrong(key, 'null and up to seven extents, integers from 1 on or null');
}

/** The shape of an input that a file left partly open, with what the caller says. */
export function wholeShape(
  { name = 'input', shape }: ContainerInput,
  given: InputShapes,
  where: string,
): Shape {
  const open = !shape || shape.includes(null);
  const own =
    typeof given === 'function'
      ? shape && open && given(name, shape)
      : Object.hasOwn(given, name) && given[name];
  const fits =
    own &&
    (!shape || own.length === shape.length) &&
    own.every((n, i) => !shape || shape[i] === null || shape[i] === n);
  if (fits) return own;
  if (!own && !open) return shape as Shape;
  const found = shape ? formatShape(shape.map((n) => n ?? ('?' as never))) : 'none';
  throw new FormatError({
    where,
    rule: own ? 'inputShapes agree with the file' : `the shape of its input "${name}" is known`,
    found: own ? `${formatShape(own)} for ${found}` : found,
    remedy: `Give inputShapes, such as { ${JSON.stringify(name)}: [224, 224, 3] }.`,
  });
}
