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
import {
  convertConcat,
  convertExpand,
  convertGather,
  convertSlice,
  convertSplit,
  convertTile,
} from './movement';
import { convertBatchNorm, convertGroupNorm, convertInstanceNorm, convertLayerNorm } from './norm';
import { convertPad } from './pad';
import {
  convertAveragePool,
  convertGlobalAveragePool,
  convertGlobalMaxPool,
  convertMaxPool,
} from './pool';
import { convertArgMax, reduction, softmaxLike } from './reduce';
import { convertResize, convertUpsample } from './resize';
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
  ArgMax: { convert: convertArgMax('max') },
  ArgMin: { convert: convertArgMax('min') },
  AveragePool: { convert: convertAveragePool, limits: '1-D and 2-D' },
  BatchNormalization: { convert: convertBatchNorm, known: [1, 2, 3, 4] },
  Cast: { convert: convertCast, limits: 'floats to floats, integers to integers' },
  CastLike: { convert: convertCast, limits: 'floats to floats, integers to integers' },
  Clip: { convert: convertClip, known: [1, 2], limits: 'floats' },
  Concat: { convert: convertConcat },
  Constant: { convert: convertConstant },
  ConstantOfShape: { convert: convertConstantOfShape, known: [0] },
  Conv: { convert: convertConv, known: [1, 2], limits: '1-D and 2-D' },
  ConvTranspose: { convert: convertConvTranspose, known: [1, 2], limits: '1-D and 2-D' },
  DepthToSpace: { convert: convertDepthToSpace },
  Dropout: { convert: convertDropout, known: [1, 2], limits: 'inference mode' },
  Elu: { convert: unary('elu', { alpha: ['alpha', 1] }) },
  Exp: { convert: unary('exp') },
  Expand: { convert: convertExpand, known: [1] },
  Flatten: { convert: convertFlatten },
  Gather: { convert: convertGather, known: [1] },
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
  LogSoftmax: { convert: softmaxLike('logSoftmax') },
  MatMul: { convert: convertMatMul },
  MaxPool: { convert: convertMaxPool, limits: '1-D and 2-D' },
  Mean: { convert: convertMean },
  Mul: { convert: merge('Mul') },
  PRelu: { convert: convertPrelu, known: [1] },
  Pad: { convert: convertPad, known: [1, 2, 3] },
  Range: { convert: convertRange, known: [0, 1, 2] },
  ReduceL1: { convert: reduction('l1'), known: [1] },
  ReduceL2: { convert: reduction('l2'), known: [1] },
  ReduceLogSum: { convert: reduction('logSum'), known: [1] },
  ReduceLogSumExp: { convert: reduction('logSumExp'), known: [1] },
  ReduceMax: { convert: reduction('max'), known: [1] },
  ReduceMean: { convert: reduction('mean'), known: [1] },
  ReduceMin: { convert: reduction('min'), known: [1] },
  ReduceProd: { convert: reduction('prod'), known: [1] },
  ReduceSum: { convert: reduction('sum', 13), known: [1] },
  ReduceSumSquare: { convert: reduction('sumSquare'), known: [1] },
  Relu: { convert: unary('relu') },
  Reshape: { convert: convertReshape, known: [1] },
  Resize: { convert: convertResize, known: [1, 2, 3], limits: 'no tf_crop_and_resize' },
  Selu: {
    convert: unary('selu', {
      alpha: ['alpha', 1.6732632423543772],
      scale: ['gamma', 1.0507009873554805],
    }),
  },
  Shape: { convert: convertShape },
  Sigmoid: { convert: unary('sigmoid') },
  Size: { convert: convertSize },
  Slice: { convert: convertSlice, known: [1, 2, 3, 4] },
  Softmax: { convert: softmaxLike('softmax') },
  Softplus: { convert: unary('softplus') },
  Softsign: { convert: unary('softsign') },
  SpaceToDepth: { convert: convertSpaceToDepth },
  Split: { convert: convertSplit, known: [1] },
  Sqrt: { convert: unary('sqrt') },
  Squeeze: { convert: convertSqueeze, known: [1] },
  Sub: { convert: merge('Sub') },
  Sum: { convert: mergeAll('Add') },
  Tanh: { convert: unary('tanh') },
  Tile: { convert: convertTile, known: [1] },
  Transpose: { convert: convertTranspose },
  Unsqueeze: { convert: convertUnsqueeze, known: [1] },
  Upsample: { convert: convertUpsample, known: [1] },
};

/** The operators that are imported, by name. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(Object.entries(all));
