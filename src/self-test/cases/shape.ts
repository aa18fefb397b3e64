import type { InputSpec, OpCase } from './types';

const normal = (...shape: number[]): InputSpec => ({ shape });

const reshape: OpCase[] = [
  { op: 'reshape', name: 'flatten', inputs: [normal(3, 5, 7)], attrs: { shape: [3, 35] } },
  { op: 'reshape', name: 'scalar', inputs: [normal(1, 1)], attrs: { shape: [] } },
];

const concat: OpCase[] = [
  { op: 'concat', name: 'one', inputs: [normal(3, 2)], attrs: { axis: 0 } },
  {
    op: 'concat',
    name: 'last axis, odd',
    inputs: [normal(3, 5, 2), normal(3, 5, 1), normal(3, 5, 4)],
    attrs: { axis: -1 },
  },
  {
    op: 'concat',
    name: 'channels in vec4s, past one workgroup',
    inputs: [normal(5, 9, 16), normal(5, 9, 8), normal(5, 9, 64)],
    attrs: { axis: 2 },
  },
  {
    op: 'concat',
    name: 'middle axis, offset not in vec4s',
    inputs: [normal(2, 1, 2), normal(2, 2, 2), normal(2, 3, 2)],
    attrs: { axis: 1 },
  },
  { op: 'concat', name: 'first axis', inputs: [normal(3, 7), normal(4, 7)], attrs: { axis: 0 } },
];

const slice: OpCase[] = [
  {
    op: 'slice',
    name: 'steps',
    inputs: [normal(7, 5, 11)],
    attrs: { starts: [1, 0, 2], sizes: [3, 3, 3], steps: [2, 2, 4] },
  },
  {
    op: 'slice',
    name: 'backwards',
    inputs: [normal(7, 5, 3)],
    attrs: { starts: [6, 4, 0], sizes: [3, 5, 3], steps: [-3, -1, 1] },
  },
  {
    op: 'slice',
    name: 'the innermost axis backwards',
    inputs: [normal(3, 300)],
    attrs: { starts: [0, 299], sizes: [3, 300], steps: [1, -1] },
  },
  {
    op: 'slice',
    name: 'rows backwards in vec4s',
    inputs: [normal(6, 5, 16)],
    attrs: { starts: [5, 4, 4], sizes: [3, 5, 8], steps: [-2, -1, 1] },
  },
  {
    op: 'slice',
    name: 'odd block',
    inputs: [normal(4, 5, 7)],
    attrs: { starts: [1, 0, 3], sizes: [2, 5, 3] },
  },
  {
    op: 'slice',
    name: 'vec4s',
    inputs: [normal(6, 5, 24)],
    attrs: { starts: [2, 1, 8], sizes: [3, 4, 12] },
  },
  {
    op: 'slice',
    name: 'start not in vec4s',
    inputs: [normal(6, 24)],
    attrs: { starts: [0, 2], sizes: [6, 16] },
  },
  {
    op: 'slice',
    name: 'all, past one workgroup',
    inputs: [normal(3, 700)],
    attrs: { starts: [0, 0], sizes: [3, 700] },
  },
  {
    op: 'slice',
    name: 'rank 8',
    inputs: [normal(2, 3, 1, 2, 3, 2, 1, 3)],
    attrs: { starts: [0, 1, 0, 1, 0, 0, 0, 2], sizes: [2, 2, 1, 1, 2, 2, 1, 1] },
  },
];

const transpose: OpCase[] = [
  { op: 'transpose', name: 'matrix', inputs: [normal(37, 29)], attrs: { perm: [1, 0] } },
  {
    op: 'transpose',
    name: 'NCHW to NHWC',
    inputs: [normal(2, 3, 5, 7)],
    attrs: { perm: [0, 2, 3, 1] },
  },
  {
    op: 'transpose',
    name: 'rows of vec4s',
    inputs: [normal(5, 3, 8)],
    attrs: { perm: [1, 0, 2] },
  },
  { op: 'transpose', name: 'as it is', inputs: [normal(3, 4)], attrs: { perm: [0, 1] } },
  {
    op: 'transpose',
    name: 'rank 8',
    inputs: [normal(2, 1, 3, 2, 1, 2, 3, 2)],
    attrs: { perm: [7, 2, 5, 0, 3, 1, 6, 4] },
  },
];

const pads: [string, number[], number[], number[]][] = [
  ['vector', [7], [2], [3]],
  ['as much as reflects', [3, 4], [2, 3], [2, 3]],
  ['image', [2, 5, 4, 3], [0, 1, 2, 0], [0, 3, 0, 0]],
  ['past one workgroup', [2, 9, 11, 8], [0, 2, 3, 0], [0, 1, 2, 1]],
  ['nearly one workgroup', [7, 73], [2, 3], [1, 4]],
  ['channels in vec4s', [2, 5, 6, 8], [0, 1, 2, 0], [0, 2, 1, 0]],
  ['rows in vec4s', [3, 24], [1, 4], [0, 8]],
  ['rank 6', [2, 2, 3, 2, 2, 3], [1, 0, 1, 1, 0, 1], [0, 1, 0, 1, 1, 2]],
  ['nothing', [3, 3], [0, 0], [0, 0]],
];

const modes = ['constant', 'reflect', 'replicate', 'symmetric', 'wrap'];
const pad: OpCase[] = modes.flatMap((mode) =>
  pads.map(([name, shape, before, after]) => ({
    op: 'pad',
    name: `${mode}: ${name}`,
    inputs: [normal(...shape)],
    attrs: { before, after, mode, value: 0.25 },
    gradientTerms: 16,
  })),
);

export const shapeCases: OpCase[] = [...reshape, ...concat, ...slice, ...transpose, ...pad];
