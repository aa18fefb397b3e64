// Each op of a layer as operators of ONNX.
import { FormatError } from '../../../core/errors';
import type { Attrs, Node } from '../../../ir/graph';
import {
  firstOrder,
  identity,
  type Known,
  type Live,
  type Operand,
  type Operands,
  rankOf,
} from './operand';
import { type AttributeValues, float, type GraphWriter } from './writer';

type Numbers = readonly number[];

/** What an operator is made from. */
export interface EmitContext {
  readonly node: Node;
  readonly attrs: Attrs;
  readonly args: readonly Operand[];
  readonly writer: GraphWriter;
  readonly operands: Operands;
  /** What the operator's node is called. */
  readonly name: string;
  /** Whether the result has a batch. */
  readonly batched: boolean;
}

export type Emit = (context: EmitContext) => Operand;

export const live = (context: EmitContext, name: string, perm: Numbers): Live => ({
  kind: 'live',
  name,
  perm,
  batched: context.batched,
});

const made = (
  context: EmitContext,
  type: string,
  inputs: readonly string[],
  perm: Numbers,
  attributes: AttributeValues = {},
): Live => live(context, context.writer.node(type, context.name, inputs, attributes), perm);

const permOf = (operand: Operand): Numbers =>
  operand.kind === 'live' ? operand.perm : identity(operand.shape.length);

/** In the order in which it is. */
const asIs = (context: EmitContext, operand: Operand) =>
  context.operands.inOrder(operand, permOf(operand));

const numberOf = (attrs: Attrs, name: string, fallback: number) =>
  (attrs[name] as number | undefined) ?? fallback;

/** One number at a time: the axes stay where they are. */
const unary =
  (type: string, attributes: (attrs: Attrs) => AttributeValues = () => ({})): Emit =>
  (context) => {
    const [x] = context.args;
    return made(context, type, [asIs(context, x)], permOf(x), attributes(context.attrs));
  };

/** Operators on two tensors, broadcast: their axes are brought to the same order. */
const binary =
  (type: string): Emit =>
  (context) => {
    const { args, operands } = context;
    const widest = args.reduce((most, one) => (rankOf(one) > rankOf(most) ? one : most));
    const alike = args.every((one) => rankOf(one) === rankOf(widest) || rankOf(one) === 0);
    const lives = args.find((one) => one.kind === 'live' && rankOf(one) === rankOf(widest));
    const perm = alike && lives ? permOf(lives) : identity(rankOf(widest));
    const names = args.map((one) =>
      rankOf(one) === 0
        ? asIs(context, one)
        : operands.inOrder(one, alike ? perm : identity(rankOf(one))),
    );
    return made(context, type, names, perm);
  };

/** Operators that give truth values, as 1 and 0. */
const truth =
  (type: string, cast: 'both' | 'result'): Emit =>
  (context) => {
    const { writer, name } = context;
    const asked =
      cast === 'result'
        ? context
        : {
            ...context,
            args: context.args.map((arg, i): Operand => {
              const perm = permOf(arg);
              const given = asIs(context, arg);
              const bool = writer.node('Cast', `${name}/bool${i}`, [given], { to: BOOL });
              return { kind: 'live', name: bool, perm, batched: context.batched };
            }),
          };
    const result = binary(type)({ ...asked, name: `${name}/${type}` }) as Live;
    return made(context, 'Cast', [result.name], result.perm, { to: FLOAT });
  };

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

const reduce =
  (type: string): Emit =>
  (context) => {
    const { attrs, writer } = context;
    const [x] = context.args;
    const perm = permOf(x);
    const axes = (attrs.axes as Numbers).map((axis) => perm[axis < 0 ? axis + perm.length : axis]);
    const keepdims = attrs.keepDims === true ? 1 : 0;
    // Axes became an input with opset 13 for the sum, with 18 for the others.
    const input = type === 'ReduceSum' || writer.opset >= 18;
    const left = perm.filter((axis) => !axes.includes(axis));
    const sorted = [...left].sort((a, b) => a - b);
    return made(
      context,
      type,
      [asIs(context, x), ...(input ? [writer.ints(axes)] : [])],
      keepdims ? perm : left.map((axis) => sorted.indexOf(axis)),
      { keepdims, ...(!input && { axes }) },
    );
  };

const along =
  (type: string, more: (attrs: Attrs) => AttributeValues = () => ({})): Emit =>
  (context) => {
    const [x] = context.args;
    const perm = permOf(x);
    const axis = context.attrs.axis as number;
    const at = perm[axis < 0 ? axis + perm.length : axis];
    return made(context, type, [asIs(context, x)], perm, { axis: at, ...more(context.attrs) });
  };

const image = (
  context: EmitContext,
  type: string,
  inputs: readonly string[],
  attributes: AttributeValues,
) =>
  made(
    context,
    type,
    [context.operands.channelsFirst(context.args[0]), ...inputs],
    firstOrder(4),
    attributes,
  );

/** `pads` as [top, left, bottom, right], which is ONNX's order too. */
function windowOf(attrs: Attrs): AttributeValues {
  const { strides, pads, dilations } = attrs as Record<string, Numbers | undefined>;
  return { strides: strides ?? [1, 1], pads: pads ?? [0, 0, 0, 0], dilations: dilations ?? [1, 1] };
}

const pool =
  (type: 'MaxPool' | 'AveragePool'): Emit =>
  (context) => {
    const { attrs } = context;
    const { dilations, ...window } = windowOf({ strides: attrs.size, ...attrs });
    return image(context, type, [], {
      kernel_shape: attrs.size as Numbers,
      ...window,
      ...(type === 'MaxPool'
        ? { dilations }
        : { count_include_pad: attrs.countIncludePad === true ? 1 : 0 }),
    });
  };

const clip: Emit = (context) => {
  const { attrs, writer } = context;
  const [x] = context.args;
  const limits = [
    writer.scalar(numberOf(attrs, 'low', 0)),
    writer.scalar(numberOf(attrs, 'high', 6)),
  ];
  return made(context, 'Clip', [asIs(context, x), ...limits], permOf(x));
};

/** scale·x + shift. */
const affine: Emit = (context) => {
  const { attrs, writer, name } = context;
  const [x] = context.args;
  const [scale, shift] = [numberOf(attrs, 'scale', 1), numberOf(attrs, 'shift', 0)];
  const given = asIs(context, x);
  if (shift === 0) return made(context, 'Mul', [given, writer.scalar(scale)], permOf(x));
  const product =
    scale === 1 ? given : writer.node('Mul', `${name}/scale`, [given, writer.scalar(scale)]);
  return made(context, 'Add', [product, writer.scalar(shift)], permOf(x));
};

/** x·Φ(x), by operators that every opset has. */
const gelu: Emit = (context) => {
  const { writer, name } = context;
  const [x] = context.args;
  const given = asIs(context, x);
  const scaled = writer.node('Mul', `${name}/scaled`, [given, writer.scalar(Math.SQRT1_2)]);
  const erf = writer.node('Erf', `${name}/erf`, [scaled]);
  const more = writer.node('Add', `${name}/more`, [erf, writer.scalar(1)]);
  const twice = writer.node('Mul', `${name}/twice`, [given, more]);
  return made(context, 'Mul', [twice, writer.scalar(0.5)], permOf(x));
};

const geluTanh: Emit = (context) => {
  const { writer, name } = context;
  const [x] = context.args;
  const given = asIs(context, x);
  const part = (type: string, suffix: string, inputs: readonly string[]) =>
    writer.node(type, `${name}/${suffix}`, inputs);
  const square = part('Mul', 'square', [given, given]);
  const cube = part('Mul', 'cube', [square, given]);
  const small = part('Mul', 'small', [cube, writer.scalar(0.044715)]);
  const sum = part('Add', 'sum', [given, small]);
  const inner = part('Mul', 'inner', [sum, writer.scalar(Math.sqrt(2 / Math.PI))]);
  const more = part('Add', 'more', [part('Tanh', 'tanh', [inner]), writer.scalar(1)]);
  const twice = part('Mul', 'twice', [given, more]);
  return made(context, 'Mul', [twice, writer.scalar(0.5)], permOf(x));
};

const silu: Emit = (context) => {
  const { writer, name } = context;
  const [x] = context.args;
  const given = asIs(context, x);
  const share = writer.node('Sigmoid', `${name}/sigmoid`, [given]);
  return made(context, 'Mul', [given, share], permOf(x));
};

/** By axis of the ONNX tensor. */
const byAxis = (perm: Numbers, values: Numbers): number[] =>
  perm.map((_, at) => values[perm.indexOf(at)]);

const pad: Emit = (context) => {
  const { attrs, writer } = context;
  const [x] = context.args;
  const perm = permOf(x);
  const {
    before,
    after,
    mode = 'constant',
    value = 0,
  } = attrs as {
    before: Numbers;
    after: Numbers;
    mode?: string;
    value?: number;
  };
  const how: Readonly<Record<string, string>> = {
    constant: 'constant',
    reflect: 'reflect',
    replicate: 'edge',
    wrap: 'wrap',
  };
  if (!Object.hasOwn(how, mode) || (mode === 'wrap' && writer.opset < 19)) {
    throw inexpressible(context.node, `padding of mode ${mode}`);
  }
  const pads = writer.ints([...byAxis(perm, before), ...byAxis(perm, after)]);
  const constant = mode === 'constant' && value !== 0 ? [writer.scalar(value)] : [];
  return made(context, 'Pad', [asIs(context, x), pads, ...constant], perm, { mode: how[mode] });
};

const slice: Emit = (context) => {
  const { attrs, writer, node } = context;
  const [x] = context.args;
  const perm = permOf(x);
  const { shape } = node.inputs[0];
  const { starts, sizes, steps = shape.map(() => 1) } = attrs as Record<string, Numbers>;
  const cut = shape.flatMap((extent, axis) =>
    (axis === 0 && context.batched) || (sizes[axis] === extent && steps[axis] === 1) ? [] : [axis],
  );
  if (!cut.length) return { ...x };
  // Before the first element a step back has no number of its own.
  const ends = cut.map((axis) => {
    const end = starts[axis] + sizes[axis] * steps[axis];
    return end < 0 ? -(2 ** 31) : end;
  });
  const lists = [cut.map((axis) => starts[axis]), ends, cut.map((axis) => perm[axis])];
  const inputs = [...lists, cut.map((axis) => steps[axis])].map((list) => writer.ints(list));
  return made(context, 'Slice', [asIs(context, x), ...inputs], perm);
};

const resize: Emit = (context) => {
  const { attrs, writer, node } = context;
  const {
    size,
    mode = 'bilinear',
    coordinates = 'halfPixel',
  } = attrs as {
    size: Numbers;
    mode?: string;
    coordinates?: string;
  };
  const [, height, width] = node.inputs[0].shape;
  const how = { halfPixel: 'half_pixel', alignCorners: 'align_corners', asymmetric: 'asymmetric' };
  // Scales, not sizes: those would have the batch among them.
  const scales = Float32Array.of(1, 1, size[0] / height, size[1] / width);
  const exact = [0, 1].every(
    (i) => Math.floor(Math.fround(scales[i + 2]) * [height, width][i]) === size[i],
  );
  if (!exact) throw inexpressible(node, `resizing of ${height}×${width} to ${size.join('×')}`);
  const named = writer.initializer(`${context.name}/scales`, 'float', [4], scales);
  return image(context, 'Resize', ['', named], {
    mode: mode === 'bilinear' ? 'linear' : 'nearest',
    coordinate_transformation_mode: how[coordinates as 'halfPixel'],
    ...(mode === 'nearest' && {
      // Of two pixels as near this runtime takes the later one.
      nearest_mode: coordinates === 'asymmetric' ? 'floor' : 'round_prefer_ceil',
    }),
  });
};

const reshape: Emit = (context) => {
  const { writer, node, operands, batched } = context;
  const { shape } = node.outputs[0];
  // 0 is the extent that the input has there.
  const target = batched ? [0, ...shape.slice(1)] : shape;
  const inputs = [operands.plain(context.args[0]), writer.ints(target)];
  return made(context, 'Reshape', inputs, identity(shape.length));
};

const broadcastTo: Emit = (context) => {
  const { writer, node, operands } = context;
  const { shape } = node.outputs[0];
  const target = context.batched ? [1, ...shape.slice(1)] : shape;
  const inputs = [operands.plain(context.args[0]), writer.ints(target)];
  return made(context, 'Expand', inputs, identity(shape.length));
};

const concat: Emit = (context) => {
  const { args, attrs, operands } = context;
  const perm = permOf(args.find(({ kind }) => kind === 'live') ?? args[0]);
  const axis = attrs.axis as number;
  const at = perm[axis < 0 ? axis + perm.length : axis];
  const parts = args.map((one) => operands.inOrder(one, perm));
  return made(context, 'Concat', parts, perm, { axis: at });
};

const gather: Emit = (context) => {
  const { args, attrs, operands, node } = context;
  const axis = numberOf(attrs, 'axis', 0);
  const inputs = [operands.plain(args[0]), asIs(context, args[1])];
  return made(context, 'Gather', inputs, identity(node.outputs[0].shape.length), { axis });
};

const matmul: Emit = (context) => {
  const { args, attrs, operands, node } = context;
  const flags = [attrs.transposeA === true, attrs.transposeB === true];
  const names = args.map((one, i) => {
    const rank = rankOf(one);
    const order = identity(rank);
    if (flags[i]) [order[rank - 2], order[rank - 1]] = [rank - 1, rank - 2];
    return operands.inOrder(one, order);
  });
  return made(context, 'MatMul', names, identity(node.outputs[0].shape.length));
};

const prelu: Emit = (context) => {
  const { args, operands } = context;
  const [x, slope] = args;
  const perm = permOf(x);
  if (slope.kind === 'known' && slope.shape.length === 1 && slope.shape[0] > 1) {
    // A slope for each channel, against the channels-first tensor.
    const extents = perm.map((_, at) =>
      perm.indexOf(at) === perm.length - 1 ? slope.shape[0] : 1,
    );
    const shape = extents.slice(1);
    const shaped: Known = { ...slope, shape };
    const name = operands.known(shaped, identity(shape.length));
    return made(context, 'PRelu', [asIs(context, x), name], perm);
  }
  return made(context, 'PRelu', [operands.plain(x), operands.plain(slope)], identity(perm.length));
};

const layerNorm: Emit = (context) => {
  const { args, attrs, operands } = context;
  const rank = rankOf(args[0]);
  return made(
    context,
    'LayerNormalization',
    args.map((one) => operands.plain(one)),
    identity(rank),
    {
      axis: rank - (attrs.dims as number),
      epsilon: float(attrs.epsilon as number),
    },
  );
};

const groupNorm: Emit = (context) => {
  const { args, attrs, operands, node } = context;
  const [x, gamma, beta] = args;
  const rank = rankOf(x);
  const [channels] = node.inputs[0].shape.slice(-1);
  const instance = attrs.groups === channels && rank > 2;
  const inputs = [operands.channelsFirst(x), operands.plain(gamma), operands.plain(beta)];
  return made(
    context,
    instance ? 'InstanceNormalization' : 'GroupNormalization',
    inputs,
    firstOrder(rank),
    {
      epsilon: float(attrs.epsilon as number),
      ...(!instance && { num_groups: attrs.groups as number }),
    },
  );
};

const alpha = (fallback: number) => (attrs: Attrs) => ({
  alpha: float(numberOf(attrs, 'alpha', fallback)),
});

/** What is no weight layer. */
export const FUNCTIONS: Readonly<Record<string, Emit>> = {
  relu: unary('Relu'),
  clip,
  leakyRelu: unary('LeakyRelu', alpha(0.01)),
  elu: unary('Elu', alpha(1)),
  selu: unary('Selu', (attrs) => ({
    alpha: float(numberOf(attrs, 'alpha', 1.6732632423543772)),
    gamma: float(numberOf(attrs, 'scale', 1.0507009873554805)),
  })),
  gelu,
  geluTanh,
  silu,
  hardSwish: unary('HardSwish'),
  hardSigmoid: unary('HardSigmoid', (attrs) => ({
    alpha: float(numberOf(attrs, 'alpha', 1 / 6)),
    beta: float(numberOf(attrs, 'beta', 0.5)),
  })),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  softplus: unary('Softplus'),
  softsign: unary('Softsign'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  abs: unary('Abs'),
  square: (context) => {
    const [x] = context.args;
    const given = asIs(context, x);
    return made(context, 'Mul', [given, given], permOf(x));
  },
  affine,
  reciprocal: unary('Reciprocal'),
  erf: unary('Erf'),
  floor: unary('Floor'),
  ceil: unary('Ceil'),
  round: unary('Round'),
  sign: unary('Sign'),
  sin: unary('Sin'),
  cos: unary('Cos'),
  tan: unary('Tan'),
  asin: unary('Asin'),
  acos: unary('Acos'),
  atan: unary('Atan'),
  sinh: unary('Sinh'),
  cosh: unary('Cosh'),
  asinh: unary('Asinh'),
  acosh: unary('Acosh'),
  atanh: unary('Atanh'),
  isNaN: truth('IsNaN', 'result'),
  isInf: truth('IsInf', 'result'),
  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Mul'),
  div: binary('Div'),
  pow: binary('Pow'),
  max: binary('Max'),
  min: binary('Min'),
  equal: truth('Equal', 'result'),
  greater: truth('Greater', 'result'),
  greaterOrEqual: truth('GreaterOrEqual', 'result'),
  and: truth('And', 'both'),
  or: truth('Or', 'both'),
  xor: truth('Xor', 'both'),
  softmax: along('Softmax'),
  logSoftmax: along('LogSoftmax'),
  argMax: (context) => {
    const [x] = context.args;
    const axis = context.attrs.axis as number;
    const rank = rankOf(x);
    return made(context, 'ArgMax', [context.operands.plain(x)], identity(rank - 1), {
      axis: axis < 0 ? axis + rank : axis,
      keepdims: 0,
    });
  },
  reduceSum: reduce('ReduceSum'),
  reduceMean: reduce('ReduceMean'),
  reduceMax: reduce('ReduceMax'),
  reduceMin: reduce('ReduceMin'),
  reduceProd: reduce('ReduceProd'),
  maxPool2d: pool('MaxPool'),
  avgPool2d: pool('AveragePool'),
  resize,
  pad,
  slice,
  concat,
  gather,
  matmul,
  batchMatmul: matmul,
  reshape,
  broadcastTo,
  transpose: (context) => {
    const [x] = context.args;
    const perm = (context.attrs.perm as Numbers).map((axis) => permOf(x)[axis]);
    if (x.kind === 'live') return { ...x, perm };
    return live(context, asIs(context, x), perm);
  },
  cast: (context) => {
    const [x] = context.args;
    const to = context.attrs.to === 'i32' ? INT64 : FLOAT;
    const integer = context.node.inputs[0].dtype === 'i32';
    return integer === (to === INT64)
      ? x
      : made(context, 'Cast', [asIs(context, x)], permOf(x), { to });
  },
  prelu,
  layerNorm,
  groupNorm,
};

export { windowOf };

export function inexpressible(node: Node, found: string): FormatError {
  return new FormatError({
    where: `layer "${node.name}"`,
    rule: 'it has an operator of ONNX',
    found,
    remedy: 'Replace the layer, or keep the model as a config and safetensors.',
  });
}
