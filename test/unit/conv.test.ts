// What convolution and matrix ops refuse, and padding in a user's words.

import { describe, expect, test } from 'vitest';
import type { DType } from '../../src/core/dtype';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors';
import type { Attrs, TensorType } from '../../src/ir/graph';
import { opNamed } from '../../src/ops';
import { outputExtent, resolvePadding } from '../../src/ops/window';

const tensor = (shape: readonly number[], dtype: DType = 'f32'): TensorType => ({ dtype, shape });

function inferring(op: string, shapes: readonly (readonly number[])[], attrs: Attrs = {}) {
  const inputs = shapes.map((shape) => tensor(shape));
  return () => opNamed(op).infer(inputs, attrs, `${op} "stem"`)[0].shape;
}

const x = [8, 32, 32, 4];

describe('conv2d', () => {
  test('gives the shape of its output', () => {
    expect(inferring('conv2d', [x, [3, 3, 4, 6]])()).toEqual([8, 30, 30, 6]);
    const attrs = { strides: [2, 3], pads: [1, 0, 2, 1], dilations: [2, 1], groups: 2 };
    expect(inferring('conv2d', [x, [3, 3, 2, 6]], attrs)()).toEqual([8, 16, 11, 6]);
  });

  test('names the channels that do not fit', () => {
    expect(inferring('conv2d', [x, [3, 3, 3, 6]])).toThrow(
      'conv2d "stem": weights expect 3 input channels, the input has 4 (shape [8,32,32,4], NHWC).',
    );
  });

  test.each<
    [string, readonly (readonly number[])[], Attrs, new (...args: never[]) => Error, string]
  >([
    [
      'rank of the input',
      [
        [8, 32, 4],
        [3, 3, 4, 6],
      ],
      {},
      ShapeError,
      '4 dimensions (NHWC)',
    ],
    ['rank of the weights', [x, [3, 4, 6]], {}, ShapeError, 'the weights have 4 dimensions'],
    ['bias', [x, [3, 3, 4, 6], [4]], {}, ShapeError, 'the bias has shape [6]'],
    ['too few tensors', [x], {}, ShapeError, '2 to 3 tensors'],
    ['negative stride', [x, [3, 3, 4, 6]], { strides: [-1, 1] }, ArgumentError, 'strides[0]'],
    ['zero stride', [x, [3, 3, 4, 6]], { strides: [1, 0] }, ArgumentError, 'strides[1]'],
    ['stride NaN', [x, [3, 3, 4, 6]], { strides: [Number.NaN, 1] }, ArgumentError, 'strides[0]'],
    ['one stride', [x, [3, 3, 4, 6]], { strides: [2] }, ArgumentError, 'a list of 2 numbers'],
    ['negative padding', [x, [3, 3, 4, 6]], { pads: [0, -1, 0, 0] }, ArgumentError, 'pads[1]'],
    ['zero dilation', [x, [3, 3, 4, 6]], { dilations: [0, 1] }, ArgumentError, 'dilations[0]'],
    ['zero groups', [x, [3, 3, 4, 6]], { groups: 0 }, ArgumentError, 'groups must be'],
    ['groups and inputs', [x, [3, 3, 1, 6]], { groups: 3 }, ArgumentError, 'of input channels'],
    ['groups and outputs', [x, [3, 3, 2, 5]], { groups: 2 }, ArgumentError, 'of output channels'],
    ['large kernel', [x, [33, 3, 4, 6]], {}, ShapeError, 'height 33 on 32'],
    ['dilated kernel', [x, [3, 5, 4, 6]], { dilations: [1, 8] }, ShapeError, 'width 33 on 32'],
  ])('refuses: %s', (_name, shapes, attrs, error, text) => {
    expect(inferring('conv2d', shapes, attrs)).toThrow(error);
    expect(inferring('conv2d', shapes, attrs)).toThrow(text);
  });

  test('refuses integers and mixtures', () => {
    const infer =
      (...types: TensorType[]) =>
      () =>
        opNamed('conv2d').infer(types, {}, 'conv2d');
    expect(infer(tensor(x, 'i32'), tensor([3, 3, 4, 6], 'i32'))).toThrow(DTypeError);
    expect(infer(tensor(x), tensor([3, 3, 4, 6], 'f16'))).toThrow(DTypeError);
  });
});

test('gradients of conv2d refuse an output gradient of another shape', () => {
  const y = [8, 30, 30, 6];
  const bad = [8, 30, 29, 6];
  const w = [3, 3, 4, 6];
  expect(inferring('conv2dInputGrad', [y, w], { inputShape: x })()).toEqual(x);
  expect(inferring('conv2dInputGrad', [bad, w], { inputShape: x })).toThrow(ShapeError);
  expect(inferring('conv2dFilterGrad', [x, y], { kernelShape: w })()).toEqual(w);
  expect(inferring('conv2dFilterGrad', [x, bad], { kernelShape: w })).toThrow(ShapeError);
});

describe('conv2dTranspose', () => {
  const w = [3, 3, 6, 4];

  test('gives the shape of its output', () => {
    const attrs = { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 0] };
    expect(inferring('conv2dTranspose', [x, w], attrs)()).toEqual([8, 64, 63, 6]);
    const grouped = inferring('conv2dTranspose', [x, w], { groups: 2 });
    expect(grouped()).toEqual([8, 34, 34, 12]);
  });

  test.each<[string, readonly (readonly number[])[], Attrs, string]>([
    ['channels', [x, [3, 3, 6, 5]], {}, 'weights expect 5 input channels'],
    ['groups', [x, w], { groups: 3 }, 'groups divides the number of input channels'],
    ['output padding', [x, w], { outputPadding: [1, 0] }, 'smaller than the strides'],
    ['negative output padding', [x, w], { outputPadding: [0, -1] }, 'two integers ≥ 0'],
    ['nothing left', [[1, 1, 1, 4], w], { pads: [2, 0, 1, 0] }, 'at least one row and column'],
    ['rank of the weights', [x, [3, 6, 4]], {}, 'the weights have 4 dimensions'],
  ])('refuses: %s', (_name, shapes, attrs, text) => {
    expect(inferring('conv2dTranspose', shapes, attrs)).toThrow(text);
  });
});

test.each<[string, string, readonly (readonly number[])[], Attrs, string]>([
  [
    'features',
    'dense',
    [
      [2, 5],
      [4, 3],
    ],
    {},
    'weights expect 4 features, the input has 5',
  ],
  ['a vector', 'dense', [[5], [5, 3]], {}, 'at least 2 dimensions'],
  [
    'weights',
    'dense',
    [
      [2, 5],
      [5, 3, 1],
    ],
    {},
    'the weight tensor is a matrix',
  ],
  ['bias', 'dense', [[2, 5], [5, 3], [5]], {}, 'the bias has shape [3]'],
  [
    'inner extents',
    'matmul',
    [
      [2, 5],
      [4, 3],
    ],
    {},
    'found 5 and 4',
  ],
  [
    'transposed extents',
    'matmul',
    [
      [2, 5],
      [5, 3],
    ],
    { transposeB: true },
    '[2,5]·[5,3]ᵀ',
  ],
  [
    'rank',
    'matmul',
    [
      [2, 5, 1],
      [5, 3],
    ],
    {},
    'the left operand is a matrix',
  ],
])('refuses: %s of %s', (_name, op, shapes, attrs, text) => {
  expect(inferring(op, shapes, attrs)).toThrow(text);
});

describe('resolvePadding', () => {
  const pads = (padding: Parameters<typeof resolvePadding>[0], kernel = 3, stride = 1, size = 8) =>
    resolvePadding(padding, [size, size], [kernel, kernel], [stride, stride], [1, 1], 'test');

  test('same: as many outputs as ceil(size/stride), the odd one at the bottom and right', () => {
    expect(pads('same')).toEqual([1, 1, 1, 1]);
    expect(pads('same', 3, 2)).toEqual([0, 0, 1, 1]);
    expect(pads('same', 2)).toEqual([0, 0, 1, 1]);
    expect(pads('same', 1, 3)).toEqual([0, 0, 0, 0]);
    expect(resolvePadding('same', [8, 8], [3, 3], [1, 1], [2, 3], 'test')).toEqual([2, 3, 2, 3]);
    for (const size of [1, 2, 5, 8])
      for (const kernel of [1, 2, 3, 4])
        for (const stride of [1, 2, 3]) {
          const window = {
            strides: [stride, stride],
            pads: pads('same', kernel, stride, size),
            dilations: [1, 1],
          } as const;
          const [height] = outputExtent([size, size], [kernel, kernel], window, 'test');
          expect(height).toBe(Math.ceil(size / stride));
        }
  });

  test('valid and explicit', () => {
    expect(pads('valid')).toEqual([0, 0, 0, 0]);
    expect(pads(2)).toEqual([2, 2, 2, 2]);
    expect(pads([1, 2])).toEqual([1, 2, 1, 2]);
    expect(pads([1, 2, 3, 4])).toEqual([1, 2, 3, 4]);
  });

  test('refuses the rest', () => {
    expect(() => pads([1, 2, 3])).toThrow(ArgumentError);
    expect(() => pads(-1)).toThrow(ArgumentError);
    expect(() => pads([0, Number.NaN])).toThrow(ArgumentError);
    expect(() => pads('full' as 'same')).toThrow(ArgumentError);
  });
});
