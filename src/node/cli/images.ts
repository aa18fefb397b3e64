import { FormatError } from '../../core/errors';

/** An image as numbers 0 to 1, [height, width, channels]. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

const MOST_MEGAPIXELS = 100;

/** Decodes PNG or JPEG bytes of at most 100 megapixels; transparency is dropped. Throws a {@link FormatError}. */
export async function decodeImage(bytes: Uint8Array, where: string): Promise<Picture> {
  const fail = (found: string, cause?: unknown) =>
    new FormatError({ where, rule: 'it is a PNG or JPEG picture', found }, { cause });
  const png = bytes[0] === 0x89 && bytes[1] === 0x50;
  const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!png && !jpeg) throw fail('other bytes');
  try {
    return png ? await decodePng(bytes) : await decodeJpeg(bytes);
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function decodePng(bytes: Uint8Array): Promise<Picture> {
  // The size is the first thing in the file: before the decoder makes room for it.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixelCount = bytes.length < 24 ? 0 : view.getUint32(16) * view.getUint32(20);
  if (pixelCount > MOST_MEGAPIXELS * 1e6) throw new Error(`${pixelCount} pixels`);
  const { decode, convertIndexedToRgb } = await import('fast-png');
  const image = decode(bytes, { checkCrc: true });
  const pixels = image.palette ? convertIndexedToRgb(image) : image.data;
  const found = image.palette ? image.palette[0].length : image.channels;
  const top = image.palette ? 255 : 2 ** image.depth - 1;
  return fromPixels(pixels, image.height, image.width, found, top);
}

async function decodeJpeg(bytes: Uint8Array): Promise<Picture> {
  const { decode } = await import('jpeg-js');
  const image = decode(bytes, { useTArray: true, maxResolutionInMP: MOST_MEGAPIXELS });
  return fromPixels(image.data, image.height, image.width, 4, 255);
}

/** Grey or colour, without transparency. */
function fromPixels(
  pixels: ArrayLike<number>,
  height: number,
  width: number,
  found: number,
  top: number,
): Picture {
  const channels = found < 3 ? 1 : 3;
  const data = new Float32Array(height * width * channels);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < channels; c++) data[i * channels + c] = pixels[i * found + c] / top;
  }
  return { height, width, channels, data };
}

/** The picture in another size and number of channels: bilinear, the mean of what it covers if smaller. */
export function fitImage(
  picture: Picture,
  height: number,
  width: number,
  channels: number,
): Float32Array {
  const colour = picture.channels === channels ? picture : inChannels(picture, channels);
  const rows = resample(colour.data, picture.height, picture.width * channels, height, 1);
  return resample(rows, picture.width, channels, width, height);
}

function inChannels({ height, width, channels, data }: Picture, wanted: number): Picture {
  const out = new Float32Array(height * width * wanted);
  for (let i = 0; i < height * width; i++) {
    const at = i * channels;
    // Luma of ITU-R BT.601.
    const grey =
      channels === 1 ? data[at] : 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    out.fill(grey, i * wanted, (i + 1) * wanted);
  }
  return { height, width, channels: wanted, data: out };
}

/**
 * Resamples the middle one of [outer, from, inner] to `to` positions, with a triangle as wide as a
 * pixel of the result, but at least as one of the source.
 */
function resample(
  data: Float32Array,
  from: number,
  inner: number,
  to: number,
  outer: number,
): Float32Array {
  if (from === to) return data;
  const out = new Float32Array(outer * to * inner);
  const scale = from / to;
  const reach = Math.max(scale, 1);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    const weights: [number, number][] = [];
    for (let j = Math.ceil(centre - reach); j <= Math.floor(centre + reach); j++) {
      const weight = 1 - Math.abs(j - centre) / reach;
      if (weight > 0) weights.push([Math.min(Math.max(j, 0), from - 1), weight]);
    }
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (let o = 0; o < outer; o++) {
      for (const [j, weight] of weights) {
        for (let c = 0; c < inner; c++) {
          out[(o * to + i) * inner + c] += (weight / total) * data[(o * from + j) * inner + c];
        }
      }
    }
  }
  return out;
}
