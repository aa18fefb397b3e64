import elementaryKernel from '../../shaders/elementary.wgsl';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import { elemOf, gridOf, type OpDef, read, u32, widthOf, write } from '../ir/op';
import { checkCount, checkFloat, ELEMENTS_PER_WORKGROUP } from './common';
import { erf } from './erf';

/** A function of one number, and its number in `shaders/lib/elementary.wgsl`. */
interface Elementary {
  readonly kind: number;
  readonly f: (x: number) => number;
}

/** The nearest integer, the even one of two; −0 stays. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

export const reciprocalOp = /* @__PURE__ */ elementary('reciprocal', {
  kind: 1,
  f: (x) => 1 / x,
});
export const erfOp = /* @__PURE__ */ elementary('erf', {
  kind: 2,
  f: erf,
});
export const floorOp = /* @__PURE__ */ elementary('floor', {
  kind: 3,
  f: Math.floor,
});
export const ceilOp = /* @__PURE__ */ elementary('ceil', { kind: 4, f: Math.ceil });
export const roundOp = /* @__PURE__ */ elementary('round', {
  kind: 5,
  f: roundHalfEven,
});
export const signOp = /* @__PURE__ */ elementary('sign', {
  kind: 6,
  f: Math.sign,
});
export const sinOp = /* @__PURE__ */ elementary('sin', { kind: 7, f: Math.sin });
export const cosOp = /* @__PURE__ */ elementary('cos', {
  kind: 8,
  f: Math.cos,
});
export const tanOp = /* @__PURE__ */ elementary('tan', {
  kind: 9,
  f: Math.tan,
});
export const asinOp = /* @__PURE__ */ elementary('asin', {
  kind: 10,
  f: Math.asin,
});
export const acosOp = /* @__PURE__ */ elementary('acos', {
  kind: 11,
  f: Math.acos,
});
export const atanOp = /* @__PURE__ */ elementary('atan', {
  kind: 12,
  f: Math.atan,
});
export const sinhOp = /* @__PURE__ */ elementary('sinh', {
  kind: 13,
  f: Math.sinh,
});
export const coshOp = /* @__PURE__ */ elementary('cosh', {
  kind: 14,
  f: Math.cosh,
});
export const asinhOp = /* @__PURE__ */ elementary('asinh', {
  kind: 15,
  f: Math.asinh,
});
export const acoshOp = /* @__PURE__ */ elementary('acosh', {
  kind: 16,
  f: Math.acosh,
});
export const atanhOp = /* @__PURE__ */ elementary('atanh', {
  kind: 17,
  f: Math.atanh,
});
export const isNaNOp = /* @__PURE__ */ elementary('isNaN', {
  kind: 18,
  f: (x) => +Number.isNaN(x),
});
export const isInfOp = /* @__PURE__ */ elementary('isInf', {
  kind: 19,
  f: (x) => +(Math.abs(x) === Infinity),
});

export const elementaryOps: readonly OpDef[] = [
  reciprocalOp,
  erfOp,
  floorOp,
  ceilOp,
  roundOp,
  signOp,
  sinOp,
  cosOp,
  tanOp,
  asinOp,
  acosOp,
  atanOp,
  sinhOp,
  coshOp,
  asinhOp,
  acoshOp,
  atanhOp,
  isNaNOp,
  isInfOp,
];

function elementary(name: string, { kind, f }: Elementary): OpDef {
  return {
    name,
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
        kernel: elementaryKernel,
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
  };
}
