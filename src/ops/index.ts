import { OpRegistry } from '../ir/op';
import { activationOps } from './activations';
import { avgPoolOps } from './avg-pool';
import { batchMatmulOp } from './batch-matmul';
import { batchNormOp } from './batch-norm';
import { batchNormGradOp } from './batch-norm-grad';
import { batchNormInferenceOp, givenStatisticsOp } from './batch-norm-inference';
import { binaryOps } from './binary';
import { broadcastOp } from './broadcast';
import { castOp } from './cast';
import { concatOp, sliceOp } from './concat';
import { convOps } from './conv';
import { crossEntropyOps } from './cross-entropy';
import { cumSumOp } from './cum-sum';
import { dropoutOp } from './dropout';
import { elementaryOps } from './elementary';
import { gatherGradOp, gatherOp } from './gather';
import { groupNormGradOp, groupNormOp } from './group-norm';
import { indexOps } from './indices';
import { layerNormGradOp, layerNormOp } from './layer-norm';
import { sigmoidCrossEntropyOp } from './losses';
import { matmulOps } from './matmul';
import { maxPoolOps } from './max-pool';
import { optimizerOps } from './optimizers';
import { padGradOp, padOp } from './pad';
import { preluOps } from './prelu';
import { reduceOps } from './reduce';
import { reshapeOp } from './reshape';
import { resizeOps } from './resize';
import { softmaxOps } from './softmax';
import { transposeOp } from './transpose';
import { whereOp } from './where';

/** Every op there is. A new op family adds its line here. */
export const ops = new OpRegistry([
  ...activationOps,
  ...elementaryOps,
  ...binaryOps,
  whereOp,
  batchNormOp,
  batchNormGradOp,
  batchNormInferenceOp,
  givenStatisticsOp,
  groupNormOp,
  groupNormGradOp,
  layerNormOp,
  layerNormGradOp,
  ...reduceOps,
  broadcastOp,
  ...convOps,
  ...matmulOps,
  reshapeOp,
  concatOp,
  sliceOp,
  transposeOp,
  padOp,
  padGradOp,
  ...maxPoolOps,
  ...avgPoolOps,
  ...softmaxOps,
  sigmoidCrossEntropyOp,
  ...crossEntropyOps,
  castOp,
  ...resizeOps,
  ...preluOps,
  dropoutOp,
  ...indexOps,
  gatherOp,
  gatherGradOp,
  batchMatmulOp,
  cumSumOp,
  ...optimizerOps,
]);
