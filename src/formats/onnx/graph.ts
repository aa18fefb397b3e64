import { FormatError } from '../../core/errors';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './messages';

/** Opsets whose operators are known here. Models of PyTorch's first exporter say 6. */
export const OLDEST_OPSET = 6;
export const NEWEST_OPSET = 26;
/** Longest name accepted: names of real models are below 300 characters. */
const MAX_NAME = 4096;

/** A model file whose names are known to fit together. */
export interface CheckedGraph {
  readonly name: string;
  readonly opset: number;
  /** In the file's order, in which every tensor is made before it is read. */
  readonly nodes: readonly CheckedNode[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Those that are not initializers: what a run is given. */
  readonly inputs: ReadonlyMap<string, ValueInfoProto>;
  readonly outputs: ReadonlyMap<string, ValueInfoProto>;
}

export interface CheckedNode {
  readonly proto: NodeProto;
  /** Its operator, with the domain in front where that is not ONNX's own: `com.microsoft.FusedConv`. */
  readonly op: string;
  /** The node as errors name it: the file, its number, name and operator. */
  readonly where: string;
}

/**
 * Checks what a model file says about names: that the opset is given once and known, that nodes come
 * after what they read, and that every name stands for one tensor. Throws a {@link FormatError}.
 */
export function checkGraph(model: ModelProto, file: string): CheckedGraph {
  const fail = (place: string, rule: string, found?: string, remedy?: string) =>
    new FormatError({ where: place ? `${file}, ${place}` : file, rule, found, remedy });
  const opset = opsetOf(model, fail);
  const graph = model.graph;
  if (!graph) throw fail('', 'a model has a graph', 'none');
  if (model.functions.length) {
    const remedy = 'Inline them when exporting.';
    throw fail('', 'functions of a model’s own are not supported', model.functions[0].name, remedy);
  }
  if (graph.sparse_initializer.length) throw fail('', 'initializers are not sparse', 'sparse ones');
  const { initializers, inputs } = leavesOf(graph, fail);
  const made = new Set([...initializers.keys(), ...inputs.keys()]);
  const nodes = graph.node.map((proto, i) => checkNode(proto, i, made, file));
  const outputs = new Map<string, ValueInfoProto>();
  for (const [i, info] of graph.output.entries()) {
    const name = nameOf(info.name, `output ${i}`, fail);
    const place = `output "${name}"`;
    if (outputs.has(name)) throw fail(place, 'an output is listed once');
    if (!made.has(name)) throw fail(place, 'something in the graph makes it');
    outputs.set(name, info);
  }
  if (!outputs.size) throw fail('', 'a graph has at least one output', 'none');
  return { name: graph.name ?? '', opset, nodes, initializers, inputs, outputs };
}

type Fail = (place: string, rule: string, found?: string, remedy?: string) => FormatError;

function opsetOf({ opset_import }: ModelProto, fail: Fail): number {
  const seen = new Map<string, number>();
  for (const { domain = '', version = 0 } of opset_import) {
    const name = domain === 'ai.onnx' ? '' : domain;
    if (seen.has(name))
      throw fail('opset_import', 'each domain has one version', `"${show(domain)}" twice`);
    seen.set(name, version);
  }
  const version = seen.get('');
  if (version === undefined)
    throw fail('opset_import', 'it gives a version of ONNX’s operators', 'none');
  if (version >= OLDEST_OPSET && version <= NEWEST_OPSET) return version;
  throw fail(
    'opset_import',
    `the opset is ${OLDEST_OPSET} to ${NEWEST_OPSET}`,
    String(version),
    'Export with an opset of these, or convert the model.',
  );
}

/** Initializers, and the graph's inputs but for initializers that are listed as such. */
function leavesOf(graph: GraphProto, fail: Fail) {
  const initializers = new Map<string, TensorProto>();
  for (const [i, tensor] of graph.initializer.entries()) {
    const name = nameOf(tensor.name, `initializer ${i}`, fail);
    if (initializers.has(name))
      throw fail(`initializer "${name}"`, 'a name stands for one tensor', 'two');
    initializers.set(name, tensor);
  }
  const listed = new Set<string>();
  const inputs = new Map<string, ValueInfoProto>();
  for (const [i, info] of graph.input.entries()) {
    const name = nameOf(info.name, `input ${i}`, fail);
    if (listed.has(name)) throw fail(`input "${name}"`, 'a name stands for one tensor', 'two');
    listed.add(name);
    if (!initializers.has(name)) inputs.set(name, info);
  }
  return { initializers, inputs };
}

/** A node all of whose inputs are in `made`, to which its outputs are added. */
function checkNode(proto: NodeProto, index: number, made: Set<string>, file: string): CheckedNode {
  const { domain = '' } = proto;
  const own = domain === '' || domain === 'ai.onnx';
  const op = own ? (proto.op_type ?? '') : `${domain}.${proto.op_type ?? ''}`;
  const name = proto.name ? ` "${show(proto.name)}"` : '';
  const where = `${file}, node ${index}${name} (${show(op) || 'no operator'})`;
  const fail = (rule: string, found?: string, remedy?: string) =>
    new FormatError({ where, rule, found, remedy });
  for (const input of proto.input) {
    if (input === '' || made.has(input)) continue;
    const remedy = 'Nodes are in an order in which each comes after those that it reads.';
    throw fail('something before it makes what it reads', `"${show(input)}"`, remedy);
  }
  for (const output of proto.output) {
    if (output === '') continue;
    checkLength(output, fail);
    if (made.has(output))
      throw fail('a name stands for one tensor', `"${show(output)}" made again`);
    made.add(output);
  }
  return { proto, op, where };
}

function nameOf(name: string | undefined, place: string, fail: Fail): string {
  if (!name) throw fail(place, 'it has a name');
  checkLength(name, (rule, found) => fail(place, rule, found));
  return name;
}

function checkLength(name: string, fail: (rule: string, found: string) => FormatError): void {
  if (name.length > MAX_NAME)
    throw fail(`names have at most ${MAX_NAME} characters`, `${name.length}`);
}

const show = (text: string): string => JSON.stringify(text.slice(0, 100)).slice(1, -1);
