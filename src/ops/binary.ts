import { broadcastShapes, type Shape, sameShape, sizeOf, stridesOf } from '../core/shape';
import type { TensorType, Value } from '../ir/graph';
import {
  elemOf,
  gridOf,
  type Lowering,
  type NodeBuilder,
  type OpDef,
  type Param,
  read,
  u32,
  write,
} from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';

/** The gradients of the operands, before they are summed to their shapes; made where wanted. */
type Gradients = (
  g: NodeBuilder,
  a: Value,
  b: Value,
  dy: Value,
  y: Value,
) => [() => Value, () => Value];

/** A function of two numbers, and its number in `shaders/binary.wgsl`. */
interface Binary {
  readonly kind: number;
  readonly summary: string;
  readonly f: (a: number, b: number) => number;
  /** None where the slope is zero. */
  readonly gradients?: Gradients;
  /** It compares integers too, and gives f32. */
  readonly integers?: true;
}

const negative = (g: NodeBuilder, x: Value) => g.op('affine', [x], { scale: -1 });

/** The gradient of the larger (or smaller) operand; of equal ones the first. */
const oneOfBoth =
  (ahead: 'greater' | 'less'): Gradients =>
  (g, a, b, dy) => {
    const [x, y] = ahead === 'greater' ? [a, b] : [b, a];
    return [
      () => g.op('mul', [dy, g.op('greaterOrEqual', [x, y])]),
      () => g.op('mul', [dy, g.op('greater', [y, x])]),
    ];
  };

const TABLE: Readonly<Record<string, Binary>> = {
  add: {
    kind: 0,
    summary: 'a + b, broadcasting',
    f: (a, b) => a + b,
    gradients: (_g, _a, _b, dy) => [() => dy, () => dy],
  },
  sub: {
    kind: 1,
    summary: 'a − b, broadcasting',
    f: (a, b) => a - b,
    gradients: (g, _a, _b, dy) => [() => dy, () => negative(g, dy)],
  },
  mul: {
    kind: 2,
    summary: 'a·b, broadcasting',
    f: (a, b) => a * b,
    gradients: (g, a, b, dy) => [() => g.op('mul', [dy, b]), () => g.op('mul', [dy, a])],
  },
  div: {
    kind: 3,
    summary: 'a/b, broadcasting',
    f: (a, b) => a / b,
    gradients: (g, a, b, dy) => [
      () => g.op('div', [dy, b]),
      () => negative(g, g.op('div', [g.op('mul', [dy, a]), g.op('square', [b])])),
    ],
  },
  pow: {
    kind: 4,
    summary: 'aᵇ, broadcasting',
    // JavaScript alone has it that 1^NaN is NaN.
    f: (a, b) => (a === 1 ? 1 : a ** b),
    gradients: (g, a, b, dy, y) => [
      () => {
        const slope = g.op('pow', [a, g.op('affine', [b], { scale: 1, shift: -1 })]);
        // Where b is 0 the slope is 0, even that of 0⁰.
        const masked = g.op('where', [b, g.op('mul', [b, slope]), g.fill(0, { ...b, shape: [] })]);
        return g.op('mul', [dy, masked]);
      },
      () => {
        // 0ᵇ does not change with b.
        const positive = g.op('add', [a, g.op('equal', [a, g.fill(0, { ...a, shape: [] })])]);
        return g.op('mul', [dy, g.op('mul', [y, g.op('log', [positive])])]);
      },
    ],
  },
  max: {
    kind: 5,
    summary: 'the larger of a and b, broadcasting',
    f: Math.max,
    gradients: oneOfBoth('greater'),
  },
  min: {
    kind: 6,
    summary: 'the smaller of a and b, broadcasting',
    f: Math.min,
    gradients: oneOfBoth('less'),
  },
  equal: {
    kind: 7,
    summary: '1 where a = b, else 0, broadcasting; integers too',
    f: (a, b) => +(a === b),
    integers: true,
  },
  greater: {
    kind: 8,
    summary: '1 where a > b, else 0, broadcasting; integers too',
    f: (a, b) => +(a > b),
    integers: true,
  },
  greaterOrEqual: {
    kind: 9,
    summary: '1 where a ≥ b, else 0, broadcasting; integers too',
    f: (a, b) => +(a >= b),
    integers: true,
  },
  and: {
    kind: 10,
    summary: '1 where neither is 0, broadcasting',
    f: (a, b) => +(a !== 0 && b !== 0),
  },
  or: {
    kind: 11,
    summary: '1 where not both are 0, broadcasting',
    f: (a, b) => +(a !== 0 || b !== 0),
  },
  xor: {
    kind: 12,
    summary: '1 where one alone is 0, broadcasting',
    f: (a, b) => +((a !== 0) !== (b !== 0)),
  },
};

export const binaryOps: OpDef[] = Object.entries(TABLE).map(([name, op]) => binaryOp(name, op));

function binaryOp(name: string, { kind, summary, f, gradients, integers }: Binary): OpDef {
  const whole = (inputs: readonly TensorType[]) =>
    integers && inputs.every(({ dtype }) => dtype === 'i32');
  return {
    name,
    summary,
    infer(inputs, _attrs, where) {
      checkCount(inputs, 2, where);
      if (!whole(inputs)) checkFloat(inputs, where);
      const shape = broadcastShapes(inputs[0].shape, inputs[1].shape, where);
      return [{ dtype: whole(inputs) ? 'f32' : inputs[0].dtype, shape }];
    },
    reference([a, b], { inputs, outputs }) {
      const { shape } = outputs[0];
      const [strides, aStrides, bStrides] = [
        stridesOf(shape),
        broadcastStrides(inputs[0].shape, shape),
        broadcastStrides(inputs[1].shape, shape),
      ];
      const out = new Float64Array(sizeOf(shape));
      for (let i = 0; i < out.length; i++) {
        let [at, bt] = [0, 0];
        for (let axis = 0; axis < shape.length; axis++) {
          const index = Math.floor(i / strides[axis]) % shape[axis];
          at += index * aStrides[axis];
          bt += index * bStrides[axis];
        }
        out[i] = f(a[at], b[bt]);
      }
      return [out];
    },
    lower({ inputs, outputs, adapter }) {
      const size = sizeOf(outputs[0].shape);
      const same = sameShape(inputs[0].shape, inputs[1].shape) && size % 4 === 0 && !whole(inputs);
      const count = same ? size / 4 : size;
      const lowering: Lowering = {
        name: same ? 'same4' : 'broadcast',
        dispatches: [
          {
            kernel: 'binary',
            entry: same ? 'same4' : whole(inputs) ? 'integers' : 'main',
            elem: elemOf(outputs[0].dtype),
            constants: { kind },
            params: broadcastParams(count, inputs, outputs[0].shape),
            bindings: [read(0), read(1), write(0)],
            workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
            flops: size,
          },
        ],
      };
      return [lowering];
    },
    gradient({ g, node, dOutputs: [dy], wanted }) {
      const [a, b] = node.inputs;
      return [0, 1].map((i) => {
        const made = wanted[i] && gradients?.(g, a, b, dy!, node.outputs[0])[i]();
        return made ? sumTo(g, made, node.inputs[i].shape) : undefined;
      });
    },
  };
}

/** Strides of a tensor as it is repeated to `shape`: 0 along repeated axes. */
export function broadcastStrides(from: Shape, shape: Shape): number[] {
  const strides = stridesOf(from);
  const offset = shape.length - from.length;
  return shape.map((_, axis) => {
    const own = axis - offset;
    return own < 0 || from[own] === 1 ? 0 : strides[own];
  });
}

/** Sums a gradient over the axes that broadcasting repeated. */
export function sumTo(g: NodeBuilder, gradient: Value, shape: Shape): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const offset = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((extent, axis) =>
    axis < offset || (shape[axis - offset] === 1 && extent > 1) ? [axis] : [],
  );
  const summed = axes.length ? g.op('reduceSum', [gradient], { axes, keepDims: true }) : gradient;
  return sameShape(summed.shape, shape) ? summed : g.op('reshape', [summed], { shape });
}

function broadcastParams(count: number, inputs: readonly TensorType[], shape: Shape): Param[] {
  const merged = mergeAxes(
    shape,
    inputs.map((input) => broadcastStrides(input.shape, shape)),
  );
  const words = (values: readonly number[]) =>
    Array.from({ length: 8 }, (_, i) => u32(values[values.length - 1 - i] ?? 0));
  // rank, then two words of padding: arrays of vec4 are aligned to 16 bytes.
  return [
    u32(count),
    u32(merged.shape.length),
    u32(0),
    u32(0),
    ...words(merged.shape),
    ...merged.strides.flatMap(words),
  ];
}

/** Merges neighbouring axes along which every operand is contiguous: less index arithmetic. */
export function mergeAxes(shape: Shape, strides: readonly (readonly number[])[]) {
  const outShape: number[] = [];
  const outStrides: number[][] = strides.map(() => []);
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = outShape.length - 1;
    const contiguous =
      last >= 0 && strides.every((s, i) => outStrides[i][last] === s[axis] * extent);
    if (contiguous) {
      outShape[last] *= extent;
      for (const [i, s] of strides.entries()) outStrides[i][last] = s[axis];
    } else {
      outShape.push(extent);
      for (const [i, s] of strides.entries()) outStrides[i].push(s[axis]);
    }
  });
  return { shape: outShape, strides: outStrides };
}
