import { imageSize } from '../../parts/digits';
import { type Drawing, digitLines, penWidth, strokeLines } from '../../parts/drawing';
import { paintInk } from '../../parts/ink';
import { cropOf, type ImagePort, numbersOf, type Preprocessing } from './preprocess';

/** Something to look at, and its size in pixels. */
export interface Picture {
  readonly image: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a drawing's picture for one of MNIST's: models may take pictures of any size. */
const drawnScale = 8;
/** Pictures larger than this are made smaller by the browser while they are decoded. */
const largest = 2048;

/** Decodes a picture. Throws what the browser says of one that is none. */
export async function decodePicture(file: Blob): Promise<Picture> {
  const whole = await createImageBitmap(file);
  const scale = largest / Math.max(whole.width, whole.height);
  if (scale >= 1) return { image: whole, width: whole.width, height: whole.height };
  const width = Math.max(1, Math.round(whole.width * scale));
  const height = Math.max(1, Math.round(whole.height * scale));
  whole.close();
  const options = { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' } as const;
  return { image: await createImageBitmap(file, options), width, height };
}

/** A digit [28, 28], 0 (black) to 1 (white), as a picture. */
export function digitPicture(digit: Float32Array): Picture {
  const image = paintInk(new OffscreenCanvas(imageSize, imageSize), digit);
  return { image, width: imageSize, height: imageSize };
}

/** A drawing as MNIST has its digits, white on black. */
export function drawnPicture(drawing: Drawing): Picture {
  const side = drawnScale * imageSize;
  const image = new OffscreenCanvas(side, side);
  const context = image.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.fillRect(0, 0, side, side);
  context.scale(drawnScale, drawnScale);
  context.lineWidth = penWidth;
  context.strokeStyle = '#fff';
  strokeLines(context, digitLines(drawing));
  return { image, width: side, height: side };
}

/**
 * A picture as the model's numbers; `seen` shows what they are made of, in the model's size. Pictures are
 * halved until they are near it, since browsers look at four pixels only.
 */
export function pictureNumbers(
  picture: Picture,
  port: ImagePort,
  how: Preprocessing,
  seen: HTMLCanvasElement,
): Float32Array {
  const { width, height, channels } = port;
  if (seen.width !== width || seen.height !== height) Object.assign(seen, { width, height });
  const context = seenContext(seen);
  const { x, y, width: w, height: h } = cropOf(picture, port, how.fit);
  let source = picture.image;
  let [left, top, wide, high] = [x, y, w, h];
  while (wide > 2 * width && high > 2 * height) {
    const half = new OffscreenCanvas(Math.ceil(wide / 2), Math.ceil(high / 2));
    half.getContext('2d')?.drawImage(source, left, top, wide, high, 0, 0, half.width, half.height);
    [source, left, top, wide, high] = [half, 0, 0, half.width, half.height];
  }
  context.clearRect(0, 0, width, height);
  context.drawImage(source, left, top, wide, high, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height);
  const numbers = numbersOf(pixels.data, channels, how);
  showSeen(context, pixels, channels, how.invert);
  return numbers;
}

/** Shows what the model is given: grey where it has one channel, and inverted where that was asked for. */
function showSeen(
  context: CanvasRenderingContext2D,
  pixels: ImageData,
  channels: 1 | 3 | 4,
  invert: boolean,
): void {
  if (channels > 1 && !invert) return;
  const shown = numbersOf(pixels.data, channels, { norm: 'bytes', order: 'rgb', invert });
  const { data } = pixels;
  for (let i = 0; i < data.length / 4; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = shown[i * channels + (channels > 1 ? c : 0)];
    data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

/** Every reading of the canvas goes through here: the first decides where it is kept. */
function seenContext(seen: HTMLCanvasElement): CanvasRenderingContext2D {
  return seen.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
}

export function clearSeen(seen: HTMLCanvasElement): void {
  seenContext(seen).clearRect(0, 0, seen.width, seen.height);
}
