// Cases of the WebNN conformance tests as graphs of this project's ops.
import { type Shape, sizeOf } from '../../src/core/shape';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Value } from '../../src/ir/graph';
import type { OpDef } from '../../src/ir/op';
import {
  affineOp,
  clipOp,
  eluOp,
  hardSigmoidOp,
  hardSwishOp,
  leakyReluOp,
  reluOp,
  sigmoidOp,
  softplusOp,
  tanhOp,
} from '../../src/ops/activations';
import { avgPool2dOp } from '../../src/ops/avg-pool';
import { batchMatmulOp } from '../../src/ops/batch-matmul';
import { batchNormInferenceOp } from '../../src/ops/batch-norm-inference';
import { addOp, divOp, greaterOp, mulOp, subOp } from '../../src/ops/binary';
import { concatOp } from '../../src/ops/concat';
import { conv2dOp, conv2dTransposeOp } from '../../src/ops/conv';
import { gatherOp } from '../../src/ops/gather';
import { groupNormOp } from '../../src/ops/group-norm';
import { layerNormOp } from '../../src/ops/layer-norm';
import { maxPool2dOp } from '../../src/ops/max-pool';
import { padOp } from '../../src/ops/pad';
import { reduceMeanOp } from '../../src/ops/reduce';
import { reshapeOp } from '../../src/ops/reshape';
import { resizeOp } from '../../src/ops/resize';
import { softmaxOp } from '../../src/ops/softmax';
import { transposeOp } from '../../src/ops/transpose';
import { whereOp } from '../../src/ops/where';

export interface WebnnTensor {
  readonly dtype: string;
  readonly shape: Shape;
  readonly data: readonly (number | string)[];
}

export interface WebnnCase {
  readonly id: string;
  readonly name: string;
  readonly dtype: string;
  readonly inputs: Readonly<Record<string, WebnnTensor>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly expected: WebnnTensor;
}

/** A graph under way, and the case that it is of. */
class Translation {
  readonly g = new GraphBuilder();
  readonly #inputs = new Map<string, Value>();

  constructor(readonly test: WebnnCase) {
    for (const [name, { shape }] of Object.entries(test.inputs)) {
      const dtype = name === 'indices' ? 'i32' : 'f32';
      this.#inputs.set(name, this.g.input(name, { dtype, shape }));
    }
  }

  get all(): Value[] {
    return [...this.#inputs.values()];
  }

  /** The first input, whatever it is called. */
  get x(): Value {
    return this.all[0];
  }

  input(name: string): Value | undefined {
    return this.#inputs.get(name);
  }

  number(name: string, fallback: number): number {
    const value = this.test.attrs[name];
    return value === undefined ? fallback : Number(value);
  }

  numbers<T>(name: string, fallback: T): number[] | T {
    return (this.test.attrs[name] as number[] | undefined) ?? fallback;
  }

  op(op: OpDef, inputs: readonly Value[], attrs = {}): Value {
    return this.g.op(op, inputs, attrs);
  }

  reshape(x: Value, shape: Shape): Value {
    return this.op(reshapeOp, [x], { shape });
  }

  transpose(x: Value, perm: Shape): Value {
    return this.op(transposeOp, [x], { perm });
  }

  /** `x`, whose axes are named by the letters of `from`, with those of `to`. */
  arrange(x: Value, from: string, to: string): Value {
    return from === to
      ? x
      : this.transpose(
          x,
          [...to].map((axis) => from.indexOf(axis)),
        );
  }

  /** `body` on an image in this project's layout, and back to the case's. */
  image(layout: unknown, body: (x: Value) => Value): Value {
    const own = (layout as string) ?? 'nchw';
    return this.arrange(body(this.arrange(this.x, own, 'nhwc')), 'nhwc', own);
  }

  /** The tensor of an option, or one filled with a number. */
  vector(name: string, fallback: number, shape: Shape): Value {
    return this.input(name) ?? this.g.fill(fallback, { dtype: 'f32', shape });
  }
}

type Translate = (t: Translation) => Value;

const unary =
  (op: OpDef, names: Readonly<Record<string, number>> = {}): Translate =>
  (t) =>
    t.op(
      op,
      [t.x],
      Object.fromEntries(
        Object.entries(names).map(([name, value]) => [name, t.number(name, value)]),
      ),
    );
const binary =
  (op: OpDef): Translate =>
  (t) =>
    t.op(op, t.all);

/** [top, left, bottom, right] of a window; WebNN lists them by axis. */
function padsOf(t: Translation, size: Shape, kernel: Shape, strides: Shape, dilations: Shape) {
  const auto = t.test.attrs.autoPad ?? 'explicit';
  if (auto === 'explicit') {
    const [top, bottom, left, right] = t.numbers('padding', [0, 0, 0, 0]);
    return [top, left, bottom, right];
  }
  const totals = [0, 1].map((axis) => {
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    const outputs = Math.ceil(size[axis] / strides[axis]);
    return Math.max(0, (outputs - 1) * strides[axis] + reach - size[axis]);
  });
  const lower = auto === 'same-lower';
  const before = totals.map((n) => (lower ? Math.ceil(n / 2) : Math.floor(n / 2)));
  return [...before, totals[0] - before[0], totals[1] - before[1]];
}

function conv(t: Translation): Value {
  const { attrs } = t.test;
  const w = t.arrange(t.input('filter')!, (attrs.filterLayout as string) ?? 'oihw', 'hwio');
  const strides = t.numbers('strides', [1, 1]);
  const dilations = t.numbers('dilations', [1, 1]);
  const y = t.image(attrs.inputLayout, (x) => {
    const pads = padsOf(t, x.shape.slice(1, 3), w.shape, strides, dilations);
    const bias = t.input('bias');
    const inputs = bias ? [x, w, bias] : [x, w];
    return t.op(conv2dOp, inputs, { strides, pads, dilations, groups: t.number('groups', 1) });
  });
  return attrs.activation === 'relu' ? t.op(reluOp, [y]) : y;
}

function convTranspose(t: Translation): Value {
  const { attrs } = t.test;
  // The kernel is kept as [h, w, filters/groups, channels].
  const layout = (attrs.filterLayout as string) ?? 'iohw';
  const w = t.arrange(t.input('filter')!, layout, 'hwoi');
  const strides = t.numbers('strides', [1, 1]);
  const dilations = t.numbers('dilations', [1, 1]);
  return t.image(attrs.inputLayout, (x) => {
    const pads = padsOf(t, x.shape.slice(1, 3), w.shape, strides, dilations);
    const sizes = attrs.outputSizes as number[] | undefined;
    const outputPadding = sizes
      ? sizes.map((size, axis) => {
          const reach = dilations[axis] * (w.shape[axis] - 1) + 1;
          const padding = pads[axis] + pads[axis + 2];
          return size - ((x.shape[axis + 1] - 1) * strides[axis] + reach - padding);
        })
      : t.numbers('outputPadding', [0, 0]);
    const bias = t.input('bias');
    const inputs = bias ? [x, w, bias] : [x, w];
    const groups = t.number('groups', 1);
    return t.op(conv2dTransposeOp, inputs, { strides, pads, dilations, groups, outputPadding });
  });
}

const pool =
  (op: OpDef): Translate =>
  (t) =>
    t.image(t.test.attrs.layout, (x) => {
      const image = x.shape.slice(1, 3);
      const size = t.numbers('windowDimensions', image);
      const strides = t.numbers('strides', [1, 1]);
      const dilations = t.numbers('dilations', [1, 1]);
      const pads = padsOf(t, image, size, strides, dilations);
      const { shape } = t.test.expected;
      const wanted = t.test.attrs.layout === 'nhwc' ? shape.slice(1, 3) : shape.slice(2);
      // Rounding up, or sizes that say so: as much more padding at the end.
      const more = wanted.map((n, axis) => {
        const reach = dilations[axis] * (size[axis] - 1) + 1;
        return (n - 1) * strides[axis] + reach - image[axis] - pads[axis] - pads[axis + 2];
      });
      const ends = [pads[2] + Math.max(more[0], 0), pads[3] + Math.max(more[1], 0)];
      const attrs = { size, strides, dilations, pads: [pads[0], pads[1], ...ends] };
      return t.op(op, [x], op === avgPool2dOp ? { ...attrs, countIncludePad: false } : attrs);
    });

function batchNorm(t: Translation): Value {
  const axis = t.number('axis', 1);
  const rest = t.x.shape.map((_, i) => i).filter((i) => i !== axis);
  const perm = [...rest, axis];
  const channels = [t.x.shape[axis]];
  const vectors = [
    t.vector('scale', 1, channels),
    t.vector('bias', 0, channels),
    t.input('mean')!,
    t.input('variance')!,
  ];
  const y = t.op(batchNormInferenceOp, [t.transpose(t.x, perm), ...vectors], {
    epsilon: t.number('epsilon', 1e-5),
  });
  return t.transpose(
    y,
    perm.map((_, i) => perm.indexOf(i)),
  );
}

function instanceNorm(t: Translation): Value {
  return t.image(t.test.attrs.layout, (x) => {
    const channels = x.shape.slice(-1);
    const vectors = [t.vector('scale', 1, channels), t.vector('bias', 0, channels)];
    const attrs = { groups: channels[0], epsilon: t.number('epsilon', 1e-5) };
    return t.op(groupNormOp, [x, ...vectors], attrs);
  });
}

function layerNorm(t: Translation): Value {
  const { shape } = t.x;
  const axes = t.numbers('axes', shape.map((_, axis) => axis).slice(1));
  const perm = [...shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)), ...axes];
  const own = axes.map((axis) => shape[axis]);
  const last = axes.length ? own : [1];
  // One row in front where all axes are normalised.
  const rows = [sizeOf(shape) / sizeOf(last), ...last];
  const x = t.reshape(t.transpose(t.x, perm), rows);
  const vectors = [t.vector('scale', 1, last), t.vector('bias', 0, last)];
  const attrs = { dims: last.length, epsilon: t.number('epsilon', 1e-5) };
  const y = t.op(layerNormOp, [x, ...vectors], attrs);
  const arranged = t.reshape(
    y,
    perm.map((axis) => shape[axis]),
  );
  return t.transpose(
    arranged,
    perm.map((_, i) => perm.indexOf(i)),
  );
}

function gemm(t: Translation): Value {
  const { aTranspose = false, bTranspose = false } = t.test.attrs;
  const flags = { transposeA: aTranspose, transposeB: bTranspose };
  const product = t.op(batchMatmulOp, [t.input('a')!, t.input('b')!], flags);
  const scaled = t.op(affineOp, [product], { scale: t.number('alpha', 1) });
  const c = t.input('c');
  return c ? t.op(addOp, [scaled, t.op(affineOp, [c], { scale: t.number('beta', 1) })]) : scaled;
}

function pad(t: Translation): Value {
  const { expected } = t.test;
  // Older cases have the paddings as an operand that was left out: both sides are the same there.
  const even = expected.shape.map((n, axis) => (n - t.x.shape[axis]) / 2);
  const { mode = 'constant' } = t.test.attrs;
  const modes: Record<string, string> = { edge: 'replicate', reflection: 'reflect' };
  return t.op(padOp, [t.x], {
    before: t.numbers('beginningPadding', even),
    after: t.numbers('endingPadding', even),
    mode: modes[mode as string] ?? mode,
    value: t.number('value', 0),
  });
}

/** Slopes of any shape, by the ops that prelu is made of. */
function prelu(t: Translation): Value {
  const [x, slope] = t.all;
  const positive = t.op(greaterOp, [x, t.g.scalar(0)]);
  return t.op(whereOp, [positive, x, t.op(mulOp, [x, slope])]);
}

function resample(t: Translation): Value {
  const axes = t.numbers('axes', [2, 3]);
  const others = t.x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [others[0], ...axes, others[1]];
  const size = axes.map((axis) => t.test.expected.shape[axis]);
  const mode = t.test.attrs.mode === 'linear' ? 'bilinear' : 'nearest';
  const y = t.op(resizeOp, [t.transpose(t.x, perm)], { size, mode, coordinates: 'halfPixel' });
  return t.transpose(
    y,
    perm.map((_, i) => perm.indexOf(i)),
  );
}

const reversed = (t: Translation) => t.x.shape.map((_, axis) => t.x.shape.length - 1 - axis);

const TABLE: Readonly<Record<string, Translate>> = {
  add: binary(addOp),
  sub: binary(subOp),
  mul: binary(mulOp),
  div: binary(divOp),
  averagePool2d: pool(avgPool2dOp),
  maxPool2d: pool(maxPool2dOp),
  batchNormalization: batchNorm,
  clamp: (t) =>
    t.op(clipOp, [t.x], {
      low: t.number('minValue', Number.NEGATIVE_INFINITY),
      high: t.number('maxValue', Number.POSITIVE_INFINITY),
    }),
  concat: (t) => t.op(concatOp, t.all, { axis: t.number('axis', 0) }),
  conv2d: conv,
  convTranspose2d: convTranspose,
  elu: unary(eluOp, { alpha: 1 }),
  gather: (t) => t.op(gatherOp, t.all, { axis: t.number('axis', 0) }),
  gemm,
  hardSigmoid: unary(hardSigmoidOp, { alpha: 0.2, beta: 0.5 }),
  hardSwish: unary(hardSwishOp),
  instanceNormalization: instanceNorm,
  layerNormalization: layerNorm,
  leakyRelu: unary(leakyReluOp, { alpha: 0.01 }),
  matmul: binary(batchMatmulOp),
  pad,
  prelu,
  reduceMean: (t) =>
    t.op(reduceMeanOp, [t.x], {
      axes: t.numbers(
        'axes',
        t.x.shape.map((_, axis) => axis),
      ),
      keepDims: t.test.attrs.keepDimensions === true,
    }),
  relu: unary(reluOp),
  resample2d: resample,
  reshape: (t) => t.reshape(t.x, t.test.expected.shape),
  sigmoid: unary(sigmoidOp),
  softmax: (t) => t.op(softmaxOp, [t.x], { axis: t.number('axis', -1) }),
  softplus: (t) => {
    const steepness = t.number('steepness', 1);
    const y = t.op(softplusOp, [t.op(affineOp, [t.x], { scale: steepness })]);
    return t.op(affineOp, [y], { scale: 1 / steepness });
  },
  squeeze: (t) => t.reshape(t.x, t.test.expected.shape),
  tanh: unary(tanhOp),
  transpose: (t) => t.transpose(t.x, t.numbers('permutation', reversed(t))),
};

/** The operators that there is a translation for. */
export const WEBNN_OPS = Object.keys(TABLE);

/** The case as a graph: inputs by their names, the output `y`. */
export function webnnGraph(op: string, test: WebnnCase): Graph {
  const translation = new Translation(test);
  translation.g.output('y', TABLE[op](translation));
  return translation.g.build();
}
