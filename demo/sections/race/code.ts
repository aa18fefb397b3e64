import { base64OfDigits } from '../../parts/digits';
import { standalone } from '../../parts/standalone';

interface Shown {
  readonly lr: number;
  readonly seed: number;
  readonly batch: number;
}

/** The race with these settings, as a page of its own that prints what it finds. */
export async function raceCode({ lr, seed, batch }: Shown): Promise<string> {
  const { images, labels } = await base64OfDigits('train');
  return standalone({
    title: 'The same network with and without batch norm',
    imports: ['', '/formats'],
    body: '<table><thead><tr><th>step<th>with batch norm<th>without</tr></thead><tbody></tbody></table>',
    style: 'td, th { padding: 0 1rem; text-align: end; }',
    script: `
import { batchNorm, compile, conv2d, dense, fit, flatten, relu, sequential, sgd, softmax } from 'webgpu-batchnorm';
import { readIdx } from 'webgpu-batchnorm/formats';

// A part of MNIST (LeCun, Cortes, Burges): gzipped IDX files.
const imagesFile = '${images}';
const labelsFile = '${labels}';

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const images = await readIdx(bytes(imagesFile), { name: 'images' });
const labels = await readIdx(bytes(labelsFile), { name: 'labels' });
const data = {
  x: Float32Array.from(images.data, (byte) => byte / 255),
  y: Int32Array.from(labels.data),
};

function network(normalised) {
  const block = (filters, strides) => [
    conv2d(filters, 3, { strides, padding: 'same', kernelInitializer: 'heNormal' }),
    ...(normalised ? [batchNorm({ momentum: 0.9 })] : []),
    relu(),
  ];
  return sequential(
    [28, 28, 1],
    [...block(8, 2), ...block(16, 2), ...block(16, 1), ...block(16, 1), flatten(), dense(10), softmax()],
  );
}

const trainings = [];
for (const normalised of [true, false]) {
  const net = await compile(network(normalised), { seed: ${seed} });
  trainings.push(
    fit(net, data, {
      loss: 'crossEntropy',
      optimizer: sgd({ learningRate: ${lr} }),
      metrics: [],
      epochs: Infinity,
      batch: ${batch},
      lastBatch: 'drop',
      seed: ${seed},
    }),
  );
}

const table = document.querySelector('tbody');
for (let step = 10; step <= 300; step += 10) {
  const row = table.insertRow();
  row.insertCell().textContent = step;
  for (const training of trainings) {
    const reports = await training.advance(10);
    const last = reports.at(-1);
    row.insertCell().textContent = last ? last.loss.toFixed(4) : 'diverged';
  }
}
`,
  });
}
