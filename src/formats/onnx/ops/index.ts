import type { Convert } from '../scope';
import { convertConv, convertConvTranspose } from './conv';
import {
  convertCast,
  convertClip,
  convertDropout,
  convertIdentity,
  convertMean,
  convertPrelu,
  merge,
  mergeAll,
  unary,
} from './elementwise';
import { convertGemm, convertMatMul } from './matrix';
import { convertBatchNorm, convertGroupNorm, convertInstanceNorm, convertLayerNorm } from './norm';
import {
  convertAveragePool,
  convertGlobalAveragePool,
  convertGlobalMaxPool,
  convertMaxPool,
} from './pool';
import {
  convertConstant,
  convertConstantOfShape,
  convertDepthToSpace,
  convertFlatten,
  convertRange,
  convertReshape,
  convertShape,
  convertSize,
  convertSpaceToDepth,
  convertSqueeze,
  convertTranspose,
  convertUnsqueeze,
} from './shape';

/** An operator: how it becomes layers, and which of its inputs are known at import. */
export interface Operator {
  readonly convert: Convert;
  /** Inputs whose numbers decide what layers there are, or are weights of one. */
  readonly known?: readonly number[];
  /** What is not supported, for the table in the documentation. */
  readonly limits?: string;
}

const all: Readonly<Record<string, Operator>> = {
  Abs: { convert: unary('abs') },
  Add: { convert: merge('Add') },
  AveragePool: { convert: convertAveragePool, limits: '1-D and 2-D' },
  BatchNormalization: { convert: convertBatchNorm, known: [1, 2, 3, 4] },
  Cast: { convert: convertCast, limits: 'floats to floats, integers to integers' },
  CastLike: { convert: convertCast, limits: 'floats to floats, integers to integers' },
  Clip: { convert: convertClip, known: [1, 2], limits: 'floats' },
  Constant: { convert: convertConstant },
  ConstantOfShape: { convert: convertConstantOfShape, known: [0] },
  Conv: { convert: convertConv, known: [1, 2], limits: '1-D and 2-D' },
  ConvTranspose: { convert: convertConvTranspose, known: [1, 2], limits: '1-D and 2-D' },
  DepthToSpace: { convert: convertDepthToSpace },
  Dropout: { convert: convertDropout, known: [1, 2], limits: 'inference mode' },
  Elu: { convert: unary('elu', { alpha: ['alpha', 1] }) },
  Exp: { convert: unary('exp') },
  Flatten: { convert: convertFlatten },
  Gemm: { convert: convertGemm },
  GlobalAveragePool: { convert: convertGlobalAveragePool, limits: '1-D and 2-D' },
  GlobalMaxPool: { convert: convertGlobalMaxPool, limits: '1-D and 2-D' },
  GroupNormalization: { convert: convertGroupNorm, known: [1, 2] },
  HardSigmoid: { convert: unary('hardSigmoid', { alpha: ['alpha', 0.2], beta: ['beta', 0.5] }) },
  HardSwish: { convert: unary('hardSwish') },
  Identity: { convert: convertIdentity },
  InstanceNormalization: { convert: convertInstanceNorm, known: [1, 2] },
  LayerNormalization: { convert: convertLayerNorm, known: [1, 2] },
  LeakyRelu: { convert: unary('leakyRelu', { alpha: ['alpha', 0.01] }) },
  Log: { convert: unary('log') },
  MatMul: { convert: convertMatMul },
  MaxPool: { convert: convertMaxPool, limits: '1-D and 2-D' },
  Mean: { convert: convertMean },
  Mul: { convert: merge('Mul') },
  PRelu: { convert: convertPrelu, known: [1] },
  Range: { convert: convertRange, known: [0, 1, 2] },
  Relu: { convert: unary('relu') },
  Reshape: { convert: convertReshape, known: [1] },
  Selu: {
    convert: unary('selu', {
      alpha: ['alpha', 1.6732632423543772],
      scale: ['gamma', 1.0507009873554805],
    }),
  },
  Shape: { convert: convertShape },
  Sigmoid: { convert: unary('sigmoid') },
  Size: { convert: convertSize },
  Softplus: { convert: unary('softplus') },
  Softsign: { convert: unary('softsign') },
  SpaceToDepth: { convert: convertSpaceToDepth },
  Sqrt: { convert: unary('sqrt') },
  Squeeze: { convert: convertSqueeze, known: [1] },
  Sub: { convert: merge('Sub') },
  Sum: { convert: mergeAll('Add') },
  Tanh: { convert: unary('tanh') },
  Transpose: { convert: convertTranspose },
  Unsqueeze: { convert: convertUnsqueeze, known: [1] },
};

/** The operators that are imported, by name. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(Object.entries(all));
