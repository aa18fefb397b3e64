import type { OpCase } from './types';

const sizes: [string, number[], number[]][] = [
  ['twice', [2, 3, 4, 3], [6, 8]],
  ['smaller', [1, 9, 8, 5], [4, 3]],
  ['same', [1, 4, 5, 4], [4, 5]],
  ['larger, odd', [1, 3, 5, 4], [8, 7]],
  ['much larger, past one workgroup', [1, 2, 3, 8], [13, 17]],
  ['one pixel', [2, 1, 1, 3], [3, 4]],
  ['one pixel as it is', [1, 1, 1, 5], [1, 1]],
  ['to one pixel', [1, 4, 5, 2], [1, 1]],
];

export const resizeCases: OpCase[] = ['nearest', 'bilinear'].flatMap((mode) =>
  ['halfPixel', 'alignCorners', 'asymmetric'].flatMap((coordinates) =>
    sizes.map(([name, shape, size]) => ({
      op: 'resize',
      name: `${mode}, ${coordinates}: ${name}`,
      inputs: [{ shape }],
      attrs: { size, mode, coordinates },
      terms: 16,
      gradientTerms: 240,
    })),
  ),
);
