import { convCases } from './conv';
import { denseCases } from './dense';
import { elementwiseCases } from './elementwise';
import { optimizerCases } from './optimizers';
import { shapeCases } from './shape';
import type { OpCase } from './types';

export const cases: readonly OpCase[] = [
  ...elementwiseCases,
  ...convCases,
  ...denseCases,
  ...shapeCases,
  ...optimizerCases,
];
