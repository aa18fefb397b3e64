import { imageSize } from './digits';
import type { Field } from './fields';

/** Places of the pen in turn, each x and y a whole number in [0, boardSize). */
export type Stroke = readonly (readonly [number, number])[];
export type Drawing = readonly Stroke[];

/** What the board is divided into, each way: two characters a point in the link. */
export const boardSize = 36 * 3;
/** MNIST fits its digits into a box of 20 by 20, and then moves their centre of mass to the middle. */
const boxSize = 20;
/** Width of a line, in pixels of the picture, as pens in MNIST draw it. */
export const penWidth = 2.5;
/** How far a line's edge fades, in pixels. */
const edge = 0.9;
/** A dot is not blown up to fill the box: at most so many pixels for a unit of the board. */
const largestScale = boxSize / (boardSize / 6);

/** The drawing as MNIST has its digits, [28 · 28], 0 (paper) … 1 (ink). */
export function digitOf(drawing: Drawing): Float32Array {
  // A byte a pixel, as in MNIST.
  return inked(digitLines(drawing)).map((ink) => Math.round(255 * ink) / 255);
}

/**
 * The lines of a drawing as MNIST has its digits, in pixels of a picture of 28 by 28: scaled so that the
 * larger side fills 20 pixels, the centre of mass in the middle.
 */
export function digitLines(drawing: Drawing): Drawing {
  const points = drawing.flat();
  if (!points.length) return [];
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const extent = Math.max(right - left, bottom - top);
  const scale = Math.min(largestScale, (boxSize - penWidth) / Math.max(extent, 1));
  const middle = imageSize / 2;
  const place = (moveX: number, moveY: number): Drawing =>
    drawing.map((stroke) =>
      stroke.map(([x, y]) => [
        (x - (left + right) / 2) * scale + middle + moveX,
        (y - (top + bottom) / 2) * scale + middle + moveY,
      ]),
    );
  const [massX, massY] = centreOfMass(inked(place(0, 0)));
  return place(middle - massX, middle - massY);
}

/** Where the middle of the ink is, in pixels from the left and from the top. */
export function centreOfMass(image: Float32Array): readonly [number, number] {
  let [mass, x, y] = [0, 0, 0];
  image.forEach((ink, pixel) => {
    mass += ink;
    x += ink * ((pixel % imageSize) + 0.5);
    y += ink * (Math.floor(pixel / imageSize) + 0.5);
  });
  return mass > 0 ? [x / mass, y / mass] : [imageSize / 2, imageSize / 2];
}

/** Lines in pixels, drawn with a round pen: the ink of a pixel falls with its distance to a line. */
function inked(lines: Drawing): Float32Array {
  const segments = lines.flatMap((line) =>
    line.length === 1 ? [[line[0], line[0]]] : line.slice(1).map((to, i) => [line[i], to]),
  );
  return Float32Array.from({ length: imageSize * imageSize }, (_, pixel) => {
    const [x, y] = [(pixel % imageSize) + 0.5, Math.floor(pixel / imageSize) + 0.5];
    let nearest = Number.POSITIVE_INFINITY;
    for (const [from, to] of segments) nearest = Math.min(nearest, distance(x, y, from, to));
    return Math.min(1, Math.max(0, ((penWidth + edge) / 2 - nearest) / edge));
  });
}

/** Draws lines on a canvas, in its present colour, width and coordinates. */
export function strokeLines(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  lines: Drawing,
): void {
  context.lineCap = context.lineJoin = 'round';
  for (const line of lines) {
    context.beginPath();
    context.moveTo(...line[0]);
    // A dot is a line of no length.
    for (const point of line.length > 1 ? line.slice(1) : line) context.lineTo(...point);
    context.stroke();
  }
}

/** From a point to a segment. */
function distance(
  x: number,
  y: number,
  [fromX, fromY]: readonly [number, number],
  [toX, toY]: readonly [number, number],
): number {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const length = dx * dx + dy * dy;
  const along = length > 0 ? ((x - fromX) * dx + (y - fromY) * dy) / length : 0;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - fromX - share * dx, y - fromY - share * dy);
}

/** Longest text of a drawing in the link: some 1,500 points. */
const longestText = 3000;
const digitsOf = (value: number) => value.toString(36).padStart(2, '0');

/** A drawing in the link: four characters a point, a dot between strokes. */
export const drawingField: Field<Drawing> = {
  initial: [],
  parse(text) {
    if (text.length > longestText || !/^([0-9a-z]{4})+(\.([0-9a-z]{4})+)*$/.test(text)) {
      return undefined;
    }
    const drawing = text.split('.').map((stroke) =>
      Array.from(stroke.matchAll(/(..)(..)/g), ([, x, y]) => {
        const clamped = [x, y].map((part) => Math.min(boardSize - 1, Number.parseInt(part, 36)));
        return [clamped[0], clamped[1]] as const;
      }),
    );
    return drawing;
  },
  format: (drawing) =>
    drawing.map((stroke) => stroke.map((point) => point.map(digitsOf).join('')).join('')).join('.'),
};

/** Whether the link still has room for the drawing with another point. */
export function hasRoom(drawing: Drawing): boolean {
  return drawing.reduce((sum, stroke) => sum + 4 * stroke.length + 1, 0) + 4 < longestText;
}
