import { knownOptions, oneOf } from '../../core/check';
import { ArgumentError, BatchNormError, FormatError } from '../../core/errors';
import type { SymbolicTensor } from '../../model/layer';
import { input, type Model, model as makeModel } from '../../model/model';
import { uniqueNames } from '../../model/naming';
import type { ModelState } from '../../model/state';
import { Complaints } from '../complaints';
import { Builder, cleanName } from './builder';
import { decode } from './decode';
import type { ExternalData } from './external';
import { type CheckedGraph, type CheckedNode, checkGraph } from './graph';
import { arrange } from './layout';
import { MODEL, type ValueInfoProto } from './messages';
import { OPERATORS, type Operator } from './ops';
import { NodeScope, Scope } from './scope';
import { countOf, dtypeOf, isFloat, makeData, type OnnxTensor, unpackTensor } from './tensor';
import { BATCH, formatDims, identity, lastOrder, live, type Value } from './values';

export interface OnnxOptions {
  /** The file as errors name it; default `ONNX model`. */
  readonly name?: string;
  /**
   * `auto` (default): an input whose first extent is symbolic or left out has a batch, and one with a
   * number there has none and keeps its shape. `free`: the first extent of every input is the batch.
   * `fixed`: no input has a batch; symbolic extents are in `sizes`.
   */
  readonly batch?: 'auto' | 'free' | 'fixed';
  /** Extents by the names that the file has for them, e.g. `{ height: 224, width: 224 }`. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Shapes of inputs, where the file's are not wanted or not given; the batch among the extents. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /**
   * Numbers instead of what the graph has by that name: an input that is then none, an initializer, or
   * what a node would make.
   */
  readonly values?: ReadonlyMap<string, OnnxTensor>;
  /** Tensors of the graph that are the model's outputs; default the graph's. */
  readonly outputs?: readonly string[];
  /** How inputs and outputs of 3 and more dimensions come and go; default `channelsFirst`, ONNX's. */
  readonly layout?: 'channelsFirst' | 'channelsLast';
  /** Bytes of other files that tensors are in, by the name that the model has for them. */
  readonly external?: ExternalData;
  /** Elements that tensors computed at import may have together; default 2^24 and the file's bytes. */
  readonly maxElements?: number;
}

const OPTIONS: Readonly<Record<keyof OnnxOptions, true>> = {
  name: true,
  batch: true,
  sizes: true,
  shapes: true,
  values: true,
  outputs: true,
  layout: true,
  external: true,
  maxElements: true,
};

/** What came in. */
export interface Imported {
  /** Undefined where no output depends on a run. */
  readonly model?: Model;
  readonly state: ModelState;
  /** Outputs that are known: the same in every run, and not the model's. */
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Outputs that are statistics after a step of training, and the state that holds them. */
  readonly updates: ReadonlyMap<string, string>;
  /** The model's names of the graph's inputs and outputs. */
  readonly names: ReadonlyMap<string, string>;
  readonly producer: string;
  readonly opset: number;
}

/** Imports a model file. See `readOnnx`, which also says that there must be a model. */
export function importOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Imported {
  const file = options.name ?? 'ONNX model';
  knownOptions(options, Object.keys(OPTIONS), 'readOnnx');
  oneOf(options.batch ?? 'auto', ['auto', 'free', 'fixed'], 'readOnnx', 'batch');
  const layouts = ['channelsFirst', 'channelsLast'] as const;
  oneOf(options.layout ?? 'channelsFirst', layouts, 'readOnnx', 'layout');
  if (!(bytes instanceof Uint8Array)) {
    throw new ArgumentError({
      where: 'readOnnx',
      rule: 'its first argument is the bytes of a file, a Uint8Array',
      found: typeof bytes,
    });
  }
  const proto = decode(MODEL, bytes, file);
  const graph = checkGraph(proto, file);
  const importer = new Importer(graph, file, options, bytes.length);
  return {
    ...importer.run(),
    producer: [proto.producer_name, proto.producer_version].filter(Boolean).join(' '),
    opset: graph.opset,
  };
}

class Importer {
  readonly #values = new Map<string, Value>();
  /** What cannot be had, since what makes it is at fault or reads such a tensor. */
  readonly #lost = new Set<string>();
  readonly #complaints = new Complaints();
  readonly #updates = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #inputs: SymbolicTensor[] = [];
  readonly #builder: Builder;
  /** The first extent that inputs had, where the batch was freed. */
  #exportedBatch: number | undefined;
  /** Tensors that a node or the caller reads. */
  readonly #read: ReadonlySet<string>;

  constructor(
    readonly graph: CheckedGraph,
    readonly file: string,
    readonly options: OnnxOptions,
    bytes: number,
  ) {
    this.#builder = new Builder(file, options.maxElements ?? 2 ** 24 + bytes);
    this.#read = new Set([
      ...(options.outputs ?? graph.outputs.keys()),
      ...graph.nodes.flatMap(({ proto }) => proto.input),
    ]);
  }

  run(): Omit<Imported, 'producer' | 'opset'> {
    this.#complaints.all(() => {
      this.#leaves();
      for (const node of this.graph.nodes) this.#visit(node);
    });
    return this.#finish();
  }

  #visit(node: CheckedNode): void {
    const done = this.#complaints.attempt(() => {
      const operator = operatorOf(node);
      if (node.proto.input.some((name) => this.#lost.has(name))) return false;
      this.#node(node, operator);
      return true;
    });
    if (!done) for (const name of node.proto.output) this.#lost.add(name);
  }

  #leaves(): void {
    const { graph, file, options } = this;
    for (const [name, proto] of graph.initializers) {
      if (options.values?.has(name)) continue;
      const where = `${file}, initializer ${JSON.stringify(name)}`;
      const tensor = this.#complaints.attempt(() => unpackTensor(proto, where, options));
      if (tensor) this.#values.set(name, { kind: 'known', ...tensor, initializer: name });
      else this.#lost.add(name);
    }
    const unique = uniqueNames();
    for (const [name, info] of graph.inputs) {
      if (options.values?.has(name)) continue;
      const where = `${file}, input ${JSON.stringify(name)}`;
      const value = this.#complaints.attempt(() =>
        this.#input(name, unique(cleanName(name)), info, where),
      );
      if (value) this.#values.set(name, value);
      else this.#lost.add(name);
    }
    for (const [name, tensor] of options.values ?? []) {
      this.#values.set(name, { kind: 'known', ...tensor, initializer: name });
    }
  }

  #input(given: string, name: string, info: ValueInfoProto, where: string): Value {
    const dtype = dtypeOf(info.type?.tensor_type?.elem_type, where);
    const dims = this.#inputDims(given, info, where);
    const batch = dims[0] === BATCH;
    const size = countOf(batch ? dims.slice(1) : dims, where);
    if (size === 0) {
      if (!batch) return { kind: 'known', dtype, dims, data: makeData(dtype, 0) };
      throw new FormatError({ where, rule: 'an example has numbers', found: formatDims(dims) });
    }
    const order = this.#boundary(dims.length);
    const stored = order.map((axis) => dims[axis]).slice(+batch);
    const tensor = input(stored, { name, batch, dtype: isFloat(dtype) ? 'f32' : 'i32' });
    this.#inputs.push(tensor);
    this.#names.set(given, name);
    return live(tensor, dims, order, dtype);
  }

  /** How a tensor of this rank is stored outside. */
  #boundary(rank: number): readonly number[] {
    return this.options.layout === 'channelsLast' ? lastOrder(rank) : identity(rank);
  }

  #inputDims(name: string, info: ValueInfoProto, where: string): number[] {
    const { batch = 'auto', sizes = {}, shapes = {} } = this.options;
    const given = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    const shape = info.type?.tensor_type?.shape;
    if (!given && !shape) {
      const remedy = `Pass shapes: { ${JSON.stringify(name)}: […] }.`;
      throw new FormatError({
        where,
        rule: 'its shape is in the file or given',
        found: 'none',
        remedy,
      });
    }
    const listed = given?.map((dim_value) => ({ dim_value, dim_param: '' })) ?? shape?.dim ?? [];
    return listed.map(({ dim_value, dim_param = '' }, axis) => {
      const size = Object.hasOwn(sizes, dim_param) ? sizes[dim_param] : dim_value;
      if (axis === 0 && batch === 'free') {
        this.#exportedBatch = size;
        return BATCH;
      }
      if (size !== undefined) return size;
      if (axis === 0 && batch === 'auto') return BATCH;
      throw new FormatError({
        where,
        rule: `extent ${axis} is a number`,
        found: dim_param ? JSON.stringify(dim_param) : 'nothing',
        remedy: dim_param
          ? `Pass sizes: { ${JSON.stringify(dim_param)}: … }.`
          : `Pass shapes: { ${JSON.stringify(name)}: […] }.`,
      });
    });
  }

  #node(node: CheckedNode, operator: Operator): void {
    const { proto, where } = node;
    const inputs = proto.input.map((name) =>
      name === '' ? undefined : this.#valueOf(name, where),
    );
    const scope = new NodeScope(this.#builder, node, layerName(node), inputs, {
      opset: this.graph.opset,
      exportedBatch: this.#exportedBatch,
      read: this.#read,
    });
    const made = guarded(where, () => {
      const outputs = operator.convert(scope);
      scope.attributes.checkAllRead();
      return Array.isArray(outputs) ? (outputs as (Value | undefined)[]) : [outputs as Value];
    });
    for (const [i, name] of proto.output.entries()) {
      if (name === '' || this.options.values?.has(name)) continue;
      const update = scope.updates?.[i];
      const value = made[i];
      if (update) this.#updates.set(name, update);
      else if (value) this.#values.set(name, value);
    }
  }

  #valueOf(name: string, where: string): Value {
    const value = this.#values.get(name);
    if (value) return value;
    throw new FormatError({
      where,
      rule: 'it reads outputs that are supported',
      found: JSON.stringify(name.slice(0, 100)),
    });
  }

  #finish(): Omit<Imported, 'producer' | 'opset'> {
    const constants = new Map<string, OnnxTensor>();
    const updates = new Map<string, string>();
    const outputs: { name: string; tensor: SymbolicTensor }[] = [];
    const unique = uniqueNames();
    for (const name of this.options.outputs ?? this.graph.outputs.keys()) {
      const where = `${this.file}, output ${JSON.stringify(name)}`;
      const update = this.#updates.get(name);
      if (update) {
        updates.set(name, update);
        continue;
      }
      const value = this.#valueOf(name, where);
      if (value.kind === 'known') {
        constants.set(name, { dtype: value.dtype, dims: value.dims, data: value.data });
        continue;
      }
      const scope = new Scope(this.#builder, where, name);
      const { tensor } = arrange(scope, value, this.#boundary(value.dims.length));
      const output = unique(cleanName(name));
      outputs.push({ name: output, tensor });
      this.#names.set(name, output);
    }
    const shared = { constants, updates, names: this.#names };
    const names = outputs.map((output) => output.name);
    if (!outputs.length) return { ...shared, state: this.#builder.stateOf(undefined) };
    const model = makeModel(
      this.#inputs,
      outputs.map(({ tensor }) => tensor),
      { name: cleanName(this.graph.name || 'model'), outputNames: names },
    );
    return { ...shared, model, state: this.#builder.stateOf(model) };
  }
}

function operatorOf({ proto, op, where }: CheckedNode): Operator {
  const operator = OPERATORS.get(op);
  if (operator) return operator;
  const own = op === (proto.op_type ?? '');
  throw new FormatError({
    where,
    rule: own ? 'the operator is supported' : 'only ONNX’s own operators are supported',
    found: own ? op || 'none' : `the domain ${JSON.stringify(proto.domain?.slice(0, 100))}`,
    remedy: own
      ? 'docs/onnx.md lists those that are: leave it out when exporting, or read the part before it with outputs.'
      : 'Export without optimising for one runtime.',
  });
}

/** Layers are called after PyTorch's modules where weights show them, else after nodes. */
function layerName({ proto }: CheckedNode): string {
  const weight = proto.input.find((name) => /.\.weight$/.test(name));
  return weight?.replace(/\.weight$/, '') || proto.name || proto.output[0] || proto.op_type || '_';
}

/** What layers complain about, said of the node that they were made for. */
function guarded<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof BatchNormError) || cause instanceof FormatError) throw cause;
    const { rule, found, remedy } = cause;
    throw new FormatError({ where, rule, found, remedy }, { cause });
  }
}
