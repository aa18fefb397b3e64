// Cases of WebNN's conformance tests as ONNX graphs: the same operators in other words.
import type { NodeProto, TensorProto } from '../../src/formats/onnx/messages';
import { type AttributeValue, int64, node, onnxFile, port, weight } from './onnx';

interface Numbers {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

export interface WebnnCase {
  readonly id: string;
  readonly name: string;
  readonly dtype: string;
  readonly inputs: Readonly<Record<string, Numbers>>;
  // biome-ignore lint/suspicious/noExplicitAny: options of any operator
  readonly attrs: Readonly<Record<string, any>>;
  readonly expected: Numbers;
}

/** NaN and the infinities are strings in the files. */
export const numbersOf = ({ data }: Numbers): number[] => data.map(Number);

/** Nodes from inputs of the case to `y`, the numbers of some of them in the graph. */
class Graph {
  readonly nodes: NodeProto[] = [];
  readonly weights: TensorProto[] = [];
  readonly running = new Set<string>();
  #count = 0;

  constructor(readonly test: WebnnCase) {}

  run(role: string): string {
    this.running.add(role);
    return role;
  }

  rank(role: string): number {
    return this.test.inputs[role].shape.length;
  }

  /** An input as a weight, empty where the case has none. */
  given(role: string, dtype: 'float' | 'int64' = 'float'): string {
    const numbers = this.test.inputs[role];
    return numbers ? this.constant(numbers.shape, numbersOf(numbers), dtype) : '';
  }

  constant(
    dims: readonly number[],
    numbers: readonly number[],
    dtype: 'float' | 'int64' = 'float',
  ) {
    const name = `c${this.#count++}`;
    this.weights.push(weight(name, dims, numbers, dtype));
    return name;
  }

  integers(numbers: readonly number[]): string {
    const name = `c${this.#count++}`;
    this.weights.push(int64(name, numbers));
    return name;
  }

  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
  ): string {
    const output = `t${this.#count++}`;
    const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
    this.nodes.push(
      node(op, inputs, [output], Object.fromEntries(given) as Record<string, AttributeValue>),
    );
    return output;
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.op('Transpose', [x], { perm });
  }

  /** `make` on a tensor whose axes are in another order, and back. */
  permuted(x: string, perm: readonly number[], make: (x: string) => string): string {
    if (perm.every((axis, i) => axis === i)) return make(x);
    return this.transpose(
      make(this.transpose(x, perm)),
      perm.map((_, i) => perm.indexOf(i)),
    );
  }

  file(y: string): Uint8Array {
    const inputs = [...this.running].map((role) => port(role, this.test.inputs[role].shape));
    const last = node('Identity', [y], ['y']);
    return onnxFile({ nodes: [...this.nodes, last], weights: this.weights, inputs, opset: 20 });
  }
}

type Translate = (g: Graph, attrs: WebnnCase['attrs']) => string;
const float = (value: number | undefined): AttributeValue | undefined =>
  value === undefined ? undefined : { float: value };
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const pads = ([top, bottom, left, right]: readonly number[] = [0, 0, 0, 0]) => [
  top,
  left,
  bottom,
  right,
];
const AUTO: Record<string, string> = { 'same-upper': 'SAME_UPPER', 'same-lower': 'SAME_LOWER' };
const LAST = [0, 3, 1, 2];

const binary =
  (op: string): Translate =>
  (g) =>
    g.op(op, [g.run('a'), g.run('b')]);
const unary =
  (op: string): Translate =>
  (g) =>
    g.op(op, [g.run('input')]);

const window = ({ padding, strides, dilations, autoPad }: WebnnCase['attrs']) => ({
  ...(AUTO[autoPad] ? { auto_pad: AUTO[autoPad] } : { pads: pads(padding) }),
  strides: strides ?? [1, 1],
  dilations: dilations ?? [1, 1],
});

const pool =
  (op: string): Translate =>
  (g, attrs) => {
    const perm = attrs.layout === 'nhwc' ? LAST : range(4);
    const { shape } = g.test.inputs.input;
    const size = perm.slice(2).map((axis) => shape[axis]);
    const kernel_shape = attrs.windowDimensions ?? size;
    const [top, bottom, left, right] = attrs.padding ?? [0, 0, 0, 0];
    const [sy, sx] = attrs.strides ?? [1, 1];
    // Sizes that are asked for are those that one of the roundings gives, and win over it.
    const rounded = [
      Math.ceil((size[0] + top + bottom - kernel_shape[0]) / sy) + 1,
      Math.ceil((size[1] + left + right - kernel_shape[1]) / sx) + 1,
    ];
    const { outputSizes, roundingType } = attrs;
    const ceil = outputSizes ? `${outputSizes}` === `${rounded}` : roundingType === 'ceil';
    return g.permuted(g.run('input'), perm, (x) =>
      g.op(op, [x], { ...window(attrs), kernel_shape, ceil_mode: +ceil }),
    );
  };

/** The permutation from a layout's letters to another's. */
const letters = (from: string, to: string) => [...to].map((letter) => from.indexOf(letter));

const conv2d: Translate = (g, attrs) => {
  const filter = g.transpose(g.given('filter'), letters(attrs.filterLayout ?? 'oihw', 'oihw'));
  const perm = attrs.inputLayout === 'nhwc' ? LAST : range(4);
  const y = g.permuted(g.run('input'), perm, (x) => {
    const inputs = [x, filter, g.given('bias')].filter((name) => name !== '');
    return g.op('Conv', inputs, { ...window(attrs), group: attrs.groups ?? 1 });
  });
  return attrs.activation === 'relu' ? g.op('Relu', [y]) : y;
};

const convTranspose2d: Translate = (g, attrs) => {
  const filter = g.transpose(g.given('filter'), letters(attrs.filterLayout ?? 'iohw', 'iohw'));
  const perm = attrs.inputLayout === 'nhwc' ? LAST : range(4);
  const { outputSizes, outputPadding } = attrs;
  const shape = outputSizes && g.test.inputs.input.shape;
  const kernel =
    outputSizes &&
    letters(attrs.filterLayout ?? 'iohw', 'hw').map((axis) => g.test.inputs.filter.shape[axis]);
  // Sizes stand for the output padding that gives them.
  const added = outputSizes
    ? [0, 1].map((i) => {
        const [before, after] = (attrs.padding ?? [0, 0, 0, 0]).slice(2 * i, 2 * i + 2);
        const extent = shape[perm[i + 2]];
        const reach = (kernel[i] - 1) * (attrs.dilations?.[i] ?? 1) + 1;
        return outputSizes[i] - ((extent - 1) * (attrs.strides?.[i] ?? 1) + reach - before - after);
      })
    : outputPadding;
  return g.permuted(g.run('input'), perm, (x) => {
    const inputs = [x, filter, g.given('bias')].filter((name) => name !== '');
    return g.op('ConvTranspose', inputs, {
      ...window(attrs),
      group: attrs.groups ?? 1,
      output_padding: added,
    });
  });
};

const batchNormalization: Translate = (g, { axis = 1, epsilon = 1e-5 }) => {
  const { shape } = g.test.inputs.input;
  const channels = shape[axis];
  const vector = (role: string, value: number) =>
    g.given(role) || g.constant([channels], Array(channels).fill(value));
  const vectors = [vector('scale', 1), vector('bias', 0), g.given('mean'), g.given('variance')];
  const norm = (x: string) =>
    g.op('BatchNormalization', [x, ...vectors], { epsilon: float(epsilon) });
  if (shape.length === 1) {
    const rows = g.op('Reshape', [g.run('input'), g.integers([1, channels])]);
    return g.op('Reshape', [norm(rows), g.integers(shape)]);
  }
  const others = range(shape.length).filter((a) => a !== axis);
  return g.permuted(g.run('input'), [others[0], axis, ...others.slice(1)], norm);
};

const layerNormalization: Translate = (g, { axes, epsilon = 1e-5 }) => {
  const { shape } = g.test.inputs.input;
  const over: number[] = axes ?? range(shape.length).slice(1);
  const others = range(shape.length).filter((axis) => !over.includes(axis));
  const normal = over.map((axis) => shape[axis]);
  const size = normal.reduce((a, b) => a * b, 1);
  const scale = g.given('scale') || g.constant(normal, Array(size).fill(1));
  const bias = g.given('bias') || g.constant(normal, Array(size).fill(0));
  return g.permuted(g.run('input'), [...others, ...over], (x) =>
    g.op('LayerNormalization', [x, scale, bias], { axis: others.length, epsilon: float(epsilon) }),
  );
};

const instanceNormalization: Translate = (g, { layout, epsilon = 1e-5 }) => {
  const perm = layout === 'nhwc' ? LAST : range(4);
  const channels = g.test.inputs.input.shape[perm[1]];
  const vector = (role: string, value: number) =>
    g.given(role) || g.constant([channels], Array(channels).fill(value));
  return g.permuted(g.run('input'), perm, (x) =>
    g.op('InstanceNormalization', [x, vector('scale', 1), vector('bias', 0)], {
      epsilon: float(epsilon),
    }),
  );
};

const resample2d: Translate = (g, { mode, sizes, scales, axes = [2, 3] }) => {
  const how = {
    mode: mode === 'linear' ? 'linear' : 'nearest',
    coordinate_transformation_mode: 'half_pixel',
    axes,
  };
  return sizes
    ? g.op('Resize', [g.run('input'), '', '', g.integers(sizes)], how)
    : g.op('Resize', [g.run('input'), '', g.constant([2], scales)], how);
};

const MODES: Record<string, string> = { edge: 'edge', reflection: 'reflect', constant: 'constant' };

export const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Mul'),
  div: binary('Div'),
  averagePool2d: pool('AveragePool'),
  maxPool2d: pool('MaxPool'),
  batchNormalization,
  clamp: (g, { minValue, maxValue }) => {
    const limit = (value: number | string | undefined) =>
      value === undefined || value === 'NaN' ? '' : g.constant([], [Number(value)]);
    return g.op('Clip', [g.run('input'), limit(minValue), limit(maxValue)]);
  },
  concat: (g, { axis }) =>
    g.op(
      'Concat',
      Object.keys(g.test.inputs).map((role) => g.run(role)),
      { axis },
    ),
  conv2d,
  convTranspose2d,
  elu: (g, { alpha }) => g.op('Elu', [g.run('input')], { alpha: float(alpha) }),
  gather: (g, { axis = 0 }) =>
    g.op('Gather', [g.run('input'), g.given('indices', 'int64')], { axis }),
  gemm: (g, { alpha, beta, aTranspose, bTranspose }) =>
    g.op(
      'Gemm',
      [g.run('a'), g.given('b'), g.given('c')].filter((name) => name !== ''),
      {
        alpha: float(alpha),
        beta: float(beta),
        transA: +(aTranspose ?? false),
        transB: +(bTranspose ?? false),
      },
    ),
  hardSigmoid: (g, { alpha, beta }) =>
    g.op('HardSigmoid', [g.run('input')], { alpha: float(alpha), beta: float(beta) }),
  hardSwish: unary('HardSwish'),
  instanceNormalization,
  layerNormalization,
  leakyRelu: (g, { alpha }) => g.op('LeakyRelu', [g.run('input')], { alpha: float(alpha) }),
  matmul: binary('MatMul'),
  pad: (g, { mode = 'constant', value = 0, beginningPadding, endingPadding }) => {
    // Older cases lost their padding: as much on both sides.
    const { shape } = g.test.inputs.input;
    const half = shape.map((extent, axis) => (g.test.expected.shape[axis] - extent) / 2);
    const pads = [...(beginningPadding ?? half), ...(endingPadding ?? half)];
    return g.op('Pad', [g.run('input'), g.integers(pads), g.constant([], [value])], {
      mode: MODES[mode],
    });
  },
  prelu: (g) => g.op('PRelu', [g.run('x'), g.given('slope')]),
  reduceMean: (g, { axes, keepDimensions }) =>
    g.op('ReduceMean', [g.run('input'), ...(axes ? [g.integers(axes)] : [])], {
      keepdims: +(keepDimensions ?? false),
      noop_with_empty_axes: axes ? 1 : 0,
    }),
  relu: unary('Relu'),
  resample2d,
  reshape: (g, { newShape }) =>
    g.op('Reshape', [g.run('input'), g.integers(newShape.map((n: number | null) => n ?? -1))]),
  sigmoid: unary('Sigmoid'),
  softmax: (g, { axis }) => g.op('Softmax', [g.run('input')], { axis }),
  softplus: (g, { steepness = 1 }) => {
    const steep = g.op('Mul', [g.run('x'), g.constant([], [steepness])]);
    return g.op('Div', [g.op('Softplus', [steep]), g.constant([], [steepness])]);
  },
  squeeze: (g, { axes }) => g.op('Squeeze', [g.run('input'), ...(axes ? [g.integers(axes)] : [])]),
  tanh: unary('Tanh'),
  transpose: (g, { permutation }) => g.op('Transpose', [g.run('input')], { perm: permutation }),
};

/** The case as an ONNX file, and the numbers of a run. */
export function translate(op: string, test: WebnnCase) {
  const g = new Graph(test);
  const file = g.file(TRANSLATIONS[op](g, test.attrs));
  const inputs = [...g.running].map((role) => [
    role,
    Float32Array.from(numbersOf(test.inputs[role])),
  ]);
  return { file, inputs: Object.fromEntries(inputs) as Record<string, Float32Array> };
}
