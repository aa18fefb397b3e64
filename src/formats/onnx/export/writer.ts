import { uniqueNames } from '../../../model/naming';
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from '../messages';
import { dtypeCode, type OnnxData, type OnnxDType, packTensor } from '../tensor';

/** A number that is written as a float though it is an integer. */
export interface Float {
  readonly float: number;
}

export const float = (value: number): Float => ({ float: value });

export type AttributeValue = number | string | Float | readonly number[];
export type AttributeValues = Readonly<Record<string, AttributeValue | undefined>>;

/** Collects the nodes and initializers of a graph; every tensor gets a name of its own. */
export class GraphWriter {
  readonly initializers: TensorProto[] = [];
  #nodes: NodeProto[] = [];
  readonly #outputs = new Set<string>();
  readonly #tensors = uniqueNames();
  readonly #nodeNames = uniqueNames();
  readonly #constants = new Map<string, string>();

  constructor(readonly opset: number) {}

  get nodes(): readonly NodeProto[] {
    return this.#nodes;
  }

  /** Makes the tensor `from` an output of the graph, called `name`. */
  output(from: string, name: string): void {
    const maker = this.#nodes.find(({ output }) => output.includes(from));
    if (maker && !this.#outputs.has(from)) {
      const renamed = (list: readonly string[]) => list.map((one) => (one === from ? name : one));
      this.#nodes = this.#nodes.map((node) => ({
        ...node,
        input: renamed(node.input),
        output: renamed(node.output),
      }));
    } else this.node('Identity', `${name}/identity`, [from], {}, [name]);
    this.#outputs.add(name);
  }

  /** A name that no tensor has yet. */
  tensorName(wanted: string): string {
    return this.#tensors(wanted);
  }

  /** A node called like `name`; gives the names of its outputs. */
  node(
    type: string,
    name: string,
    inputs: readonly string[],
    attributes: AttributeValues = {},
    outputs: readonly string[] = [this.tensorName(name)],
  ): string {
    const attribute = Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [attributeOf(key, value)],
    );
    const trimmed = [...inputs];
    while (trimmed.length && trimmed[trimmed.length - 1] === '') trimmed.pop();
    this.#nodes.push({
      op_type: type,
      name: this.#nodeNames(name),
      input: trimmed,
      output: outputs,
      attribute,
    });
    return outputs[0];
  }

  initializer(wanted: string, dtype: OnnxDType, dims: readonly number[], data: OnnxData): string {
    const name = this.tensorName(wanted);
    this.initializers.push(packTensor({ dtype, dims, data }, name));
    return name;
  }

  /** Integers as an input: axes, shapes, pads. The same ones are stored once. */
  ints(values: readonly number[]): string {
    return this.#constant(`ints [${values}]`, () =>
      this.initializer(
        `ints_${values.join('_').replaceAll('-', 'm') || 'none'}`,
        'int64',
        [values.length],
        Float64Array.from(values),
      ),
    );
  }

  /** A number as a tensor without dimensions. */
  scalar(value: number): string {
    return this.#constant(`scalar ${value}`, () =>
      this.initializer(`scalar_${value}`, 'float', [], Float32Array.of(value)),
    );
  }

  #constant(key: string, make: () => string): string {
    const known = this.#constants.get(key) ?? make();
    this.#constants.set(key, known);
    return known;
  }
}

function attributeOf(name: string, value: AttributeValue): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [] };
  if (typeof value === 'number') return { ...empty, type: 2, i: value };
  if (typeof value === 'string') return { ...empty, type: 3, s: new TextEncoder().encode(value) };
  if ('float' in value) return { ...empty, type: 1, f: value.float };
  return { ...empty, type: 7, ints: value };
}

/** An input or output of the graph; extents are numbers or names. */
export function portOf(
  name: string,
  dtype: OnnxDType,
  shape: readonly (number | string)[],
): ValueInfoProto {
  const dim = shape.map((extent) =>
    typeof extent === 'number' ? { dim_value: extent } : { dim_param: extent },
  );
  return { name, type: { tensor_type: { elem_type: dtypeCode(dtype), shape: { dim } } } };
}
