import { batchNormCases } from './batch-norm';
import { convCases } from './conv';
import { denseCases } from './dense';
import { elementwiseCases } from './elementwise';
import { lossCases } from './losses';
import { miscCases } from './misc';
import { normCases } from './norms';
import { optimizerCases } from './optimizers';
import { poolCases } from './pool';
import { reduceCases } from './reduce';
import { resizeCases } from './resize';
import { shapeCases } from './shape';
import { softmaxCases } from './softmax';
import type { OpCase } from './types';

export const cases: readonly OpCase[] = [
  ...elementwiseCases,
  ...batchNormCases,
  ...normCases,
  ...convCases,
  ...denseCases,
  ...reduceCases,
  ...poolCases,
  ...resizeCases,
  ...shapeCases,
  ...softmaxCases,
  ...lossCases,
  ...miscCases,
  ...optimizerCases,
];
