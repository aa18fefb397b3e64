// Writes ONNX models: as much of onnx.proto as the benchmark's graphs need.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Shape } from '../../src/core/shape';

type Attribute = number | readonly number[] | { readonly float: number };

/** Field numbers of onnx.proto (IR version 8), by message. */
const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8 };
const OPSET = { version: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, type: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, float: 2, int: 3, ints: 8, type: 20 };
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 };
const TENSOR = { dims: 1, dtype: 2, name: 8, raw: 9 };
const DTYPE = { float: 1, int64: 7 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { dtype: 1, shape: 2 };
const [SHAPE_DIM, DIM_VALUE] = [1, 1];
/** Reductions still take their axes as an attribute. */
const OPSET_VERSION = 17;

type Fill = (writer: BinaryWriter) => void;

const message = (writer: BinaryWriter, field: number, fill: Fill): void => {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill(writer);
  writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string): void =>
  void writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number): void =>
  void writer.tag(field, WireType.Varint).int64(value);

/** A graph that grows node by node; tensors are names. */
export class OnnxGraph {
  readonly #nodes: Fill[] = [];
  readonly #initializers: Fill[] = [];
  readonly #inputs: Fill[] = [];
  readonly #outputs: Fill[] = [];
  #made = 0;

  input(name: string, shape: Shape): string {
    this.#inputs.push(portOf(name, shape));
    return name;
  }

  output(name: string, shape: Shape): void {
    this.#outputs.push(portOf(name, shape));
  }

  /** An f32 constant. */
  constant(values: Float32Array, shape: Shape): string {
    return this.#initializer(DTYPE.float, values, shape);
  }

  /** An int64 vector. */
  integers(values: readonly number[]): string {
    return this.#initializer(DTYPE.int64, BigInt64Array.from(values.map(BigInt)), [values.length]);
  }

  /** A node of one output, which may be given a name. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${type}_${this.#made++}`,
  ): string {
    this.#nodes.push((node) => {
      for (const input of inputs) text(node, NODE.input, input);
      text(node, NODE.output, output);
      text(node, NODE.name, output);
      text(node, NODE.type, type);
      for (const [name, value] of Object.entries(attributes)) {
        message(node, NODE.attribute, attributeOf(name, value));
      }
    });
    return output;
  }

  /** The model's file. */
  bytes(): Uint8Array {
    const model = new BinaryWriter();
    integer(model, MODEL.irVersion, 8);
    text(model, MODEL.producer, 'bench');
    message(model, MODEL.graph, (graph) => {
      text(graph, GRAPH.name, 'bench');
      for (const fill of this.#nodes) message(graph, GRAPH.node, fill);
      for (const fill of this.#initializers) message(graph, GRAPH.initializer, fill);
      for (const fill of this.#inputs) message(graph, GRAPH.input, fill);
      for (const fill of this.#outputs) message(graph, GRAPH.output, fill);
    });
    message(model, MODEL.opset, (opset) => integer(opset, OPSET.version, OPSET_VERSION));
    return model.finish();
  }

  #initializer(dtype: number, values: Float32Array | BigInt64Array, shape: Shape): string {
    const name = `constant_${this.#made++}`;
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#initializers.push((tensor) => {
      for (const extent of shape) integer(tensor, TENSOR.dims, extent);
      integer(tensor, TENSOR.dtype, dtype);
      text(tensor, TENSOR.name, name);
      tensor.tag(TENSOR.raw, WireType.LengthDelimited).bytes(raw);
    });
    return name;
  }
}

function attributeOf(name: string, value: Attribute): Fill {
  return (attribute) => {
    text(attribute, ATTRIBUTE.name, name);
    if (typeof value === 'number') {
      integer(attribute, ATTRIBUTE.int, value);
      integer(attribute, ATTRIBUTE.type, ATTRIBUTE_TYPE.int);
    } else if ('float' in value) {
      attribute.tag(ATTRIBUTE.float, WireType.Bit32).float(value.float);
      integer(attribute, ATTRIBUTE.type, ATTRIBUTE_TYPE.float);
    } else {
      for (const each of value) integer(attribute, ATTRIBUTE.ints, each);
      integer(attribute, ATTRIBUTE.type, ATTRIBUTE_TYPE.ints);
    }
  };
}

function portOf(name: string, shape: Shape): Fill {
  return (value) => {
    text(value, VALUE.name, name);
    message(value, VALUE.type, (type) =>
      message(type, TYPE.tensor, (tensor) => {
        integer(tensor, TENSOR_TYPE.dtype, DTYPE.float);
        message(tensor, TENSOR_TYPE.shape, (dims) => {
          for (const extent of shape) {
            message(dims, SHAPE_DIM, (dim) => integer(dim, DIM_VALUE, extent));
          }
        });
      }),
    );
  };
}
