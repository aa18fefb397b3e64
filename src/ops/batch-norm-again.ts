import batchNormAgainKernel from '../../shaders/batch_norm_again.wgsl';
import { DTypeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { type Dispatch, gridOf, type OpDef, read, readTemp, u32, writeTemp } from '../ir/op';
import { batchNormOp } from './batch-norm';
import { STATISTICS, STATISTICS_ROWS } from './batch-norm-statistics';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { checkEpilogue, epilogue, withResidual } from './epilogue';
import {
  applyDispatch,
  channelCount,
  channelsOf,
  checkVector,
  coefficientsType,
  WORKGROUP,
} from './statistics';

/**
 * The output of a batchNorm once more: y = γ·(x − mean)·s + β, with the mean and s of its statistics.
 * Inputs: x [..., C], gamma, beta [C], statistics [6, C]. A residual and an activation may follow: see
 * `./epilogue`. It stands in for an output that gradients need and that was not kept; nothing is
 * differentiated through it.
 */
export const batchNormAgainOp: OpDef = {
  name: 'batchNormAgain',
  gradientOf: batchNormOp,
  infer(inputs, attrs, where) {
    const { own, residual } = withResidual(inputs, attrs);
    checkCount(own, 4, where);
    const [x, gamma, beta, statistics] = own;
    checkFloat(residual ? [x, residual] : [x], where);
    checkVector(gamma, x, where, 'gamma');
    checkVector(beta, x, where, 'beta');
    if (statistics.dtype !== 'f32') {
      throw new DTypeError({ where, rule: 'statistics are f32', found: statistics.dtype });
    }
    checkShapeIs(statistics, [STATISTICS_ROWS, channelCount(x.shape)], where, 'statistics');
    checkEpilogue(x, residual, attrs, where);
    return [x];
  },
  reference([x, gamma, beta, statistics, residual], { attrs }) {
    const channels = gamma.length;
    const row = (index: number, c: number) => statistics[index * channels + c];
    const y = x.map((v, i) => {
      const c = i % channels;
      const mean = row(STATISTICS.mean, c) + row(STATISTICS.meanLow, c);
      return gamma[c] * (v - mean) * row(STATISTICS.invStd, c) + beta[c];
    });
    return [epilogue(y, attrs, residual)];
  },
  lower({ inputs, attrs, adapter }) {
    const [x] = inputs;
    const { own, residual } = withResidual(inputs, attrs);
    const channels = channelCount(x.shape);
    const c = channelsOf(1, sizeOf(x.shape) / channels, channels, adapter);
    const coefficients: Dispatch = {
      kernel: batchNormAgainKernel,
      params: [u32(channels), u32(c.folds)],
      bindings: [read(1), read(2), read(3), writeTemp(0)],
      workgroups: gridOf(Math.ceil(channels / WORKGROUP), adapter),
      flops: 3 * channels,
    };
    const added = residual && read(own.length);
    const apply = applyDispatch(c, x, readTemp(0), adapter, attrs, added);
    return [
      {
        name: `width ${c.lanes}`,
        temps: [coefficientsType(c, 3)],
        dispatches: [coefficients, apply],
      },
    ];
  },
};
