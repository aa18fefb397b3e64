// “Look into it”: what needs no page.
import { expect, test } from 'vitest';
import { imageSize } from '../../demo/parts/digits';
import {
  boardSize,
  centreOfMass,
  type Drawing,
  digitOf,
  drawingField,
} from '../../demo/parts/drawing';
import { afterStage, normalise, stages } from '../../demo/sections/look/arithmetic';
import { batchOf } from '../../demo/sections/look/batch';
import { samePlace } from '../../demo/sections/look/watcher';

/** An L, heavier below and to the left. */
const letter: Drawing = [
  [
    [20, 10],
    [20, 90],
    [60, 90],
  ],
];
const moved = (scale: number, x: number, y: number): Drawing =>
  letter.map((stroke) => stroke.map(([a, b]) => [scale * a + x, scale * b + y]));

/** The first and the last row or column that has ink. */
function span(image: Float32Array, index: (pixel: number) => number): [number, number] {
  const inked = [...image.keys()].filter((pixel) => image[pixel] > 0.5).map(index);
  return [Math.min(...inked), Math.max(...inked)];
}

test('a drawing is scaled to 20 pixels and centred by its mass, as MNIST is', () => {
  const image = digitOf(letter);
  expect(image).toHaveLength(imageSize ** 2);
  const [top, bottom] = span(image, (pixel) => Math.floor(pixel / imageSize));
  expect(bottom - top + 1).toBe(20);
  const [x, y] = centreOfMass(image);
  expect(x).toBeCloseTo(imageSize / 2, 1);
  expect(y).toBeCloseTo(imageSize / 2, 1);
  // Not by its box: an L has more ink to the left than to the right.
  const [left, right] = span(image, (pixel) => pixel % imageSize);
  expect(left + right).toBeGreaterThan(imageSize);
  expect(Math.min(...image)).toBe(0);
  expect(Math.max(...image)).toBe(1);
});

test('where and how large it was drawn makes no difference', () => {
  const image = digitOf(letter);
  for (const other of [moved(1, 20, 5), moved(0.5, 0, 40)]) {
    digitOf(other).forEach((ink, pixel) => {
      expect(ink).toBeCloseTo(image[pixel], 3);
    });
  }
});

test('a dot stays small, and no drawing is blank', () => {
  const ink = digitOf([[[50, 50]]]).reduce((sum, value) => sum + value, 0);
  expect(ink).toBeGreaterThan(3);
  expect(ink).toBeLessThan(30);
  expect(digitOf([]).every((value) => value === 0)).toBe(true);
});

test('a link gives back the drawing', () => {
  const drawing: Drawing = [...letter, [[0, boardSize - 1]]];
  expect(drawingField.parse(drawingField.format(drawing))).toEqual(drawing);
});

test.each(['', 'zz', '0a0', '0a0a.', '.0a0a', '0a0a..0a0a', '<svg>', '0a'.repeat(4000)])(
  'what is no drawing is none: %.20s',
  (text) => {
    expect(drawingField.parse(text)).toBeUndefined();
  },
);

test('points beyond the board come to its edge', () => {
  expect(drawingField.parse('zzzz')).toEqual([[[boardSize - 1, boardSize - 1]]]);
});

test('the stages lead to the formula', () => {
  const channel = { mean: 0.5, variance: 0.25, epsilon: 0.001, gamma: -2, beta: 0.3 };
  const [x, root] = [1.7, Math.sqrt(0.251)];
  expect(stages.map((stage) => afterStage(x, channel, stage))).toEqual([
    1.2,
    1.2,
    1.2 / root,
    (-2 * 1.2) / root + 0.3,
    (-2 * 1.2) / root + 0.3,
  ]);
  expect(normalise(x, channel)).toBeCloseTo(-4.4904, 4);
});

test('the company of an image is other images, the same for the same number', () => {
  const count = 5;
  const pixels = imageSize ** 2;
  const images = Float32Array.from({ length: count * pixels }, (_, i) => Math.floor(i / pixels));
  const test = { images, labels: new Int32Array(count), count };
  const image = images.subarray(2 * pixels, 3 * pixels);
  const companyOf = (company: number) => {
    const batch = batchOf(image, test, { batch: count, company, own: 2 });
    return Array.from({ length: count }, (_, i) => batch[i * pixels]);
  };
  expect(companyOf(7)[0]).toBe(2);
  expect([...companyOf(7)].sort()).toEqual([0, 1, 2, 3, 4]);
  expect(companyOf(7)).toEqual(companyOf(7));
  const orders = [1, 2, 3, 4, 5].map((company) => companyOf(company).join());
  expect(new Set(orders).size).toBeGreaterThan(1);
});

test('a pixel stays at its place in the picture from one layer to another', () => {
  const [large, small] = [14, 7].map((side) => ({ width: side, height: side }));
  // Column 13, row 12 of 14: the last column, row 6 of 7; and back to the middle of those four.
  expect(samePlace(12 * 14 + 13, large, small)).toBe(6 * 7 + 6);
  expect(samePlace(6 * 7 + 6, small, large)).toBe(13 * 14 + 13);
  expect(samePlace(5, large, large)).toBe(5);
});
