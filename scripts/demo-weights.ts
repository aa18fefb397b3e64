// npm run demo-weights: trains the demo's digit network on the digits that come with the page, and
// writes demo/data/digit-network.safetensors, with which “Look into it” opens. The digits are
// turned, sheared, scaled and moved a little, afresh in each pass: 2,500 are few.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, cosineDecay, evaluate, fit, type Samples, sgd } from 'webgpu-batchnorm';
import { readIdx, writeState } from 'webgpu-batchnorm/formats';
import { requestNodeGPU } from 'webgpu-batchnorm/node';
import { digitNetwork } from '../demo/parts/digit-network';
import { Random } from '../demo/parts/random';

const folder = join(import.meta.dirname, '../demo/data');
const size = 28;
const [batch, passes, rate, seed] = [50, 60, 0.15, 1];

async function readDigits(which: 'train' | 'test'): Promise<{ x: Float32Array; y: Int32Array }> {
  const read = (name: string) => readIdx(readFileSync(join(folder, `${which}-${name}.gz`)));
  const [images, labels] = await Promise.all([
    read('images-idx3-ubyte'),
    read('labels-idx1-ubyte'),
  ]);
  return {
    x: Float32Array.from(images.data, (byte) => byte / 255),
    y: Int32Array.from(labels.data),
  };
}

/** One image, turned, sheared, scaled and moved at random about its middle. */
function distorted(image: Float32Array, random: Random): Float32Array {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const [angle, shear] = [between(-0.25, 0.25), between(-0.2, 0.2)];
  const [scaleX, scaleY] = [between(0.85, 1.15), between(0.85, 1.15)];
  const [moveX, moveY] = [between(-1.5, 1.5), between(-1.5, 1.5)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const middle = (size - 1) / 2;
  const ink = (x: number, y: number) =>
    x < 0 || y < 0 || x >= size || y >= size ? 0 : image[y * size + x];
  return Float32Array.from({ length: size * size }, (_, pixel) => {
    const x = (pixel % size) - middle - moveX;
    const y = Math.floor(pixel / size) - middle - moveY;
    const fromX = (cos * x + sin * y) * scaleX + shear * y + middle;
    const fromY = (cos * y - sin * x) * scaleY + middle;
    const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
    const [right, below] = [fromX - left, fromY - top];
    const upper = (1 - right) * ink(left, top) + right * ink(left + 1, top);
    const lower = (1 - right) * ink(left, top + 1) + right * ink(left + 1, top + 1);
    return (1 - below) * upper + below * lower;
  });
}

/** Batches of the training digits, in another order and otherwise distorted in each pass. */
function* batchesOf({ x, y }: { x: Float32Array; y: Int32Array }, random: Random) {
  const order = random.permutation(y.length);
  const pixels = size * size;
  for (let start = 0; start + batch <= y.length; start += batch) {
    const rows = order.subarray(start, start + batch);
    const images = new Float32Array(batch * pixels);
    rows.forEach((row, i) => {
      images.set(distorted(x.subarray(row * pixels, (row + 1) * pixels), random), i * pixels);
    });
    yield { x: images, y: Int32Array.from(rows, (row) => y[row]) } satisfies Samples;
  }
}

export async function main(): Promise<number> {
  const [train, test] = await Promise.all([readDigits('train'), readDigits('test')]);
  const net = await compile(digitNetwork(true), { gpu: await requestNodeGPU(), seed });
  const random = new Random(seed);
  const steps = passes * Math.floor(train.y.length / batch);
  const data = { [Symbol.iterator]: () => batchesOf(train, random) };
  const training = fit(net, data, {
    loss: 'crossEntropy',
    optimizer: sgd({ learningRate: cosineDecay({ rate, steps, end: 0.001 }), momentum: 0.9 }),
    epochs: passes,
  });
  for await (const { step, loss } of training) {
    if (step % 250 === 0) console.log(`step ${step} of ${steps}: loss ${loss.toFixed(3)}`);
  }
  const { metrics } = await evaluate(net, test, { loss: 'crossEntropy' });
  const file = join(folder, 'digit-network.safetensors');
  writeFileSync(file, writeState(await net.getState()));
  net.dispose();
  console.log(`test accuracy ${metrics.accuracy?.toFixed(4)}, written to ${file}`);
  return 0;
}
