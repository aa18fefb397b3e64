export type Rgb = readonly [red: number, green: number, blue: number];

const known = new Map<string, Rgb>();

/** Red, green and blue, 0 … 255, of an opaque CSS colour however it is written: bundlers shorten `#ffffff`. */
export function rgbOf(color: string): Rgb {
  const rgb = known.get(color) ?? drawn(color);
  known.set(color, rgb);
  return rgb;
}

function drawn(color: string): Rgb {
  const context = new OffscreenCanvas(1, 1).getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
