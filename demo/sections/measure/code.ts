import { standalone } from '../../parts/standalone';
import { workloads } from './workloads';

interface Shown {
  readonly workload: string;
  readonly family: string;
}

/** The chosen workload timed and the chosen cases tested, as a page of its own. */
export function measureCode({ workload, family }: Shown): string {
  const all = workloads(false);
  const { title, model, batch, loss } = all.find(({ id }) => id === workload) ?? all[0];
  const config = JSON.stringify(model.toConfig());
  const only = family === 'all' ? '' : `only: '${family}', `;
  const program = loss
    ? `await trainingProgram(net, { batch: ${batch}, loss: '${loss}', optimizer: sgd(), metrics: [] })`
    : `await net.program({ batch: ${batch} })`;
  return standalone({
    title: 'How fast, and is it right?',
    imports: ['', '/self-test'],
    body: '<h2>Bench</h2><pre id="bench">measuring …</pre><h2>Self-test</h2><pre id="test">waiting …</pre>',
    style: 'pre { overflow-x: auto; }',
    script: `
import { compile, describeAdapter, modelFromConfig, programCosts, requestDevice${loss ? ', sgd, trainingProgram' : ''} } from 'webgpu-batchnorm';
import { formatSelfTest, selfTest } from 'webgpu-batchnorm/self-test';

// ${title}
const model = modelFromConfig(${config});
const device = await requestDevice();
const net = await compile(model, { device, seed: 1 });
const program = ${program};

// 30 times: how long a few runs in one submit take. Inputs are zeros here.
const repeats = 8;
const times = [];
for (let i = 0; i < 31; i++) {
  const encoder = device.createCommandEncoder();
  for (let k = 0; k < repeats; k++) program.encode(encoder);
  const start = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  times.push((performance.now() - start) / repeats);
}
const sorted = times.slice(1).sort((a, b) => a - b); // the first one warms up
const median = (sorted[14] + sorted[15]) / 2;
const { flops, bytes } = programCosts(program);
document.querySelector('#bench').textContent = [
  describeAdapter(device),
  'median ' + median.toFixed(3) + ' ms, 95th percentile ' + sorted[28].toFixed(3) + ' ms',
  (flops / median / 1e6).toFixed(1) + ' GFLOP/s, ' + (bytes / median / 1e6).toFixed(1) + ' GB/s',
].join('\\n');
net.dispose();

const output = document.querySelector('#test');
const report = await selfTest({
  ${only}device,
  progress: ({ done, total }) => (output.textContent = 'case ' + done + ' of ' + total),
});
output.textContent = formatSelfTest(report);
`,
  });
}
