import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape });

export const batchMatmulCases: OpCase[] = (
  [
    ['one number', normal(1, 1), normal(1, 1)],
    ['matrices, odd', normal(5, 7), normal(7, 3)],
    ['batches', normal(3, 5, 7), normal(3, 7, 6)],
    ['past one workgroup', normal(9, 33, 3), normal(9, 3, 31)],
    ['vec4s', normal(2, 8, 12), normal(2, 12, 16)],
    ['one matrix for all', normal(3, 4, 5), normal(5, 2)],
    ['left repeated', normal(4, 5), normal(2, 3, 5, 2)],
    ['both repeated', normal(3, 1, 4, 5), normal(2, 5, 2)],
    ['left transposed', normal(3, 7, 5), normal(3, 7, 6), true],
    ['right transposed', normal(3, 5, 7), normal(3, 6, 7), false, true],
    ['both transposed, repeated', normal(1, 7, 5), normal(3, 6, 7), true, true],
    ['rank 8', normal(1, 2, 1, 3, 1, 1, 2, 3), normal(2, 1, 2, 1, 1, 2, 3, 2)],
  ] as const
).map(([name, a, b, transposeA = false, transposeB = false]) => ({
  op: 'batchMatmul',
  name,
  inputs: [a, b],
  attrs: { transposeA, transposeB },
  terms: 12,
  gradientTerms: 60,
}));
