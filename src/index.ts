// The public names, and nothing else: what is not here is an implementation detail.
export type { DType, NumericArray, TypedArray } from './core/dtype';
export {
  ArgumentError,
  BatchNormError,
  type Complaint,
  DataError,
  DeviceError,
  DeviceLostError,
  DisposedError,
  DTypeError,
  FormatError,
  GraphError,
  KernelError,
  LimitError,
  NameError,
  OutOfMemoryError,
  ShapeError,
  StateError,
} from './core/errors';
export type { Shape } from './core/shape';
export { type DeviceOptions, describeAdapter, requestDevice } from './gpu/device';
export type { Activation, ActivationName } from './model/activations';
export { type BatchNormMode, setBatchNormMode } from './model/batch-norm-mode';
export { modelFromConfig } from './model/config';
export type { LayerOptions } from './model/create-layer';
export {
  constant,
  type Initializer,
  type InitializerName,
  normal,
  truncatedNormal,
  uniform,
  varianceScaling,
} from './model/initializers';
export type { Layer, SymbolicTensor, TensorDType } from './model/layer';
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
} from './model/layers/activation';
export {
  type BatchNormLayer,
  type BatchNormOptions,
  batchNorm,
  batchNormNumbers,
  type Convention,
  isBatchNorm,
  type Statistics,
} from './model/layers/batch-norm';
export type { KernelOptions, Padding, Pair } from './model/layers/common';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  type GroupedConvOptions,
  type SeparableConvOptions,
  separableConv2d,
} from './model/layers/conv';
export { type Conv1dOptions, conv1d, type Padding1d } from './model/layers/conv1d';
export { dense } from './model/layers/dense';
export { type ElementaryName, elementary } from './model/layers/elementary';
export {
  add,
  average,
  concat,
  divide,
  equal,
  greater,
  greaterOrEqual,
  logicalAnd,
  logicalOr,
  logicalXor,
  matmul,
  maximum,
  minimum,
  multiply,
  power,
  subtract,
  where,
} from './model/layers/merge';
export {
  groupNorm,
  instanceNorm,
  type LocalResponseNormOptions,
  layerNorm,
  localResponseNorm,
  type NormOptions,
} from './model/layers/norm';
export { type ParameterOptions, parameter } from './model/layers/parameter';
export {
  type AveragePoolOptions,
  averagePooling1d,
  averagePooling2d,
  type GlobalPoolOptions,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  type MaxPoolOptions,
  maxPooling1d,
  maxPooling2d,
  type Pool1dOptions,
  type PoolOptions,
} from './model/layers/pool';
export {
  type AdaptingLayer,
  type MinMaxOptions,
  minMax,
  rescaling,
  type ZScoreOptions,
  zScore,
} from './model/layers/preprocessing';
export {
  type ArgOptions,
  argMax,
  argMin,
  type CumSumOptions,
  cumSum,
  type ReduceOptions,
  type Reduction,
  reduce,
} from './model/layers/reduce';
export { dropout, identity } from './model/layers/regularisation';
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
} from './model/layers/shape';
export {
  cast,
  expand,
  gather,
  type PadOptions,
  pad,
  type SliceOptions,
  slice,
  tile,
} from './model/layers/tensor';
export {
  type InputOptions,
  input,
  Model,
  type ModelOptions,
  model,
  type ParameterCount,
  sequential,
} from './model/model';
export { ModelState, type NamedTensor } from './model/state';
export type { Place, Port, StateInfo } from './model/structure';
export type { CallConfig, InputConfig, LayerConfig, ModelConfig } from './model/to-config';
export { type ProgramCosts, programCosts } from './runtime/costs';
export type { Examples } from './runtime/examples';
export { type FoldReport, type LayerReport, reportLayers } from './runtime/layer-report';
export {
  compile,
  Network,
  type NetworkOptions,
  type ProgramOptions,
  type Tensor,
} from './runtime/network';
export { formatProfile, type Profile, type ProfileRow, profile } from './runtime/profile';
export type { EncodeBindings, Inputs, Outputs, Program, RunOptions } from './runtime/program';
export type { Samples, TrainingData } from './train/dataset';
export { type EvaluateOptions, type Evaluation, evaluate } from './train/evaluate';
export {
  type Callbacks,
  type FitOptions,
  type FitResult,
  fit,
  type Progress,
  Training,
} from './train/fit';
export type { Metric } from './train/graph';
export {
  binaryCrossEntropy,
  crossEntropy,
  huber,
  type Loss,
  type LossName,
  meanAbsoluteError,
  meanSquaredError,
} from './train/losses';
export {
  type AdagradOptions,
  type AdamOptions,
  adagrad,
  adam,
  adamW,
  type Clip,
  type Optimizer,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './train/optimizers';
export { type TrainingProgramOptions, trainingProgram } from './train/program';
export {
  cosineDecay,
  exponentialDecay,
  oneCycle,
  piecewise,
  type Schedule,
  stepDecay,
} from './train/schedules';
export type { TrainingPlace, TrainingState } from './train/state';
export { type WatchOptions, watch } from './train/watch';
export type { HistogramOptions } from './train/watch-graph';
export type { TuningChoice, TuningRecord } from './tune/record';
export type { TuneOptions } from './tune/tuner';
