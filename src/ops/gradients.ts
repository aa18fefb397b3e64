import type { Gradient } from '../ir/gradient';
import type { OpDef } from '../ir/op';
import { activationGradients } from './activations-grad';
import { avgPoolGradients } from './avg-pool-grad';
import { batchNormGradients } from './batch-norm-grad';
import { binaryGradients } from './binary-grad';
import { convGradients } from './conv-grad';
import { crossEntropyGradients } from './cross-entropy-grad';
import { dropoutGradients } from './dropout-grad';
import { elementaryGradients } from './elementary-grad';
import { gatherGradients } from './gather-grad';
import { groupNormGradients } from './group-norm-grad';
import { layerNormGradients } from './layer-norm-grad';
import { lossGradients } from './losses-grad';
import { matmulGradients } from './matmul-grad';
import { maxPoolGradients } from './max-pool-grad';
import { padGradients } from './pad-grad';
import { preluGradients } from './prelu-grad';
import { reduceGradients } from './reduce-grad';
import { resizeGradients } from './resize-grad';
import { shapeGradients } from './shape-grad';
import { softmaxGradients } from './softmax-grad';

import { whereGradients } from './where-grad';

/** The gradient rules of all ops that have one. A new op family adds its line here. */
export const gradientRules: ReadonlyMap<OpDef, Gradient> = new Map([
  ...activationGradients,
  ...elementaryGradients,
  ...binaryGradients,
  ...whereGradients,
  ...batchNormGradients,
  ...groupNormGradients,
  ...layerNormGradients,
  ...reduceGradients,
  ...convGradients,
  ...matmulGradients,
  ...shapeGradients,
  ...padGradients,
  ...maxPoolGradients,
  ...avgPoolGradients,
  ...softmaxGradients,
  ...lossGradients,
  ...crossEntropyGradients,
  ...resizeGradients,
  ...preluGradients,
  ...dropoutGradients,
  ...gatherGradients,
]);
