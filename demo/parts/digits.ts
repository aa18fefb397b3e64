import { readIdx } from 'webgpu-batchnorm/formats';
import testImages from '../data/test-images-idx3-ubyte.gz?url&no-inline';
import testLabels from '../data/test-labels-idx1-ubyte.gz?url&no-inline';
import trainImages from '../data/train-images-idx3-ubyte.gz?url&no-inline';
import trainLabels from '../data/train-labels-idx1-ubyte.gz?url&no-inline';
import { base64 } from './base64';

export interface Digits {
  /** [count, 28, 28, 1], 0 (paper) … 1 (ink). */
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
}

export const imageSize = 28;
const pixels = imageSize * imageSize;

/** The digits that come with the page; see data/README.md. */
export async function loadDigits(): Promise<{ train: Digits; test: Digits }> {
  const [train, test] = await Promise.all([loadTrainDigits(), loadTestDigits()]);
  return { train, test };
}

export const loadTrainDigits = () => load(trainImages, trainLabels);
export const loadTestDigits = () => load(testImages, testLabels);

export function firstDigits({ images, labels, count }: Digits, wanted: number): Digits {
  const kept = Math.min(count, wanted);
  return {
    images: images.subarray(0, kept * pixels),
    labels: labels.subarray(0, kept),
    count: kept,
  };
}

/** The ink of one image, [28, 28]. */
export const imageOf = ({ images }: Digits, image: number): Float32Array =>
  images.subarray(image * pixels, (image + 1) * pixels);

async function load(imagesUrl: string, labelsUrl: string): Promise<Digits> {
  const [images, labels] = await Promise.all([fetchIdx(imagesUrl), fetchIdx(labelsUrl)]);
  return {
    images: Float32Array.from(images, (byte) => byte / 255),
    labels: Int32Array.from(labels),
    count: labels.length,
  };
}

async function fetchIdx(url: string): Promise<Uint8Array> {
  const { data } = await readIdx(await fetchBytes(url), { name: url });
  return data as Uint8Array;
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The files themselves, gzipped IDX in base64, for code that runs elsewhere. */
export async function base64OfDigits(
  which: 'train' | 'test',
): Promise<{ images: string; labels: string }> {
  const urls = which === 'train' ? [trainImages, trainLabels] : [testImages, testLabels];
  const [images, labels] = await Promise.all(
    urls.map(async (url) => base64(await fetchBytes(url))),
  );
  return { images, labels };
}
