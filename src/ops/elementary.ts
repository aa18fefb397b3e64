import { sizeOf } from '../core/shape';
import type { Attrs, Value } from '../ir/graph';
import { elemOf, gridOf, type NodeBuilder, type OpDef, read, u32, widthOf, write } from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';
import { erf } from './erf';

/** A function of one number, and its number in `shaders/lib/elementary.wgsl`. */
interface Elementary {
  readonly kind: number;
  readonly summary: string;
  readonly f: (x: number) => number;
  /** Its derivative as nodes, y = f(x); none where it is zero. */
  readonly slope?: (g: NodeBuilder, x: Value, y: Value) => Value;
}

/** The nearest integer, the even one of two; −0 stays. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

const affine = (g: NodeBuilder, x: Value, scale: number, shift = 0) =>
  g.op('affine', [x], { scale, shift });
/** (sign·x² + shift)^½ */
const root = (g: NodeBuilder, x: Value, sign: number, shift: number) =>
  g.op('sqrt', [affine(g, g.op('square', [x]), sign, shift)]);
const inverse = (g: NodeBuilder, x: Value) => g.op('reciprocal', [x]);

const TABLE: Readonly<Record<string, Elementary>> = {
  reciprocal: {
    kind: 1,
    summary: '1/x',
    f: (x) => 1 / x,
    slope: (g, _x, y) => affine(g, g.op('square', [y]), -1),
  },
  erf: {
    kind: 2,
    summary: 'the error function',
    f: erf,
    slope: (g, x) =>
      affine(g, g.op('exp', [affine(g, g.op('square', [x]), -1)]), 2 / Math.sqrt(Math.PI)),
  },
  floor: { kind: 3, summary: '⌊x⌋', f: Math.floor },
  ceil: { kind: 4, summary: '⌈x⌉', f: Math.ceil },
  round: { kind: 5, summary: 'the nearest integer, the even one of two', f: roundHalfEven },
  sign: { kind: 6, summary: '−1, 0 or 1', f: Math.sign },
  sin: { kind: 7, summary: 'sin x', f: Math.sin, slope: (g, x) => g.op('cos', [x]) },
  cos: {
    kind: 8,
    summary: 'cos x',
    f: Math.cos,
    slope: (g, x) => affine(g, g.op('sin', [x]), -1),
  },
  tan: {
    kind: 9,
    summary: 'tan x',
    f: Math.tan,
    slope: (g, _x, y) => affine(g, g.op('square', [y]), 1, 1),
  },
  asin: {
    kind: 10,
    summary: 'arcsin x',
    f: Math.asin,
    slope: (g, x) => inverse(g, root(g, x, -1, 1)),
  },
  acos: {
    kind: 11,
    summary: 'arccos x',
    f: Math.acos,
    slope: (g, x) => affine(g, inverse(g, root(g, x, -1, 1)), -1),
  },
  atan: {
    kind: 12,
    summary: 'arctan x',
    f: Math.atan,
    slope: (g, x) => inverse(g, affine(g, g.op('square', [x]), 1, 1)),
  },
  sinh: { kind: 13, summary: 'sinh x', f: Math.sinh, slope: (g, x) => g.op('cosh', [x]) },
  cosh: { kind: 14, summary: 'cosh x', f: Math.cosh, slope: (g, x) => g.op('sinh', [x]) },
  asinh: {
    kind: 15,
    summary: 'arsinh x',
    f: Math.asinh,
    slope: (g, x) => inverse(g, root(g, x, 1, 1)),
  },
  acosh: {
    kind: 16,
    summary: 'arcosh x',
    f: Math.acosh,
    slope: (g, x) => inverse(g, root(g, x, 1, -1)),
  },
  atanh: {
    kind: 17,
    summary: 'artanh x',
    f: Math.atanh,
    slope: (g, x) => inverse(g, affine(g, g.op('square', [x]), -1, 1)),
  },
  isNaN: { kind: 18, summary: '1 for NaN, else 0', f: (x) => +Number.isNaN(x) },
  isInf: { kind: 19, summary: '1 for ±∞, else 0', f: (x) => +(Math.abs(x) === Infinity) },
};

export const elementaryOps: OpDef[] = Object.entries(TABLE).map(
  ([name, { kind, summary, f, slope }]): OpDef => ({
    name,
    summary,
    infer(inputs, _attrs: Attrs, where) {
      checkCount(inputs, 1, where);
      checkFloat(inputs, where);
      return [inputs[0]];
    },
    reference: ([x]) => [x.map(f)],
    lower({ inputs, adapter }) {
      const size = sizeOf(inputs[0].shape);
      const width = widthOf(size);
      const count = size / width;
      const dispatch = {
        kernel: 'elementary',
        elem: elemOf(inputs[0].dtype),
        width,
        constants: { kind },
        params: [u32(count)],
        bindings: [read(0), write(0)],
        workgroups: gridOf(Math.ceil(count / ELEMENTS_PER_WORKGROUP), adapter),
        flops: size,
      };
      return [{ name: `width ${width}`, dispatches: [dispatch] }];
    },
    // A step has no slope: what is in front of it is not trained through it.
    gradient: ({ g, node, dOutputs: [dy] }) => [
      slope && g.op('mul', [dy!, slope(g, node.inputs[0], node.outputs[0])]),
    ],
  }),
);
