import type { Model } from 'webgpu-batchnorm';

export const normalisations = ['unit', 'signed', 'imagenet', 'bytes'] as const;
export type Normalisation = (typeof normalisations)[number];
export const channelOrders = ['rgb', 'bgr'] as const;
export type ChannelOrder = (typeof channelOrders)[number];
export const fittings = ['crop', 'stretch'] as const;
export type Fitting = (typeof fittings)[number];

/** How a picture becomes numbers. */
export interface Preprocessing {
  readonly norm: Normalisation;
  readonly order: ChannelOrder;
  readonly fit: Fitting;
  /** Dark becomes light. */
  readonly invert: boolean;
}

/** Where a picture goes in: the only input of the model, [height, width, 1, 3 or 4 channels]. */
export interface ImagePort {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
}

/** Undefined where the model does not take one picture. */
export function imagePortOf({ inputs }: Model): ImagePort | undefined {
  const [{ name, tensor } = { name: '', tensor: undefined }] = inputs;
  if (inputs.length !== 1 || !tensor || tensor.dtype !== 'f32') return undefined;
  const { batched, shape } = tensor;
  const [height, width, channels] = batched ? shape : shape.slice(1);
  const one = batched ? shape.length === 3 : shape.length === 4 && shape[0] === 1;
  if (!one || ![1, 3, 4].includes(channels)) return undefined;
  return { name, height, width, channels: channels as 1 | 3 | 4 };
}

/** Means and standard deviations of ImageNet's channels, red first. */
const imagenet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** Pixels (red, green, blue, opacity, 0 to 255) as numbers [height, width, channels]. */
export function numbersOf(
  pixels: Uint8ClampedArray,
  channels: 1 | 3 | 4,
  { norm, order, invert }: Omit<Preprocessing, 'fit'>,
): Float32Array {
  const count = pixels.length / 4;
  const numbers = new Float32Array(count * channels);
  const swap = order === 'bgr';
  for (let i = 0; i < count; i++) {
    const [r, g, b, a] = pixels.subarray(4 * i, 4 * i + 4);
    // Luma of ITU-R BT.601.
    const values =
      channels === 1 ? [0.299 * r + 0.587 * g + 0.114 * b] : swap ? [b, g, r, a] : [r, g, b, a];
    for (let c = 0; c < channels; c++) {
      const value = invert && c < 3 ? 255 - values[c] : values[c];
      const colour = swap && c < 3 && channels > 1 ? 2 - c : c;
      numbers[i * channels + c] = normalised(value, norm, channels === 1 ? -1 : colour);
    }
  }
  return numbers;
}

/** `colour` 0 to 2 is red, green, blue; −1 is grey, which has the mean of their statistics. */
function normalised(value: number, norm: Normalisation, colour: number): number {
  switch (norm) {
    case 'bytes':
      return value;
    case 'unit':
      return value / 255;
    case 'signed':
      return value / 127.5 - 1;
    case 'imagenet': {
      if (colour > 2) return value / 255;
      const of = (numbers: readonly number[]) =>
        colour < 0 ? (numbers[0] + numbers[1] + numbers[2]) / 3 : numbers[colour];
      return (value / 255 - of(imagenet.mean)) / of(imagenet.deviation);
    }
  }
}

/** The part of a source that fills a target without distortion, from its middle. */
export function cropOf(
  source: { readonly width: number; readonly height: number },
  target: { readonly width: number; readonly height: number },
  fit: Fitting,
): { x: number; y: number; width: number; height: number } {
  if (fit === 'stretch') return { x: 0, y: 0, width: source.width, height: source.height };
  const scale = Math.min(source.width / target.width, source.height / target.height);
  const [width, height] = [target.width * scale, target.height * scale];
  return { x: (source.width - width) / 2, y: (source.height - height) / 2, width, height };
}
