import { describe, expect, test } from 'vitest';
import { positive, positiveInteger, within } from '../../src/core/check';
import { decodeArray, encodeArray, roundTrip } from '../../src/core/dtype';
import { ArgumentError, BatchNormError, ShapeError } from '../../src/core/errors';
import { floatToHalf, halfToFloat } from '../../src/core/half';
import { permutation, Random, randomUniform } from '../../src/core/random';
import { broadcastShapes, checkShape, resolveAxis, stridesOf } from '../../src/core/shape';
import { erf } from '../../src/ops/erf';

describe('half floats', () => {
  test('every half survives the way to f32 and back', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = halfToFloat(half);
      if (Number.isNaN(value)) expect(floatToHalf(value) & 0x7c00).toBe(0x7c00);
      else expect(floatToHalf(value), `0x${half.toString(16)}`).toBe(half);
    }
  });

  test('rounds to nearest, ties to even', () => {
    // Halves near 1 are 2⁻¹⁰ apart above and near 2⁻²⁴ that far apart at the bottom.
    const cases: [number, number][] = [
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
      [65519, 65504],
      [65520, Number.POSITIVE_INFINITY],
      [-65520, Number.NEGATIVE_INFINITY],
      [2 ** -25, 0],
      [1.5 * 2 ** -24, 2 ** -23],
      [2 ** -14 - 2 ** -26, 2 ** -14],
    ];
    for (const [value, want] of cases) {
      expect(halfToFloat(floatToHalf(value)), String(value)).toBe(want);
    }
    expect(Object.is(halfToFloat(floatToHalf(-0)), -0)).toBe(true);
  });

  test('arrays are stored as bits and read as numbers', () => {
    const stored = encodeArray('f16', [1, -2.5, 0.1]);
    expect(stored).toBeInstanceOf(Uint16Array);
    const read = decodeArray('f16', stored.slice().buffer as ArrayBuffer, 3);
    expect([...read]).toEqual([1, -2.5, halfToFloat(floatToHalf(0.1))]);
    expect([...roundTrip('f16', [0.1])]).toEqual([read[2]]);
  });
});

describe('shapes', () => {
  test('strides and axes', () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(resolveAxis(-1, 4, 'x')).toBe(3);
    expect(() => resolveAxis(4, 4, 'x')).toThrow(/axis is an integer in \[-4, 3\]; found 4/);
  });

  test('broadcasting', () => {
    expect(broadcastShapes([3, 1, 5], [4, 1], 'x')).toEqual([3, 4, 5]);
    expect(broadcastShapes([], [2], 'x')).toEqual([2]);
    expect(() => broadcastShapes([3], [4], 'add "sum"')).toThrow(/add "sum".*\[3\] and \[4\]/);
  });

  test('illegal shapes are refused', () => {
    for (const shape of [[0], [-1], [1.5], [Number.NaN], [2 ** 32, 2 ** 32], Array(9).fill(1)]) {
      expect(() => checkShape(shape, 'tensor'), String(shape)).toThrow(ShapeError);
    }
    expect(() => checkShape([], 'tensor')).not.toThrow();
  });
});

describe('random numbers', () => {
  test('are the same for the same seed, and differ by seed, stream and index', () => {
    expect(randomUniform(1, 2, 3)).toBe(randomUniform(1, 2, 3));
    const all = [
      [1, 2, 3],
      [2, 2, 3],
      [1, 3, 3],
      [1, 2, 4],
      [2, 1, 3],
    ].map(([seed, stream, index]) => randomUniform(seed, stream, index));
    expect(new Set(all).size).toBe(all.length);
  });

  test('are uniform and normal', () => {
    const random = new Random(5);
    const count = 20000;
    const uniform = Array.from({ length: count }, () => random.uniform());
    const normal = Array.from({ length: count }, () => random.normal());
    const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    // Four standard errors.
    expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(4 / Math.sqrt(12 * count));
    expect(Math.abs(mean(normal))).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(mean(normal.map((v) => v * v)) - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
  });

  test('go on from a saved position', () => {
    const random = new Random(9, 1);
    permutation(10, random);
    const rest = new Random(9, 1, random.position);
    expect(rest.uniform()).toBe(random.uniform());
  });

  test('permutations hold every index once', () => {
    const order = permutation(100, new Random(3));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  });
});

test('the error function', () => {
  // Abramowitz & Stegun, table 7.1.
  const table: [number, number][] = [
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [-1, -0.8427007929497149],
  ];
  for (const [x, want] of table) expect(erf(x)).toBeCloseTo(want, 14);
});

describe('errors', () => {
  test('say what, which rule, what was found and what to do', () => {
    const error = new ShapeError({
      where: 'conv2d "stem"',
      rule: 'a',
      found: 'b',
      remedy: 'Do c.',
    });
    expect(error.message).toBe('conv2d "stem": a; found b. Do c.');
    expect(error.name).toBe('ShapeError');
    expect(error).toBeInstanceOf(BatchNormError);
    expect(error.remedy).toBe('Do c.');
  });

  test('checks of numbers name the argument', () => {
    expect(() => positive(Number.NaN, 'adam', 'learningRate')).toThrow(
      'adam: learningRate must be a finite number > 0; found NaN.',
    );
    expect(() => positiveInteger('3' as never, 'fit', 'epochs')).toThrow(ArgumentError);
    expect(within(0.5, 0, 1, 'bn', 'momentum')).toBe(0.5);
    expect(() => within(Number.NaN, 0, 1, 'bn', 'momentum')).toThrow(ArgumentError);
  });
});
