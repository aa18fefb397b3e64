import { type Digits, imageOf, imageSize } from '../../parts/digits';
import { Random } from '../../parts/random';

const pixels = imageSize * imageSize;

/** The image and `batch − 1` others of the test images, drawn by `company`: [batch, 28, 28]. */
export function batchOf(
  image: Float32Array,
  test: Digits,
  options: { readonly batch: number; readonly company: number; readonly own?: number },
): Float32Array {
  const { batch, company, own } = options;
  const others = new Random(company).permutation(test.count).filter((other) => other !== own);
  const images = new Float32Array(batch * pixels);
  images.set(image);
  for (let i = 1; i < batch; i++) images.set(imageOf(test, others[i - 1]), i * pixels);
  return images;
}
