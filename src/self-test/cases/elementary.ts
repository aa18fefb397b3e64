import type { InputSpec, OpCase } from './types';

const uniform = (low: number, high: number, ...shape: number[]): InputSpec => ({
  shape,
  fill: { kind: 'uniform', low, high },
});
const values = (...numbers: number[]): InputSpec => ({
  shape: [numbers.length],
  fill: { kind: 'values', values: numbers },
});

/** Where each function is defined and smooth. */
const domains: Record<string, [low: number, high: number]> = {
  reciprocal: [0.3, 4],
  erf: [-3, 3],
  sin: [-7, 7],
  cos: [-7, 7],
  tan: [-1.3, 1.3],
  asin: [-0.9, 0.9],
  acos: [-0.9, 0.9],
  atan: [-5, 5],
  sinh: [-3, 3],
  cosh: [-3, 3],
  asinh: [-5, 5],
  acosh: [1.3, 5],
  atanh: [-0.9, 0.9],
};

const smooth: OpCase[] = Object.entries(domains).flatMap(([op, domain]) => [
  { op, name: 'odd', inputs: [uniform(...domain, 3, 7)], terms: 24 },
  { op, name: 'past one workgroup', inputs: [uniform(...domain, 7, 75)], terms: 24 },
  { op, name: 'vec4s', inputs: [uniform(...domain, 4, 513)], terms: 24 },
]);

const nearlyOneWorkgroup: OpCase[] = [
  [7, 73],
  [4, 511],
].map((shape) => ({
  op: 'reciprocal',
  name: `nearly one workgroup, [${shape}]`,
  inputs: [uniform(...domains.reciprocal, ...shape)],
  terms: 24,
}));

const exact = { differentiate: [], name: 'values' };
const halves = values(-3.5, -2.5, -1.5, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5, 2.5, 3.5, 8388609);

/** At their steps, at their edges, near 0 where digits are lost, and far out. */
const edges: OpCase[] = [
  { ...exact, op: 'floor', inputs: [halves] },
  { ...exact, op: 'ceil', inputs: [halves] },
  { ...exact, op: 'round', inputs: [halves] },
  { ...exact, op: 'sign', inputs: [halves] },
  { ...exact, op: 'isNaN', inputs: [values(0, Number.NaN, 1, -1e38)] },
  { ...exact, op: 'isInf', inputs: [values(0, 1e38, -1)] },
  {
    ...exact,
    op: 'isInf',
    name: 'infinities',
    inputs: [values(Infinity, -Infinity, Number.NaN, 3)],
  },
  { ...exact, op: 'sin', inputs: [values(0, 1e-6, -100, 100.5, 1234.5, 3.1415927)], terms: 24 },
  { ...exact, op: 'cos', inputs: [values(0, 1e-6, -100, 100.5, 1234.5, 1.5707964)], terms: 24 },
  { ...exact, op: 'asin', inputs: [values(-1, -0.5, 0, 1e-6, 0.5, 0.999, 1)], terms: 24 },
  { ...exact, op: 'acos', inputs: [values(-1, -0.5, 0, 1e-6, 0.5, 0.999, 1)], terms: 24 },
  {
    ...exact,
    op: 'acos',
    name: 'near one',
    inputs: [values(1, 0.9999999, 0.99999, 0.999)],
    terms: 24,
  },
  { ...exact, op: 'atan', inputs: [values(-1e30, -1, 0, 1e-6, 0.4, 2.4, 2.5, 1e30)], terms: 24 },
  { ...exact, op: 'sinh', name: 'near zero', inputs: [values(1e-6, -1e-3, 0, 1e-5)], terms: 24 },
  { ...exact, op: 'asinh', name: 'far', inputs: [values(1e12, -1e30, 0, 1e-6)], terms: 24 },
  { ...exact, op: 'asinh', name: 'near zero', inputs: [values(1e-6, -1e-3, 0, 1e-5)], terms: 24 },
  {
    ...exact,
    op: 'acosh',
    name: 'near one',
    inputs: [values(1, 1.0000001, 1.001, 1.01)],
    terms: 24,
  },
  { ...exact, op: 'acosh', name: 'far', inputs: [values(1e12, 1e30, 2)], terms: 24 },
  { ...exact, op: 'atanh', name: 'near zero', inputs: [values(1e-6, -1e-3, 0, 1e-5)], terms: 24 },
];

export const elementaryCases: OpCase[] = [...smooth, ...nearlyOneWorkgroup, ...edges];
