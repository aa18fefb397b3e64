import type { ModelState } from 'webgpu-batchnorm';
import { writeState } from 'webgpu-batchnorm/formats';
import { base64 } from '../../parts/base64';
import { standalone } from '../../parts/standalone';
import { type Mode, watchedLayers } from './watcher';

interface Shown {
  readonly state: ModelState;
  /** [n, 28, 28], the image first. */
  readonly batch: Float32Array;
  readonly mode: Mode;
  readonly layer: number;
  readonly channel: number;
  readonly pixel: number;
}

/** What the section shows now, as a page of its own. */
export function lookCode({ state, batch, mode, layer, channel, pixel }: Shown): string {
  const { name, input, shape } = watchedLayers[layer];
  const weights = base64(writeState(state));
  const images = base64(Uint8Array.from(batch, (ink) => Math.round(255 * ink)));
  return standalone({
    title: 'A digit before and after batch norm',
    imports: ['', '/formats'],
    body: '<p id="answer"></p>\n<p>Before batch norm, and after, on one scale of ±4:</p>\n<div id="maps"></div>\n<p id="arithmetic"></p>',
    style: `
#maps { display: grid; grid-template-columns: repeat(8, 1fr); gap: 0.5rem; }
canvas { width: 100%; image-rendering: pixelated; }`,
    script: `
import { batchNorm, compile, conv2d, dense, flatten, relu, sequential, softmax, watch } from 'webgpu-batchnorm';
import { readState } from 'webgpu-batchnorm/formats';

// The trained numbers as a safetensors file, and the images of the batch, a byte a pixel: the digit first.
const weights = '${weights}';
const images = '${images}';

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const batch = Float32Array.from(bytes(images), (byte) => byte / 255);

const block = (filters, strides) => [
  conv2d(filters, 3, { strides, padding: 'same' }),
  batchNorm(),
  relu(),
];
const model = sequential(
  [28, 28, 1],
  [...block(8, 2), ...block(16, 2), ...block(16, 1), ...block(16, 2), flatten(), dense(10), softmax()],
);
const net = await compile(model, { state: readState(bytes(weights)) });

// In eval mode batch norm uses the running statistics, in train mode those of the batch.
const look = await watch(net, {
  batch: ${batch.length / 784},
  statistics: '${mode === 'eval' ? 'running' : 'batch'}',
  outputs: true,
  channels: true,
});
const all = await look.run({ input: batch });

const probabilities = [...all['softmax/output'].subarray(0, 10)];
const best = probabilities.indexOf(Math.max(...probabilities));
answer.textContent = \`It is read as \${best}, \${(100 * probabilities[best]).toFixed(1)} % sure.\`;

const before = all['${input}/output'];
const after = all['${name}/output'];
const [height, width, channels] = [${shape.height}, ${shape.width}, ${shape.channels}];
const paint = (values, channel) => {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let p = 0; p < width * height; p++) {
    const share = Math.max(-1, Math.min(1, values[p * channels + channel] / 4));
    const color = share < 0 ? [191, 83, 0] : [10, 106, 168];
    image.data.set([...color.map((c) => 255 + Math.abs(share) * (c - 255)), 255], 4 * p);
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
};
for (let channel = 0; channel < channels; channel++) {
  const tile = document.createElement('div');
  tile.append(paint(before, channel), paint(after, channel));
  maps.append(tile);
}

// One pixel of channel ${channel + 1}, by hand.
const [channel, pixel] = [${channel}, ${pixel}];
const of = (what) => all[\`${name}/\${what}\`][channel];
const [mean, variance] = [of('${mode === 'eval' ? 'moving' : 'batch'}Mean'), of('${mode === 'eval' ? 'moving' : 'batch'}Variance')];
const x = before[pixel * channels + channel];
const y = (of('gamma') * (x - mean)) / Math.sqrt(variance + 1e-3) + of('beta');
arithmetic.textContent =
  \`γ·(x − μ)/√(σ² + ε) + β = \${of('gamma').toFixed(4)} · (\${x.toFixed(4)} − \${mean.toFixed(4)}) / √(\${variance.toFixed(4)} + 0.001) + \${of('beta').toFixed(4)} = \${y.toFixed(4)}; the tensor has \${after[pixel * channels + channel].toFixed(4)}.\`;
`,
  });
}
