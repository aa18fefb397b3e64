export type { Activation, ActivationName } from './activations';
export { type BatchNormMode, setBatchNormMode } from './batch-norm-mode';
export { type BuildOptions, type BuiltModel, type BuiltOutput, buildGraph } from './build';
export { modelFromConfig } from './config';
export type { LayerOptions } from './create-layer';
export {
  constant,
  type Initializer,
  type InitializerName,
  normal,
  truncatedNormal,
  uniform,
  varianceScaling,
} from './initializers';
export type { Layer, SymbolicTensor } from './layer';
export {
  activation,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  type PreluOptions,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from './layers/activation';
export {
  type BatchNormLayer,
  type BatchNormOptions,
  batchNorm,
  batchNormNumbers,
  type Convention,
  isBatchNorm,
  type Statistics,
} from './layers/batch-norm';
export type { KernelOptions, Padding, Pair } from './layers/common';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  type GroupedConvOptions,
  type SeparableConvOptions,
  separableConv2d,
} from './layers/conv';
export { type Conv1dOptions, conv1d, type Padding1d } from './layers/conv1d';
export { dense } from './layers/dense';
export { add, average, concat, multiply, subtract } from './layers/merge';
export { groupNorm, instanceNorm, layerNorm, type NormOptions } from './layers/norm';
export {
  type AveragePoolOptions,
  averagePooling1d,
  averagePooling2d,
  type GlobalPoolOptions,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  maxPooling1d,
  maxPooling2d,
  type Pool1dOptions,
  type PoolOptions,
} from './layers/pool';
export {
  type AdaptingLayer,
  type MinMaxOptions,
  minMax,
  rescaling,
  type ZScoreOptions,
  zScore,
} from './layers/preprocessing';
export { dropout, identity } from './layers/regularisation';
export {
  cropping2d,
  flatten,
  type PaddingOptions,
  permute,
  type ResizeOptions,
  reshape,
  resize,
  type Sides,
  upSampling2d,
  zeroPadding2d,
} from './layers/shape';
export {
  input,
  Model,
  type ModelOptions,
  model,
  type ParameterCount,
  sequential,
} from './model';
export { ModelState, type NamedTensor } from './state';
export type { Place, Port, StateInfo } from './structure';
export type { CallConfig, LayerConfig, ModelConfig } from './to-config';
