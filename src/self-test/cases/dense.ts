import { activationOps } from '../../ops/activations';
import type { Fill, OpCase } from './types';

const denseCase = (
  name: string,
  x: readonly number[],
  columns: number,
  bias = true,
  fill?: Fill,
): OpCase => {
  const inner = x[x.length - 1];
  const rows = x.reduce((a, b) => a * b, 1) / inner;
  return {
    op: 'dense',
    name,
    inputs: [
      { shape: x, fill },
      { shape: [inner, columns], fill },
      ...(bias ? [{ shape: [columns] }] : []),
    ],
    terms: inner + 1,
    gradientTerms: Math.max(rows, columns),
  };
};

const large: Fill = { kind: 'uniform', low: -300, high: 300 };

const layers: OpCase[] = [
  denseCase('one number', [1, 1], 1),
  denseCase('odd', [4, 7], 3),
  denseCase('one row', [1, 17], 5),
  denseCase('one row, vec4', [1, 64], 32),
  denseCase('ten classes', [7, 33], 10, false),
  denseCase('vec4', [16, 64], 20),
  denseCase('five features', [9, 5], 16),
  denseCase('past one tile', [70, 36], 132),
  denseCase('long sum', [3, 1000], 4),
  denseCase('few rows, long sums', [8, 320], 12),
  denseCase('few rows, many columns', [3, 20], 260),
  denseCase('many rows, few columns', [261, 6], 4),
  denseCase('many tiles', [133, 10], 168),
  denseCase('rank 4', [2, 3, 5, 8], 12),
  // Products are no halves; some of the sums are.
  denseCase('large numbers', [9, 20], 12, true, large),
  denseCase('large numbers, odd', [5, 21], 3, true, large),
];

/** The two matrices are [rows, inner] and [inner, columns] before they are transposed. */
const sizes: readonly (readonly [name: string, rows: number, inner: number, columns: number])[] = [
  ['one', 1, 1, 1],
  ['odd', 5, 7, 3],
  ['vec4', 12, 20, 8],
  ['past one tile', 68, 33, 76],
  ['column', 65, 9, 1],
];

const products: OpCase[] = sizes.flatMap(([name, rows, inner, columns]) =>
  [0, 1, 2, 3].map((flags): OpCase => {
    const [transposeA, transposeB] = [(flags & 1) > 0, (flags & 2) > 0];
    return {
      op: 'matmul',
      name: `${name}${transposeA ? ', left transposed' : ''}${transposeB ? ', right transposed' : ''}`,
      inputs: [
        { shape: transposeA ? [inner, rows] : [rows, inner] },
        { shape: transposeB ? [columns, inner] : [inner, columns] },
      ],
      attrs: { transposeA, transposeB },
      terms: inner,
      gradientTerms: Math.max(rows, columns),
    };
  }),
);

/** Every activation, and the residual, behind a sum of matrices. */
const followed: OpCase[] = activationOps
  .map(({ name }) => name)
  // Not defined everywhere, or with kinks that random numbers meet.
  .filter((activation) => !['log', 'sqrt', 'huber', 'abs'].includes(activation))
  .map((activation, i): OpCase => {
    const residual = i % 2 === 1;
    const spec = denseCase(`then ${activation}`, [6, 9], i % 3 ? 8 : 5, i % 4 < 2);
    return {
      ...spec,
      inputs: [...spec.inputs, ...(residual ? [{ shape: [6, i % 3 ? 8 : 5] }] : [])],
      attrs: { activation, ...(residual && { residual }) },
      terms: 40,
      gradientTerms: 60,
    };
  });

export const denseCases: OpCase[] = [...layers, ...products, ...followed];
