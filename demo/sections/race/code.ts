import { base64OfDigits } from '../../parts/digits';
import { paperSigma, paperThreshold } from '../../parts/paper-network';
import { standalone } from '../../parts/standalone';
import type { NetName } from './networks';
import type { RaceSettings } from './settings';
import { nameOf } from './variants';

/** What each network needs of the library, how it reads a byte of ink, and how it is built. */
const parts: Readonly<Record<NetName, { names: string[]; ink: string; build: string }>> = {
  conv: {
    names: ['conv2d'],
    ink: 'byte / 255',
    build: `
function network({ norm, activation, drop }) {
  const block = (filters, strides) => [
    conv2d(filters, 3, { strides, padding: 'same', kernelInitializer: 'heNormal' }),
    ...(norm ? [batchNorm({ momentum: 0.9 })] : []),
    activation(),
  ];
  return sequential([28, 28, 1], [
    ...block(8, 2), ...block(16, 2), ...block(16, 1), ...block(16, 2),
    flatten(), ...(drop ? [dropout(drop)] : []), dense(10), softmax(),
  ]);
}`,
  },
  mlp: {
    names: ['normal'],
    ink: `byte / 255 >= ${paperThreshold} ? 1 : 0`,
    build: `
function network({ norm, activation, drop }) {
  const kernelInitializer = normal({ std: ${paperSigma} });
  const hidden = () => [
    dense(100, { kernelInitializer }),
    ...(norm ? [batchNorm({ momentum: 0.9 })] : []),
    activation(),
    ...(drop ? [dropout(drop)] : []),
  ];
  return sequential([28, 28, 1], [
    flatten(), ...hidden(), ...hidden(), ...hidden(), dense(10, { kernelInitializer }), softmax(),
  ]);
}`,
  },
};

/** The race with these settings, as a page of its own that prints what it finds. */
export async function raceCode({ lr, seed, batch, net, lanes }: RaceSettings): Promise<string> {
  const { images, labels } = await base64OfDigits('train');
  const { names, ink, build } = parts[net];
  const activations = new Set(lanes.map(({ activation }) => activation));
  const imports = [
    ...[
      'batchNorm',
      'compile',
      'dense',
      'dropout',
      'fit',
      'flatten',
      'requestDevice',
      'sequential',
      'sgd',
      'softmax',
    ],
    ...names,
    ...activations,
  ];
  const racers = lanes.map((lane) => {
    const { norm, activation, multiple, dropout } = lane;
    const rate = Number((lr * multiple).toPrecision(12));
    const size = lane.batch || batch;
    return `  { name: '${nameOf(lane)}', norm: ${norm}, activation: ${activation}, rate: ${rate}, batch: ${size}, drop: ${dropout} },`;
  });
  return standalone({
    title: 'A race of networks, with and without batch norm',
    imports: ['', '/formats'],
    body: '<p>The loss of each network’s training.</p>\n<table><thead><tr><th>step</tr></thead><tbody></tbody></table>',
    style: 'td, th { padding: 0 1rem; text-align: end; }',
    script: `
import { ${imports.sort().join(', ')} } from 'webgpu-batchnorm';
import { readIdx } from 'webgpu-batchnorm/formats';

// A part of MNIST (LeCun, Cortes, Burges): gzipped IDX files.
const imagesFile = '${images}';
const labelsFile = '${labels}';

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const images = await readIdx(bytes(imagesFile), { name: 'images' });
const labels = await readIdx(bytes(labelsFile), { name: 'labels' });
const data = {
  x: Float32Array.from(images.data, (byte) => ${ink}),
  y: Int32Array.from(labels.data),
};
${build}

const racers = [
${racers.join('\n')}
];

const device = await requestDevice();
const header = document.querySelector('thead tr');
const trainings = [];
for (const { name, rate, batch, ...how } of racers) {
  header.insertAdjacentHTML('beforeend', '<th>' + name);
  const net = await compile(network(how), { device, seed: ${seed} });
  trainings.push(
    fit(net, data, {
      loss: 'crossEntropy',
      optimizer: sgd({ learningRate: rate }),
      metrics: [],
      epochs: Infinity,
      batch,
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
    const cell = row.insertCell();
    const diverged = training.result?.outcome === 'diverged';
    const reports = diverged ? [] : await training.advance(10);
    const last = reports.at(-1);
    cell.textContent = last && !last.diverged ? last.loss.toPrecision(4) : 'diverged';
  }
}
`,
  });
}
