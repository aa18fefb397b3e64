import { standalone } from '../../parts/standalone';
import type { Source } from './adaptation';
import type { Scaling } from './network';

interface Shown {
  readonly counts: { readonly train: number; readonly cars: number; readonly bikes: number };
  readonly rate: number;
  readonly seed: number;
  readonly scaling: Scaling;
  readonly norm: boolean;
  readonly bikes: boolean;
  readonly from: Source;
  readonly steps: number;
}

/** The chosen network with these settings, as a page of its own that prints what it finds. */
export function tabularCode(shown: Shown): string {
  const { counts, rate, seed, scaling, norm, bikes, from, steps } = shown;
  const scale = scaling === 'raw' ? '' : 'scale, ';
  const normalise = (name: string) =>
    norm ? `batchNorm({ name: '${name}', momentum: 0.9 }), ` : '';
  const used = ['compile', 'dense', 'fit', 'relu', 'sequential', 'sgd'];
  if (norm) used.push('batchNorm');
  if (norm && bikes) used.push('setBatchNormMode');
  if (scaling !== 'raw') used.push(scaling);
  const adapts = norm && bikes;
  return standalone({
    title: 'Car prices, and motorbikes',
    body: '<pre id="log"></pre>',
    script: `
import { ${used.sort().join(', ')} } from 'webgpu-batchnorm';

const say = (line) => log.append(line + '\\n');

// Made-up vehicles: age and kilometres, and prices in thousands of euros by a formula with some luck.
function random(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  return { uniform, normal };
}
function vehicles({ list, yearly, wear }, count, seed) {
  const { uniform, normal } = random(seed);
  const x = new Float32Array(2 * count);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const age = 18 * uniform();
    const kilometres = age * yearly * Math.exp(0.4 * normal());
    const luck = Math.exp(0.06 * normal());
    x.set([age, kilometres], 2 * i);
    y[i] = list * Math.exp(-0.09 * age - kilometres / wear) * luck;
  }
  return { x, y };
}
const car = { list: 32, yearly: 14000, wear: 260000 };
const motorbike = { list: 30, yearly: 4500, wear: 84000 };
const train = vehicles(car, ${counts.train}, ${3 * seed});
const cars = vehicles(car, ${counts.cars}, ${3 * seed + 1});
const bikes = vehicles(motorbike, ${counts.bikes}, ${3 * seed + 2});

function network() {
${scaling === 'raw' ? '' : `  const scale = ${scaling}();\n  scale.adapt(train.x, 2);\n`}  const layer = (units) => dense(units, { kernelInitializer: 'heNormal' });
  return sequential([2], [
    ${scale}${normalise('inputNorm')}
    layer(16), ${normalise('norm1')}relu(),
    layer(16), ${normalise('norm2')}relu(),
    dense(1),
  ]);
}
async function error(net, { x, y }) {
  const { data } = await net.predict(x, { batch: y.length });
  return Math.sqrt(data.reduce((sum, p, i) => sum + (p - y[i]) ** 2, 0) / y.length).toFixed(3);
}

const net = await compile(network(), { seed: ${seed} });
const training = fit(net, train, {
  loss: 'meanSquaredError',
  optimizer: sgd({ learningRate: ${rate} }),
  steps: ${steps},
  batch: 64,
  lastBatch: 'drop',
  seed: ${seed},
});
const { outcome, step } = await training.run();
say(\`\${outcome} after \${step} steps\`);
say(\`error on unseen cars: \${await error(net, cars)} thousand euros\`);
say(\`error on motorbikes: \${await error(net, bikes)}\`);
${adapts ? adaptationCode(from) : ''}`,
  });
}

function adaptationCode(from: Source): string {
  const examples = from === 'bikes' ? 'bikes.x' : 'Float32Array.from([...cars.x, ...bikes.x])';
  return `
// Re-estimate the running statistics: unlabelled examples, and nothing else learns.
const model = network();
for (const layer of model.layers) layer.trainable = false;
setBatchNormMode(model, 'recalibrate');
const adapted = await compile(model, { state: await net.getState() });
const x = ${examples};
await fit(adapted, { x, y: new Float32Array(x.length / 2) }, {
  loss: 'meanSquaredError',
  optimizer: sgd(),
  batch: 64,
  lastBatch: 'drop',
  epochs: 6,
}).run();
say(\`re-estimated: error on cars \${await error(adapted, cars)}, on motorbikes \${await error(adapted, bikes)}\`);
`;
}
