import binaryKernel from '../../shaders/binary.wgsl';
import { broadcastShapes, type Shape, sameShape, sizeOf, stridesOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import { elemOf, gridOf, type Lowering, type OpDef, type Param, read, u32, write } from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';

/** A function of two numbers, and its number in `shaders/binary.wgsl`. */
interface Binary {
  readonly kind: number;
  readonly f: (a: number, b: number) => number;
  /** It compares integers too, and gives f32. */
  readonly integers?: true;
  readonly sum?: OpDef['sum'];
}

export const addOp = /* @__PURE__ */ binaryOp('add', {
  kind: 0,
  f: (a, b) => a + b,
  sum: true,
});

export const subOp = /* @__PURE__ */ binaryOp('sub', {
  kind: 1,
  f: (a, b) => a - b,
});

export const mulOp = /* @__PURE__ */ binaryOp('mul', {
  kind: 2,
  f: (a, b) => a * b,
});

export const divOp = /* @__PURE__ */ binaryOp('div', {
  kind: 3,
  f: (a, b) => a / b,
});

export const powOp = /* @__PURE__ */ binaryOp('pow', {
  kind: 4,
  // JavaScript alone has it that 1^NaN is NaN.
  f: (a, b) => (a === 1 ? 1 : a ** b),
});

export const maxOp = /* @__PURE__ */ binaryOp('max', {
  kind: 5,
  f: Math.max,
});

export const minOp = /* @__PURE__ */ binaryOp('min', {
  kind: 6,
  f: Math.min,
});

export const equalOp = /* @__PURE__ */ binaryOp('equal', {
  kind: 7,
  f: (a, b) => +(a === b),
  integers: true,
});

export const greaterOp = /* @__PURE__ */ binaryOp('greater', {
  kind: 8,
  f: (a, b) => +(a > b),
  integers: true,
});

export const greaterOrEqualOp = /* @__PURE__ */ binaryOp('greaterOrEqual', {
  kind: 9,
  f: (a, b) => +(a >= b),
  integers: true,
});

export const andOp = /* @__PURE__ */ binaryOp('and', {
  kind: 10,
  f: (a, b) => +(a !== 0 && b !== 0),
});

export const orOp = /* @__PURE__ */ binaryOp('or', {
  kind: 11,
  f: (a, b) => +(a !== 0 || b !== 0),
});

export const xorOp = /* @__PURE__ */ binaryOp('xor', {
  kind: 12,
  f: (a, b) => +((a !== 0) !== (b !== 0)),
});

export const binaryOps: readonly OpDef[] = [
  addOp,
  subOp,
  mulOp,
  divOp,
  powOp,
  maxOp,
  minOp,
  equalOp,
  greaterOp,
  greaterOrEqualOp,
  andOp,
  orOp,
  xorOp,
];

function binaryOp(name: string, { kind, f, integers, sum }: Binary): OpDef {
  const whole = (inputs: readonly TensorType[]) =>
    integers && inputs.every(({ dtype }) => dtype === 'i32');
  return {
    name,
    sum,
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
            kernel: binaryKernel,
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
