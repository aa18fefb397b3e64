export type { Samples, TrainingData } from './dataset';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate';
export {
  type Callbacks,
  type FitOptions,
  type FitResult,
  fit,
  type Progress,
  type Training,
} from './fit';
export type { Metric } from './graph';
export {
  binaryCrossEntropy,
  crossEntropy,
  huber,
  type Loss,
  type LossName,
  meanAbsoluteError,
  meanSquaredError,
} from './losses';
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
} from './optimizers';
export {
  cosineDecay,
  exponentialDecay,
  oneCycle,
  piecewise,
  type Schedule,
  stepDecay,
} from './schedules';
export type { TrainingPlace, TrainingState } from './state';
