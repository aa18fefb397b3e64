import { imageSize } from './digits';

/** Paints an image [28, 28], 0 (paper, black here as in MNIST) … 1 (ink). */
export function paintInk<C extends HTMLCanvasElement | OffscreenCanvas>(
  canvas: C,
  image: Float32Array,
): C {
  canvas.width = canvas.height = imageSize;
  const bitmap = new ImageData(imageSize, imageSize);
  image.forEach((value, pixel) => {
    const shade = Math.round(255 * value);
    bitmap.data.set([shade, shade, shade, 255], 4 * pixel);
  });
  const context = canvas.getContext('2d') as CanvasDrawImage & CanvasImageData;
  context.putImageData(bitmap, 0, 0);
  return canvas;
}
