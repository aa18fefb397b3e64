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

type Gradients = (g: NodeBuilder, a: Value, b: Value, dy: Value) => [() => Value, () => Value];

const gradientsOf: Record<string, Gradients> = {
  add: (_g, _a, _b, dy) => [() => dy, () => dy],
  sub: (g, _a, _b, dy) => [() => dy, () => g.op('affine', [dy], { scale: -1 })],
  mul: (g, a, b, dy) => [() => g.op('mul', [dy, b]), () => g.op('mul', [dy, a])],
  div: (g, a, b, dy) => [
    () => g.op('div', [dy, b]),
    () => {
      const ratio = g.op('div', [g.op('mul', [dy, a]), g.op('square', [b])]);
      return g.op('affine', [ratio], { scale: -1 });
    },
  ],
};

export const binaryOps: OpDef[] = [
  binaryOp('add', 0, 'a + b, broadcasting', (a, b) => a + b),
  binaryOp('sub', 1, 'a − b, broadcasting', (a, b) => a - b),
  binaryOp('mul', 2, 'a·b, broadcasting', (a, b) => a * b),
  binaryOp('div', 3, 'a/b, broadcasting', (a, b) => a / b),
];

function binaryOp(
  name: string,
  kind: number,
  summary: string,
  f: (a: number, b: number) => number,
): OpDef {
  return {
    name,
    summary,
    infer(inputs, _attrs, where) {
      checkCount(inputs, 2, where);
      checkFloat(inputs, where);
      const shape = broadcastShapes(inputs[0].shape, inputs[1].shape, where);
      return [{ dtype: inputs[0].dtype, shape }];
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
      const same = sameShape(inputs[0].shape, inputs[1].shape) && size % 4 === 0;
      const count = same ? size / 4 : size;
      const lowering: Lowering = {
        name: same ? 'same4' : 'broadcast',
        dispatches: [
          {
            kernel: 'binary',
            entry: same ? 'same4' : 'main',
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
      return gradientsOf[name](g, a, b, dy!).map((make, i) =>
        wanted[i] ? sumTo(g, make(), node.inputs[i].shape) : undefined,
      );
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
