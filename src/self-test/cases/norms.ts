import type { Fill, InputSpec, OpCase } from './types';

const gamma = (...shape: number[]): InputSpec => ({
  shape,
  fill: { kind: 'uniform', low: 0.5, high: 2 },
});

function group(name: string, shape: number[], groups: number, fill?: Fill): OpCase {
  const channels = shape[shape.length - 1];
  const far = fill?.kind === 'normal' && fill.mean;
  return {
    op: 'groupNorm',
    name,
    inputs: [{ shape, fill }, gamma(channels), { shape: [channels] }],
    attrs: { groups, epsilon: 1e-5 },
    terms: 24,
    gradientTerms: 24 + shape.slice(0, -1).reduce((total, extent) => total * extent, 1),
    step: far ? 1e-5 / far : undefined,
  };
}

function layer(
  name: string,
  shape: number[],
  dims: number,
  rest: Partial<OpCase> & { fill?: Fill } = {},
): OpCase {
  const { fill, ...others } = rest;
  const own = shape.slice(shape.length - dims);
  const length = own.reduce((total, extent) => total * extent, 1);
  return {
    op: 'layerNorm',
    name,
    inputs: [{ shape, fill }, gamma(...own), { shape: own }],
    attrs: { dims, epsilon: 1e-5 },
    terms: 24 + length / 4,
    gradientTerms: 24 + shape.reduce((total, extent) => total * extent, 1) / length + length / 4,
    ...others,
  };
}

export const normCases: OpCase[] = [
  group('two groups', [2, 5, 5, 8], 2),
  group('one group, odd', [3, 4, 4, 5], 1),
  group('three groups, folded', [2, 3, 4, 6], 3),
  group('odd rows', [2, 3, 3, 6], 2),
  group('a group a channel', [2, 7, 5, 4], 4),
  group('a group a channel, odd', [3, 9, 5], 5),
  group('several tiles', [2, 23, 31, 4], 2),
  group('tiles without rows', [2, 1030, 4], 2),
  group('several tiles, scalar', [1, 431, 3], 3),
  group('without other axes', [5, 12], 3),
  group('more groups than a workgroup', [3, 4, 60], 30),
  group('mean 1000', [2, 8, 8, 5], 5, { kind: 'normal', mean: 1e3, std: 1 }),
  group('mean 1000, groups', [2, 16, 8], 2, { kind: 'normal', mean: 1e3, std: 0.1 }),
  group('near the largest half', [2, 9, 7, 6], 2, { kind: 'normal', mean: 6e4, std: 500 }),
  layer('odd', [4, 7], 1),
  layer('vec4', [2, 3, 8], 1),
  layer('three axes', [2, 3, 4, 5], 3),
  layer('two axes, odd', [2, 5, 3, 3], 2),
  layer('everything', [3, 5], 2),
  layer('rows past one workgroup', [131, 5], 1),
  layer('rows past one workgroup, vec4', [67, 12], 1),
  layer('long rows', [3, 301], 1),
  layer('long rows, vec4', [3, 516], 1),
  layer('mean 1000', [9, 20], 1, {
    fill: { kind: 'normal', mean: 1e3, std: 0.1 },
    step: 1e-8,
  }),
  layer('near the largest half', [9, 37], 1, {
    fill: { kind: 'normal', mean: 6e4, std: 500 },
    step: 1e-8,
  }),
  layer('epsilon', [5, 6], 1, { attrs: { dims: 1, epsilon: 0.3 } }),
];
