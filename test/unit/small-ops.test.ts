// Exact values at the edges, and what the small ops refuse: pooling, shapes, softmax, losses.

import { describe, expect, test } from 'vitest';
import type { DType } from '../../src/core/dtype';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors';
import { randomUniform } from '../../src/core/random';
import type { Attrs, TensorType } from '../../src/ir/graph';
import { opNamed } from '../../src/ops';

const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
const i32 = (...shape: number[]): TensorType => ({ dtype: 'i32', shape });

/** The op's reference on numbers. */
function run(op: string, tensors: [TensorType, number[]][], attrs: Attrs = {}): number[][] {
  const inputs = tensors.map(([type]) => type);
  const outputs = opNamed(op).infer(inputs, attrs, op);
  const numbers = tensors.map(([, values]) => Float64Array.from(values));
  return opNamed(op)
    .reference(numbers, { inputs, outputs, attrs })
    .map((values) => [...values]);
}

const { NaN: nan, NEGATIVE_INFINITY: low } = Number;

describe('max pooling', () => {
  const size = [2, 2];

  test('the first of equal maxima gets the gradient', () => {
    const x = [1, 1, 1, 1];
    expect(
      run(
        'maxPool2dGrad',
        [
          [f32(1, 2, 2, 1), x],
          [f32(1, 1, 1, 1), [3]],
        ],
        { size },
      ),
    ).toEqual([[3, 0, 0, 0]]);
  });

  test('a NaN wins, and the first of several gets the gradient', () => {
    const x: [TensorType, number[]] = [f32(1, 2, 2, 1), [9, nan, nan, 1]];
    expect(run('maxPool2d', [x], { size })).toEqual([[nan]]);
    expect(run('maxPool2dArgmax', [x], { size })).toEqual([[1]]);
    expect(run('maxPool2dGrad', [x, [f32(1, 1, 1, 1), [2]]], { size })).toEqual([[0, 2, 0, 0]]);
  });

  test('padding never wins', () => {
    const x: [TensorType, number[]] = [f32(1, 1, 1, 1), [-5]];
    const attrs = { size: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] };
    expect(run('maxPool2d', [x], attrs)).toEqual([[-5]]);
  });

  test('a window of −∞ alone is −∞ at its first element', () => {
    const x: [TensorType, number[]] = [f32(1, 2, 2, 1), [low, low, low, low]];
    expect(run('maxPool2d', [x], { size })).toEqual([[low]]);
    expect(run('maxPool2dArgmax', [x], { size })).toEqual([[0]]);
  });
});

test('average pooling counts padding, or does not', () => {
  const x: [TensorType, number[]] = [f32(1, 2, 2, 1), [1, 2, 3, 6]];
  const attrs = { size: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1] };
  expect(run('avgPool2d', [x], attrs)).toEqual([[1, 2, 3, 6]]);
  expect(run('avgPool2d', [x], { ...attrs, countIncludePad: true })).toEqual([
    [0.25, 0.5, 0.75, 1.5],
  ]);
});

describe('softmax and cross-entropy', () => {
  test('differences of 1e4 do not overflow', () => {
    const x: [TensorType, number[]] = [f32(3), [1e4, -1e4, 1e4]];
    expect(run('softmax', [x], { axis: 0 })).toEqual([[0.5, 0, 0.5]]);
    expect(run('logSoftmax', [x], { axis: 0 })[0][1]).toBeCloseTo(-20000 - Math.log(2), 8);
  });

  test('the loss is what the formula says, smoothed', () => {
    const logits = [1, 2, 4];
    const lse = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
    const tensors: [TensorType, number[]][] = [
      [f32(1, 3), logits],
      [i32(1), [1]],
    ];
    const expected = 0.7 * (lse - 2) + (0.3 / 3) * (3 * lse - 7);
    const [[loss]] = run('softmaxCrossEntropy', tensors, { labelSmoothing: 0.3 });
    expect(loss).toBeCloseTo(expected, 12);
    const oneHot: [TensorType, number[]] = [f32(1, 3), [0, 1, 0]];
    const dense = run('softmaxCrossEntropyDense', [tensors[0], oneHot], { labelSmoothing: 0.3 });
    expect(dense[0][0]).toBeCloseTo(expected, 12);
  });

  test('a label out of range makes its row NaN and no other', () => {
    const tensors: [TensorType, number[]][] = [
      [f32(3, 2), [0, 0, 0, 0, 0, 0]],
      [i32(3), [1, 2, -1]],
    ];
    expect(run('softmaxCrossEntropy', tensors)).toEqual([[Math.LN2, nan, nan]]);
    const gradient = run('softmaxCrossEntropyGrad', [...tensors, [f32(3), [1, 1, 1]]]);
    expect(gradient).toEqual([[0.5, -0.5, nan, nan, nan, nan]]);
  });

  test('the binary one keeps its digits far out', () => {
    const [loss] = run('sigmoidCrossEntropy', [
      [f32(3), [60, -60, 60]],
      [f32(3), [1, 0, 0]],
    ]);
    expect(loss[0] / Math.exp(-60)).toBeCloseTo(1, 9);
    expect(loss[1] / Math.exp(-60)).toBeCloseTo(1, 9);
    expect(loss[2]).toBeCloseTo(60, 12);
  });
});

describe('resize and pad', () => {
  const row = (...values: number[]): [TensorType, number[]] => [
    f32(1, 1, values.length, 1),
    values,
  ];
  const to = (width: number, mode: string, coordinates: string) => ({
    size: [1, width],
    mode,
    coordinates,
  });

  test('bilinear, each way to place the corners', () => {
    const x = row(0, 4);
    expect(run('resize', [x], to(4, 'bilinear', 'halfPixel'))).toEqual([[0, 1, 3, 4]]);
    expect(run('resize', [x], to(5, 'bilinear', 'alignCorners'))).toEqual([[0, 1, 2, 3, 4]]);
    expect(run('resize', [x], to(4, 'bilinear', 'asymmetric'))).toEqual([[0, 2, 4, 4]]);
  });

  test('nearest takes the later of two, asymmetric the one before', () => {
    const x = row(1, 2, 3, 4);
    expect(run('resize', [x], to(2, 'nearest', 'halfPixel'))).toEqual([[2, 4]]);
    expect(run('resize', [x], to(2, 'nearest', 'asymmetric'))).toEqual([[1, 3]]);
    expect(run('resize', [row(1, 2)], to(3, 'nearest', 'alignCorners'))).toEqual([[1, 2, 2]]);
  });

  test('padding reflects without the edge, replicates it, or is constant', () => {
    const padded = (mode: string) =>
      run('pad', [[f32(3), [1, 2, 3]]], { before: [2], after: [1], mode, value: 9 })[0];
    expect(padded('reflect')).toEqual([3, 2, 1, 2, 3, 2]);
    expect(padded('replicate')).toEqual([1, 1, 1, 2, 3, 3]);
    expect(padded('constant')).toEqual([9, 9, 1, 2, 3, 9]);
  });
});

test('gathering counts from the end, and shows nothing for rows that are not there', () => {
  const table: [TensorType, number[]] = [f32(2, 2), [1, 2, 3, 4]];
  const rows: [TensorType, number[]] = [i32(4), [1, -2, 2, -3]];
  expect(run('gather', [table, rows])).toEqual([[3, 4, 1, 2, nan, nan, nan, nan]]);
  expect(run('gather', [[i32(2, 2), table[1]], rows])).toEqual([[3, 4, 1, 2, 0, 0, 0, 0]]);
  const dy: [TensorType, number[]] = [f32(4, 2), [1, 2, 3, 4, 5, 6, 7, 8]];
  expect(run('gatherGrad', [dy, rows], { axis: 0, size: 2 })).toEqual([[3, 4, 1, 2]]);
});

test('argMax takes the first of equals and passes over NaN', () => {
  const x: [TensorType, number[]] = [f32(3, 3), [1, 2, 2, nan, 0, nan, nan, nan, nan]];
  expect(run('argMax', [x], { axis: 1 })).toEqual([[1, 1, 0]]);
});

test('dropout keeps by randomUniform and its step', () => {
  const ones = new Array<number>(1000).fill(1);
  const kept = (step: number) =>
    run(
      'dropout',
      [
        [f32(1000), ones],
        [i32(1), [step]],
      ],
      { rate: 0.25, seed: 5 },
    )[0];
  expect(kept(3)).toEqual(ones.map((_, i) => (randomUniform(5, 3, i) >= 0.25 ? 4 / 3 : 0)));
  expect(kept(4)).not.toEqual(kept(3));
  expect(kept(3).filter((v) => v > 0).length).toBeGreaterThan(700);
  expect(kept(3).filter((v) => v > 0).length).toBeLessThan(800);
});

describe('what is refused', () => {
  const half = (...shape: number[]): TensorType => ({ dtype: 'f16' as DType, shape });
  const bad: [string, TensorType[], Attrs, new (...args: never[]) => Error, RegExp][] = [
    ['reshape', [f32(2, 3)], { shape: [4] }, ShapeError, /6 elements; found \[2,3\] to \[4\]/],
    ['concat', [f32(2, 3), f32(3, 3)], { axis: 1 }, ShapeError, /only along axis 1/],
    ['concat', [f32(2), i32(2)], { axis: 0 }, DTypeError, /all f32 or all f16/],
    ['concat', [f32(2), f32(2)], { axis: 1 }, ShapeError, /integer in \[-1, 0\]/],
    ['slice', [f32(4)], { starts: [3], sizes: [2] }, ShapeError, /extent 4; found 2 from 3 by 1/],
    ['slice', [f32(4)], { starts: [-1], sizes: [2] }, ArgumentError, /starts\[0\]/],
    ['slice', [f32(4)], { starts: [0, 0], sizes: [1, 1] }, ArgumentError, /each of the 1 axes/],
    ['transpose', [f32(2, 3)], { perm: [0, 0] }, ArgumentError, /each of the 2 axes once/],
    ['pad', [f32(3)], { before: [3], after: [0], mode: 'reflect' }, ShapeError, /3 on an extent/],
    ['pad', [f32(3)], { before: [1], after: [0], mode: 'mirror' }, ArgumentError, /"replicate"/],
    ['pad', [f32(3)], { before: [-1], after: [0] }, ArgumentError, /before\[0\]/],
    ['resize', [f32(1, 2, 2, 1)], { size: [0, 2] }, ArgumentError, /size\[0\]/],
    ['resize', [f32(2, 2, 1)], { size: [2, 2] }, ShapeError, /4 dimensions \(NHWC\)/],
    ['resize', [f32(1, 2, 2, 1)], { size: [2, 2], mode: 'cubic' }, ArgumentError, /mode/],
    ['maxPool2d', [f32(1, 2, 2, 1)], { size: [3, 3] }, ShapeError, /height 3 on 2/],
    [
      'avgPool2d',
      [f32(1, 4, 4, 1)],
      { size: [2, 2], pads: [2, 0, 0, 0] },
      ArgumentError,
      /padding is smaller than the window/,
    ],
    ['softmax', [f32(2)], { axis: 1.5 }, ShapeError, /axis/],
    ['softmaxCrossEntropy', [f32(4, 3), i32(3)], {}, ShapeError, /labels has shape \[4\]/],
    ['softmaxCrossEntropy', [f32(4, 3), f32(4)], {}, DTypeError, /labels are i32/],
    [
      'softmaxCrossEntropy',
      [f32(4, 3), i32(4)],
      { labelSmoothing: 1.1 },
      ArgumentError,
      /labelSmoothing must be in \[0, 1\]/,
    ],
    ['softmaxCrossEntropyDense', [f32(4, 3), f32(3, 4)], {}, ShapeError, /targets has shape/],
    ['sigmoidCrossEntropy', [f32(4), half(4)], {}, DTypeError, /all f32 or all f16/],
    ['gather', [f32(4, 2), f32(3)], {}, DTypeError, /indices are i32/],
    ['gather', [f32(), i32(3)], {}, ShapeError, /axis is an integer/],
    ['equal', [f32(4), i32(4)], {}, DTypeError, /all f32 or all f16/],
    ['increment', [i32(2)], {}, ShapeError, /counter has shape \[1\]/],
    ['dropout', [f32(4), i32(1)], { rate: 1, seed: 0 }, ArgumentError, /below 1/],
    ['dropout', [f32(4), i32(1)], { rate: nan, seed: 0 }, ArgumentError, /rate/],
    ['dropout', [f32(4), f32(1)], { rate: 0.5, seed: 0 }, DTypeError, /step is i32/],
    ['prelu', [f32(4, 3), f32(2)], {}, ShapeError, /\[3\] or \[1\]/],
    ['cast', [f32(4)], { to: 'u32' }, ArgumentError, /to must be one of/],
    ['cast', [i32(4)], { to: 'i32' }, DTypeError, /to another type/],
    ['cast', [half(4)], { to: 'f16' }, DTypeError, /to another type/],
  ];
  test.each(bad)('%s %j %j', (op, inputs, attrs, type, message) => {
    const infer = () => opNamed(op).infer(inputs, attrs, `${op} "here"`);
    expect(infer).toThrow(type);
    expect(infer).toThrow(message);
    expect(infer).toThrow(/here"/);
  });
});
