// ONNX files made here, right or wrong.
import { encode } from '../../src/formats/onnx/encode';
import {
  type AttributeProto,
  MODEL,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../src/formats/onnx/messages';
import { dtypeCode, type OnnxDType, packTensor } from '../../src/formats/onnx/tensor';

export type AttributeValue = number | string | readonly number[] | TensorProto | { float: number };

function attribute(name: string, value: AttributeValue): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [] };
  if (typeof value === 'number') return { ...empty, type: 2, i: value };
  if (typeof value === 'string') return { ...empty, type: 3, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { ...empty, type: 7, ints: value };
  if ('float' in value) return { ...empty, type: 1, f: value.float };
  return { ...empty, type: 4, t: value as TensorProto };
}

export function node(
  op_type: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  more: Partial<NodeProto> = {},
): NodeProto {
  return {
    op_type,
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...more,
  };
}

/** An initializer. */
export function weight(
  name: string,
  dims: readonly number[],
  numbers: ArrayLike<number> = Float32Array.from(
    { length: dims.reduce((product, n) => product * n, 1) },
    (_, i) => Math.sin(i + 1),
  ),
  dtype: OnnxDType = 'float',
): TensorProto {
  return packTensor({ dtype, dims, data: Float64Array.from(numbers) }, name);
}

export const int64 = (
  name: string,
  numbers: readonly number[],
  dims = [numbers.length],
): TensorProto => weight(name, dims, numbers, 'int64');

/** An input or output; strings are symbolic extents. */
export function port(
  name: string,
  dims?: readonly (number | string | null)[],
  dtype: OnnxDType = 'float',
): ValueInfoProto {
  const dim = dims?.map((extent) =>
    typeof extent === 'number' ? { dim_value: extent } : { dim_param: extent ?? undefined },
  );
  return { name, type: { tensor_type: { elem_type: dtypeCode(dtype), shape: dim && { dim } } } };
}

export interface Parts {
  readonly nodes?: readonly NodeProto[];
  readonly inputs?: readonly ValueInfoProto[];
  readonly outputs?: readonly ValueInfoProto[];
  readonly weights?: readonly TensorProto[];
  readonly opset?: number;
}

/** A model file: x [N,2,5,4] to y unless said otherwise. */
export function onnxFile(parts: Parts, more: Partial<ModelProto> = {}): Uint8Array {
  return encode(MODEL, {
    ir_version: 8,
    opset_import: [{ domain: '', version: parts.opset ?? 17 }],
    metadata_props: [],
    functions: [],
    graph: {
      name: 'graph',
      node: parts.nodes ?? [],
      initializer: parts.weights ?? [],
      sparse_initializer: [],
      input: parts.inputs ?? [port('x', ['N', 2, 5, 4])],
      output: parts.outputs ?? [port('y')],
    },
    ...more,
  });
}

/** A small network with a convolution, batch norm, pooling and a fully connected end. */
export function smallNetwork(): Uint8Array {
  return onnxFile({
    nodes: [
      node('Conv', ['x', 'conv.weight', 'conv.bias'], ['a'], { pads: [1, 1, 1, 1] }),
      node(
        'BatchNormalization',
        ['a', 'gamma', 'beta', 'mean', 'var'],
        ['b'],
        {},
        { name: 'norm' },
      ),
      node('Relu', ['b'], ['c']),
      node('MaxPool', ['c'], ['d'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['d'], ['e']),
      node('Gemm', ['e', 'fc.weight', 'fc.bias'], ['y'], { transB: 1 }),
    ],
    weights: [
      weight('conv.weight', [3, 2, 3, 3]),
      weight('conv.bias', [3]),
      weight('gamma', [3], [1, 0.5, 2]),
      weight('beta', [3]),
      weight('mean', [3]),
      weight('var', [3], [1, 2, 0.5]),
      weight('fc.weight', [4, 12]),
      weight('fc.bias', [4]),
    ],
  });
}
