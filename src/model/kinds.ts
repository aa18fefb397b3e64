import type { LayerKind } from './layer';
import { activationKind, preluKind } from './layers/activation';
import { batchNormKind } from './layers/batch-norm';
import {
  conv2dKind,
  conv2dTransposeKind,
  depthwiseConv2dKind,
  separableConv2dKind,
} from './layers/conv';
import { conv1dKind } from './layers/conv1d';
import { denseKind } from './layers/dense';
import { elementaryKind } from './layers/elementary';
import {
  addKind,
  averageKind,
  concatKind,
  divideKind,
  equalKind,
  greaterKind,
  greaterOrEqualKind,
  logicalAndKind,
  logicalOrKind,
  logicalXorKind,
  matmulKind,
  maximumKind,
  minimumKind,
  multiplyKind,
  powerKind,
  subtractKind,
  whereKind,
} from './layers/merge';
import {
  groupNormKind,
  instanceNormKind,
  layerNormKind,
  localResponseNormKind,
} from './layers/norm';
import { parameterKind } from './layers/parameter';
import {
  averagePooling1dKind,
  averagePooling2dKind,
  globalAveragePooling1dKind,
  globalAveragePooling2dKind,
  globalMaxPooling1dKind,
  globalMaxPooling2dKind,
  maxPooling1dKind,
  maxPooling2dKind,
} from './layers/pool';
import { minMaxKind, rescalingKind, zScoreKind } from './layers/preprocessing';
import { argExtremeKind, cumSumKind, reduceKind } from './layers/reduce';
import { dropoutKind, identityKind } from './layers/regularisation';
import {
  cropping2dKind,
  flattenKind,
  permuteKind,
  reshapeKind,
  resizeKind,
  upSampling2dKind,
  zeroPadding2dKind,
} from './layers/shape';
import { castKind, expandKind, gatherKind, padKind, sliceKind, tileKind } from './layers/tensor';

const all = [
  argExtremeKind,
  castKind,
  divideKind,
  elementaryKind,
  equalKind,
  expandKind,
  gatherKind,
  greaterKind,
  greaterOrEqualKind,
  localResponseNormKind,
  logicalAndKind,
  logicalOrKind,
  logicalXorKind,
  matmulKind,
  maximumKind,
  minimumKind,
  padKind,
  powerKind,
  reduceKind,
  sliceKind,
  tileKind,
  whereKind,
  activationKind,
  addKind,
  averageKind,
  averagePooling1dKind,
  averagePooling2dKind,
  batchNormKind,
  concatKind,
  conv1dKind,
  conv2dKind,
  conv2dTransposeKind,
  cropping2dKind,
  cumSumKind,
  denseKind,
  depthwiseConv2dKind,
  dropoutKind,
  flattenKind,
  globalAveragePooling1dKind,
  globalAveragePooling2dKind,
  globalMaxPooling1dKind,
  globalMaxPooling2dKind,
  groupNormKind,
  identityKind,
  instanceNormKind,
  layerNormKind,
  maxPooling1dKind,
  maxPooling2dKind,
  minMaxKind,
  multiplyKind,
  parameterKind,
  permuteKind,
  preluKind,
  rescalingKind,
  reshapeKind,
  resizeKind,
  separableConv2dKind,
  subtractKind,
  upSampling2dKind,
  zScoreKind,
  zeroPadding2dKind,
] as unknown as readonly LayerKind[];

/** The kinds of layers that a config may name. */
export const KINDS: ReadonlyMap<string, LayerKind> = new Map(all.map((kind) => [kind.type, kind]));
