import {
  acoshOp,
  acosOp,
  asinhOp,
  asinOp,
  atanhOp,
  atanOp,
  ceilOp,
  coshOp,
  cosOp,
  erfOp,
  floorOp,
  isInfOp,
  isNaNOp,
  reciprocalOp,
  roundOp,
  signOp,
  sinhOp,
  sinOp,
  tanOp,
} from '../../ops/elementary';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Layer, LayerKind } from '../layer';
import { choice, required } from '../options';

const TABLE = {
  reciprocal: reciprocalOp,
  erf: erfOp,
  floor: floorOp,
  ceil: ceilOp,
  round: roundOp,
  sign: signOp,
  sin: sinOp,
  cos: cosOp,
  tan: tanOp,
  asin: asinOp,
  acos: acosOp,
  atan: atanOp,
  sinh: sinhOp,
  cosh: coshOp,
  asinh: asinhOp,
  acosh: acoshOp,
  atanh: atanhOp,
  isNaN: isNaNOp,
  isInf: isInfOp,
};

/** A function of one number that is no activation. */
export type ElementaryName = keyof typeof TABLE;

export const ELEMENTARY_NAMES = Object.keys(TABLE) as readonly ElementaryName[];
const schema = { function: required(choice(...ELEMENTARY_NAMES)) };

export const elementaryKind: LayerKind<typeof schema> = {
  type: 'elementary',
  options: schema,
  label: (config) => config.function,
  build: ({ g, config, inputs: [x] }) => g.op(TABLE[config.function], [x]),
};

/** A function of each number by itself: `elementary('sin')`. Any shape. */
export function elementary(name: ElementaryName, options: LayerOptions = {}): Layer {
  return createLayer(elementaryKind, options, { function: name });
}
