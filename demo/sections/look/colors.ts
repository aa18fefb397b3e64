import { rgbOf } from '../../parts/color';
import { darkMode } from '../../parts/dom';

/** Colours of −1 … 1: [steps, 3] bytes. Zero, in the middle, is the colour of the card. */
export interface Palette {
  readonly bytes: Uint8Array;
  readonly steps: number;
}

const steps = 511;
let palette: Palette | undefined;
darkMode.addEventListener('change', () => {
  palette = undefined;
});

/** The page's own two colours, from orange (below zero) to blue (above). */
export function divergingPalette(): Palette {
  palette ??= makePalette();
  return palette;
}

function makePalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const [low, middle, high] = ['--plain', '--card', '--bn'].map((name) =>
    rgbOf(style.getPropertyValue(name).trim()),
  );
  const bytes = new Uint8Array(3 * steps);
  for (let i = 0; i < steps; i++) {
    const value = (2 * i) / (steps - 1) - 1;
    const end = value < 0 ? low : high;
    const share = Math.abs(value);
    for (let c = 0; c < 3; c++) bytes[3 * i + c] = middle[c] + share * (end[c] - middle[c]);
  }
  return { bytes, steps };
}

/** One channel of a tensor [height, width, channels] as a picture; ±range and beyond are the ends. */
export function paintMap(
  canvas: HTMLCanvasElement,
  map: {
    readonly values: Float32Array;
    readonly height: number;
    readonly width: number;
    readonly channels: number;
  },
  channel: number,
  range: number,
): void {
  const { values, height, width, channels } = map;
  const { bytes, steps } = divergingPalette();
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const share = Math.min(1, Math.max(-1, values[pixel * channels + channel] / range));
    const at = 3 * Math.round(((share + 1) / 2) * (steps - 1));
    image.data.set([bytes[at], bytes[at + 1], bytes[at + 2], 255], 4 * pixel);
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
