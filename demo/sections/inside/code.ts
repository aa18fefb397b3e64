import { base64OfDigits } from '../../parts/digits';
import { standalone } from '../../parts/standalone';
import { watchedLayers } from './layers';

interface Shown {
  readonly lr: number;
  readonly seed: number;
  readonly layer: number;
}

/** The experiment with these settings, as a page of its own that prints what it sees of the layer shown. */
export async function insideCode({ lr, seed, layer }: Shown): Promise<string> {
  const { images, labels } = await base64OfDigits('train');
  const { name, layer: plain, norm = plain } = watchedLayers[layer - 1];
  return standalone({
    title: `What moves inside: ${name.toLowerCase()}`,
    imports: ['', '/formats'],
    body: `<p>15, 50 and 85 % of the layer’s numbers are less than these, and the share of them outside −5 … 5.</p>
<table><thead><tr><th>step<th colspan="4">with batch norm<th colspan="4">without</tr></thead><tbody></tbody></table>`,
    style: 'td, th { padding: 0 0.6rem; text-align: end; font-variant-numeric: tabular-nums; }',
    script: `
import { batchNorm, compile, conv2d, dense, fit, flatten, relu, sequential, sgd, softmax, watch } from 'webgpu-batchnorm';
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
    [...block(8, 2), ...block(16, 2), ...block(16, 1), ...block(16, 2), flatten(), dense(10), softmax()],
  );
}

// The layer that is watched, always on the same images.
const probe = 128;
const input = data.x.subarray(0, probe * 28 * 28);
const lanes = [];
for (const layer of ['${norm}', '${plain}']) {
  const net = await compile(network(lanes.length === 0), { seed: ${seed} });
  const training = fit(net, data, {
    loss: 'crossEntropy',
    optimizer: sgd({ learningRate: ${lr} }),
    metrics: [],
    epochs: Infinity,
    batch: 32,
    lastBatch: 'drop',
    seed: ${seed},
  });
  const inside = await watch(net, {
    batch: probe,
    layers: [layer],
    percentiles: [15, 50, 85],
    histogram: { bins: 100, range: [-5, 5] },
  });
  lanes.push({ layer, training, inside });
}

const table = document.querySelector('tbody');
for (let step = 0; step <= 300; step += 10) {
  const row = table.insertRow();
  row.insertCell().textContent = step;
  for (const { layer, training, inside } of lanes) {
    if (step > 0) await training.advance(10);
    const seen = await inside.run({ input });
    for (const value of seen[layer + '/percentiles']) row.insertCell().textContent = value.toFixed(2);
    const counts = seen[layer + '/histogram'];
    const outside = counts[0] + counts[101];
    const all = counts.reduce((sum, count) => sum + count, 0);
    row.insertCell().textContent = ((100 * outside) / all).toFixed(1) + ' %';
  }
}
`,
  });
}
