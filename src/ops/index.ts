import { NameError } from '../core/errors';
import type { OpDef } from '../ir/op';
import { activationOps } from './activations';
import { activationGradOps } from './activations-grad';
import { avgPool2dOp } from './avg-pool';
import { avgPool2dGradOp } from './avg-pool-grad';
import { batchMatmulOp } from './batch-matmul';
import { batchNormOp } from './batch-norm';
import { batchNormAgainOp } from './batch-norm-again';
import { batchNormFoldOp } from './batch-norm-fold';
import { batchNormGradOp, givenStatisticsOp } from './batch-norm-grad';
import { batchNormInferenceOp } from './batch-norm-inference';
import { binaryOps } from './binary';
import { broadcastToOp } from './broadcast';
import { castOp } from './cast';
import { concatOp, sliceOp } from './concat';
import { conv2dOp, conv2dTransposeOp } from './conv';
import { conv2dFilterGradOp, conv2dInputGradOp } from './conv-grad';
import { conv2dBatchNormOp } from './conv2d-batch-norm';
import { softmaxCrossEntropyDenseOp, softmaxCrossEntropyOp } from './cross-entropy';
import { softmaxCrossEntropyDenseGradOp, softmaxCrossEntropyGradOp } from './cross-entropy-grad';
import { cumSumOp } from './cum-sum';
import { dropoutOp } from './dropout';
import { elementaryOps } from './elementary';
import { gatherOp } from './gather';
import { gatherGradOp } from './gather-grad';
import { groupNormOp } from './group-norm';
import { groupNormGradOp } from './group-norm-grad';
import { histogramOp } from './histogram';
import { argMaxOp, incrementOp } from './indices';
import { layerNormOp } from './layer-norm';
import { layerNormGradOp } from './layer-norm-grad';
import { sigmoidCrossEntropyOp } from './losses';
import { denseOp, matmulOp } from './matmul';
import { maxPool2dArgmaxOp, maxPool2dOp } from './max-pool';
import { maxPool2dGradOp } from './max-pool-grad';
import {
  adagradUpdateOp,
  adamUpdateOp,
  momentumUpdateOp,
  rmspropUpdateOp,
  sgdUpdateOp,
} from './optimizers';
import { padOp } from './pad';
import { padGradOp } from './pad-grad';
import { percentilesOp } from './percentiles';
import { preluOp } from './prelu';
import { preluGradOp } from './prelu-grad';
import { reduceMaxOp, reduceMeanOp, reduceMinOp, reduceProdOp, reduceSumOp } from './reduce';
import { reduceMaxGradOp } from './reduce-grad';
import { reshapeOp } from './reshape';
import { resizeOp } from './resize';
import { resizeGradOp } from './resize-grad';
import { logSoftmaxOp, softmaxOp } from './softmax';
import { logSoftmaxGradOp, softmaxGradOp } from './softmax-grad';
import { transposeOp } from './transpose';
import { whereOp } from './where';

/**
 * Every op there is, for the table in the README, the self-test and other tests. A program imports the ops that it uses
 * from their own files: importing this list would bring all of them along.
 */
export const ops: readonly OpDef[] = [
  ...activationGradOps,
  ...activationOps,
  ...elementaryOps,
  avgPool2dGradOp,
  avgPool2dOp,
  batchNormFoldOp,
  batchNormAgainOp,
  batchNormGradOp,
  givenStatisticsOp,
  batchNormInferenceOp,
  batchNormOp,
  ...binaryOps,
  broadcastToOp,
  castOp,
  concatOp,
  sliceOp,
  conv2dInputGradOp,
  conv2dFilterGradOp,
  conv2dOp,
  conv2dBatchNormOp,
  conv2dTransposeOp,
  softmaxCrossEntropyGradOp,
  softmaxCrossEntropyDenseGradOp,
  softmaxCrossEntropyOp,
  softmaxCrossEntropyDenseOp,
  dropoutOp,
  gatherOp,
  gatherGradOp,
  batchMatmulOp,
  cumSumOp,
  groupNormGradOp,
  groupNormOp,
  histogramOp,
  argMaxOp,
  incrementOp,
  layerNormGradOp,
  layerNormOp,
  sigmoidCrossEntropyOp,
  denseOp,
  matmulOp,
  maxPool2dGradOp,
  maxPool2dOp,
  maxPool2dArgmaxOp,
  sgdUpdateOp,
  momentumUpdateOp,
  adamUpdateOp,
  rmspropUpdateOp,
  adagradUpdateOp,
  padGradOp,
  padOp,
  percentilesOp,
  preluGradOp,
  preluOp,
  reduceMaxGradOp,
  reduceSumOp,
  reduceMeanOp,
  reduceMaxOp,
  reduceMinOp,
  reduceProdOp,
  reshapeOp,
  resizeGradOp,
  resizeOp,
  softmaxGradOp,
  logSoftmaxGradOp,
  softmaxOp,
  logSoftmaxOp,
  transposeOp,
  whereOp,
];

const byName = /* @__PURE__ */ new Map(ops.map((op) => [op.name, op]));

/** The op that case tables call `name`; throws a NameError where there is none. */
export function opNamed(name: string): OpDef {
  const op = byName.get(name);
  if (op) return op;
  throw new NameError({ where: `op "${name}"`, rule: 'it is one of the ops that there are' });
}
