import { GraphError } from '../../core/errors';
import type { Attrs, Graph, Node, Value } from '../../ir/graph';
import {
  asChannelsFirst,
  asPlain,
  atom,
  channelsFirst,
  type Expression,
  inOrderOf,
  literal,
  plain,
  tuple,
} from './expression';

type Numbers = readonly number[];
type Emit = (args: readonly Expression[], node: Node) => Expression;

/** One number at a time: the axes stay where they are. */
const unary =
  (code: (x: string, attrs: Attrs) => string): Emit =>
  ([x], { attrs }) => ({ code: code(x.code, attrs), perm: x.perm });

const call = (name: string) => unary((x) => `${name}(${x})`);

/** Two tensors, broadcast: their axes are brought to the same order. */
const binary =
  (code: (a: string, b: string) => string): Emit =>
  ([a, b], node) => {
    const scalar = (value: Value) => value.shape.length === 0;
    if (scalar(node.inputs[1])) return { code: code(a.code, b.code), perm: a.perm };
    if (scalar(node.inputs[0])) return { code: code(a.code, b.code), perm: b.perm };
    if (a.perm.length === b.perm.length) {
      return { code: code(a.code, inOrderOf(b, a)), perm: a.perm };
    }
    const rank = node.outputs[0].shape.length;
    return plain(code(asPlain(a), asPlain(b)), rank);
  };

const infix = (sign: string) => binary((a, b) => `${atom(a)} ${sign} ${atom(b)}`);
const compare = (sign: string) => binary((a, b) => `(${atom(a)} ${sign} ${atom(b)}).float()`);
const number = (attrs: Attrs, name: string, fallback: number) =>
  literal((attrs[name] as number | undefined) ?? fallback);

const reduce =
  (code: (x: string, dims: string, keep: string) => string): Emit =>
  ([x], { attrs, inputs }) => {
    const rank = inputs[0].shape.length;
    const axes = (attrs.axes as Numbers).map((axis) => (axis < 0 ? axis + rank : axis));
    const keep = attrs.keepDims === true;
    const dims = axes.map((axis) => x.perm[axis]);
    const result = code(x.code, tuple(dims, false), keep ? 'True' : 'False');
    if (keep) return { code: result, perm: x.perm };
    const left = x.perm.filter((axis) => !dims.includes(axis));
    const sorted = [...left].sort((a, b) => a - b);
    return { code: result, perm: left.map((axis) => sorted.indexOf(axis)) };
  };

const along =
  (code: (x: string, dim: number) => string): Emit =>
  ([x], { attrs, inputs }) => {
    const axis = attrs.axis as number;
    const dim = x.perm[axis < 0 ? axis + inputs[0].shape.length : axis];
    return { code: code(x.code, dim), perm: x.perm };
  };

/** `before` and `after` by axis, as `F.pad` wants them: from the last axis on. */
function padding(x: Expression, before: Numbers, after: Numbers): string {
  const byAxis = x.perm.map((_, axis) => x.perm.indexOf(axis)).reverse();
  const list = byAxis.flatMap((axis) => [before[axis], after[axis]]);
  while (list.length && list.slice(-2).every((n) => n === 0)) list.length -= 2;
  return `(${list.join(', ')})`;
}

const pad: Emit = ([x], { attrs, inputs }) => {
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
  if (mode === 'constant') {
    return {
      code: `F.pad(${x.code}, ${padding(x, before, after)}, value=${literal(value)})`,
      perm: x.perm,
    };
  }
  const rank = inputs[0].shape.length;
  const first = { code: asChannelsFirst(x), perm: channelsFirst('', rank).perm };
  const how = mode === 'edge' ? 'replicate' : mode === 'wrap' ? 'circular' : mode;
  return {
    code: `F.pad(${first.code}, ${padding(first, before, after)}, mode='${how}')`,
    perm: first.perm,
  };
};

/** An image with rows and columns around it, channels first. */
function framed(x: string, [top, left, bottom, right]: Numbers, value: string): string {
  return `F.pad(${x}, (${left}, ${right}, ${top}, ${bottom})${value === '0' ? '' : `, value=${value}`})`;
}

const pool =
  (largest: boolean): Emit =>
  ([x], { attrs }) => {
    const {
      size,
      strides = size,
      pads = [0, 0, 0, 0],
      dilations = [1, 1],
    } = attrs as Record<string, Numbers>;
    const first = asChannelsFirst(x);
    const [top, left, bottom, right] = pads;
    const within = top === bottom && left === right && top * 2 <= size[0] && left * 2 <= size[1];
    const window = `${tuple(size)}, stride=${tuple(strides)}`;
    const made = (code: string) => channelsFirst(code, 4);
    const inside = within && top + left > 0 ? `, padding=${tuple([top, left])}` : '';
    if (largest) {
      const spread = dilations.some((n) => n > 1) ? `, dilation=${tuple(dilations)}` : '';
      const image = within ? first : framed(first, pads, "float('-inf')");
      return made(`F.max_pool2d(${image}, ${window}${inside}${spread})`);
    }
    const all = attrs.countIncludePad === true;
    if (within) {
      const count = inside && !all ? ', count_include_pad=False' : '';
      return made(`F.avg_pool2d(${first}, ${window}${inside}${count})`);
    }
    const sum = `F.avg_pool2d(${framed(first, pads, '0')}, ${window})`;
    if (all) return made(sum);
    const share = `F.avg_pool2d(${framed(`torch.ones_like(${first})`, pads, '0')}, ${window})`;
    return made(`${sum} / ${share}`);
  };

const resize: Emit = ([x], node) => {
  const {
    size,
    mode = 'bilinear',
    coordinates = 'halfPixel',
  } = node.attrs as {
    size: Numbers;
    mode?: string;
    coordinates?: string;
  };
  const how: Readonly<Record<string, string>> = {
    'nearest halfPixel': "mode='nearest-exact'",
    'nearest asymmetric': "mode='nearest'",
    'bilinear halfPixel': "mode='bilinear', align_corners=False",
    'bilinear alignCorners': "mode='bilinear', align_corners=True",
  };
  const options = how[`${mode} ${coordinates}`];
  if (!options) throw inexpressible(node, `${mode} resizing with ${coordinates} coordinates`);
  return channelsFirst(
    `F.interpolate(${asChannelsFirst(x)}, size=${tuple(size, false)}, ${options})`,
    4,
  );
};

const slice: Emit = ([x], { attrs, inputs }) => {
  const { starts, sizes, steps } = attrs as { starts: Numbers; sizes: Numbers; steps?: Numbers };
  const { shape } = inputs[0];
  const backwards = shape.flatMap((_, axis) => ((steps?.[axis] ?? 1) < 0 ? [axis] : []));
  const parts = x.perm.map((_, at) => {
    const axis = x.perm.indexOf(at);
    const step = steps?.[axis] ?? 1;
    const last = starts[axis] + (sizes[axis] - 1) * step;
    // PyTorch has no negative steps: the elements are taken in order, then turned around.
    const [from, to] = step < 0 ? [last, starts[axis] + 1] : [starts[axis], last + 1];
    const whole = from === 0 && sizes[axis] === shape[axis] && Math.abs(step) === 1;
    if (axis === 0 || whole) return ':';
    return `${from}:${to}${Math.abs(step) === 1 ? '' : `:${Math.abs(step)}`}`;
  });
  while (parts.length > 1 && parts[parts.length - 1] === ':') parts.pop();
  const taken = parts.every((part) => part === ':')
    ? x.code
    : `${atom(x.code)}[${parts.join(', ')}]`;
  const turned = backwards.map((axis) => x.perm[axis]);
  return {
    code: turned.length ? `torch.flip(${taken}, ${tuple(turned, false)})` : taken,
    perm: x.perm,
  };
};

/** An op of the graph as a PyTorch expression. */
const EMIT: Readonly<Record<string, Emit>> = {
  relu: call('F.relu'),
  clip: unary((x, a) =>
    a.low === 0 && a.high === 6
      ? `F.relu6(${x})`
      : `torch.clamp(${x}, ${number(a, 'low', 0)}, ${number(a, 'high', 6)})`,
  ),
  leakyRelu: unary((x, a) => `F.leaky_relu(${x}, ${number(a, 'alpha', 0.01)})`),
  elu: unary((x, a) => `F.elu(${x}, ${number(a, 'alpha', 1)})`),
  selu: call('F.selu'),
  gelu: call('F.gelu'),
  geluTanh: unary((x) => `F.gelu(${x}, approximate='tanh')`),
  silu: call('F.silu'),
  hardSwish: call('F.hardswish'),
  hardSigmoid: unary((x, a) =>
    a.alpha === undefined && a.beta === undefined
      ? `F.hardsigmoid(${x})`
      : `torch.clamp(${number(a, 'alpha', 1 / 6)} * ${atom(x)} + ${number(a, 'beta', 0.5)}, 0, 1)`,
  ),
  sigmoid: call('torch.sigmoid'),
  tanh: call('torch.tanh'),
  softplus: call('F.softplus'),
  softsign: call('F.softsign'),
  exp: call('torch.exp'),
  log: call('torch.log'),
  sqrt: call('torch.sqrt'),
  abs: call('torch.abs'),
  square: call('torch.square'),
  affine: unary((x, a) => {
    const scaled =
      a.scale === undefined || a.scale === 1 ? x : `${literal(a.scale as number)} * ${atom(x)}`;
    return a.shift ? `${scaled} + ${literal(a.shift as number)}` : scaled;
  }),
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  pow: binary((a, b) => `torch.pow(${a}, ${b})`),
  max: binary((a, b) => `torch.maximum(${a}, ${b})`),
  min: binary((a, b) => `torch.minimum(${a}, ${b})`),
  less: compare('<'),
  greater: compare('>'),
  softmax: along((x, dim) => `F.softmax(${x}, dim=${dim})`),
  logSoftmax: along((x, dim) => `F.log_softmax(${x}, dim=${dim})`),
  reduceSum: reduce((x, dims, keep) => `torch.sum(${x}, dim=${dims}, keepdim=${keep})`),
  reduceMean: reduce((x, dims, keep) => `torch.mean(${x}, dim=${dims}, keepdim=${keep})`),
  reduceMax: reduce((x, dims, keep) => `torch.amax(${x}, dim=${dims}, keepdim=${keep})`),
  maxPool2d: pool(true),
  avgPool2d: pool(false),
  resize,
  pad,
  slice,
  transpose: ([x], { attrs }) => ({
    code: x.code,
    perm: (attrs.perm as Numbers).map((axis) => x.perm[axis]),
  }),
  reshape: ([x], { outputs }) => {
    const { shape } = outputs[0];
    const rows = `${atom(asPlain(x))}.reshape(x.shape[0], ${shape.slice(1).join(', ')})`;
    return plain(
      shape.length === 1 ? `${atom(asPlain(x))}.reshape(x.shape[0])` : rows,
      shape.length,
    );
  },
  concat: (args, { attrs, inputs }) => {
    const axis = attrs.axis as number;
    const dim = args[0].perm[axis < 0 ? axis + inputs[0].shape.length : axis];
    const parts = args.map((arg) => inOrderOf(arg, args[0]));
    return { code: `torch.cat([${parts.join(', ')}], dim=${dim})`, perm: args[0].perm };
  },
  cast: ([x]) => x,
  prelu: ([x, alpha], { inputs }) =>
    x.perm.length > 1 && inputs[1].shape.length === 1
      ? channelsFirst(`F.prelu(${asChannelsFirst(x)}, ${alpha.code})`, x.perm.length)
      : x,
};

/**
 * The output of a layer's graph as one PyTorch expression; `known` has those of inputs and weights.
 * Throws a {@link GraphError} for an op that has none.
 */
export function expressionOf(
  { nodes, constants }: Graph,
  output: Value,
  known: Map<Value, Expression>,
): Expression {
  for (const { value, data } of constants) {
    const numbers = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
    if (value.dtype === 'f32' && numbers.length === 1) {
      known.set(value, plain(literal(numbers[0]), value.shape.length));
    }
  }
  for (const node of nodes) {
    const emit = Object.hasOwn(EMIT, node.op.name) ? EMIT[node.op.name] : undefined;
    const args = node.inputs.map((value) => known.get(value));
    if (!emit || args.some((arg) => !arg)) throw inexpressible(node, `the op ${node.op.name}`);
    known.set(node.outputs[0], emit(args as Expression[], node));
  }
  return known.get(output) as Expression;
}

function inexpressible(node: Node, found: string): GraphError {
  return new GraphError({
    where: `layer "${node.name}"`,
    rule: 'it has a PyTorch expression',
    found,
    remedy: 'Replace the layer, or export ONNX.',
  });
}
