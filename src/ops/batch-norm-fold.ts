import batchNormFoldKernel from '../../shaders/batch_norm_fold.wgsl';
import { nonNegative } from '../core/check';
import { DTypeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { f32, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { checkCount } from './common';
import { channelCount, checkVector, WORKGROUP } from './statistics';

/**
 * A layer's weights and bias with the batch norm behind it folded in: with s = γ/√(σ² + ε), weights w·s
 * and bias β + (b − μ)·s. Inputs: weights [..., C], gamma, beta, mean, variance [C], and where the layer
 * has one its bias [C]; attribute `epsilon`. Outputs: weights, bias.
 */
export const batchNormFoldOp: OpDef = {
  name: 'batchNormFold',
  infer(inputs, attrs, where) {
    checkCount(inputs, inputs.length === 6 ? 6 : 5, where);
    const [weights, ...vectors] = inputs;
    if (weights.dtype !== 'f32') {
      throw new DTypeError({ where, rule: 'the weights are f32', found: weights.dtype });
    }
    const names = ['gamma', 'beta', 'the mean', 'the variance', 'the bias'];
    for (const [i, vector] of vectors.entries()) checkVector(vector, weights, where, names[i]);
    nonNegative(attrs.epsilon as number, where, 'epsilon');
    return [weights, vectors[0]];
  },
  reference([weights, gamma, beta, mean, variance, bias], { attrs }) {
    const scale = gamma.map((g, c) => g / Math.sqrt(variance[c] + (attrs.epsilon as number)));
    return [
      weights.map((w, i) => w * scale[i % scale.length]),
      beta.map((b, c) => b + ((bias?.[c] ?? 0) - mean[c]) * scale[c]),
    ];
  },
  lower({ inputs, attrs, adapter }) {
    const [weights] = inputs;
    const size = sizeOf(weights.shape);
    const hasBias = inputs.length === 6;
    const dispatch = {
      kernel: batchNormFoldKernel,
      constants: { has_bias: hasBias ? 1 : 0 },
      params: [u32(size), u32(channelCount(weights.shape)), f32(attrs.epsilon as number)],
      bindings: [
        ...[0, 1, 2, 3, 4].map(read),
        // Bound to something where there is none.
        read(hasBias ? 5 : 1),
        write(0),
        write(1),
      ],
      workgroups: gridOf(Math.ceil(size / WORKGROUP), adapter),
      flops: size,
    };
    return [{ name: 'direct', dispatches: [dispatch] }];
  },
};
