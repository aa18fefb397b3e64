// watch() on the GPU against the float64 reference, in an app's own encoder and during a training.
import { expect, test } from 'vitest';
import { roundingError, worstError } from '../../src/core/compare';
import { Random } from '../../src/core/random';
import type { Value } from '../../src/ir/graph';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { flatten } from '../../src/model/layers/shape';
import { sequential } from '../../src/model/model';
import { compile } from '../../src/runtime/network';
import { fit } from '../../src/train/fit';
import { type WatchOptions, watch } from '../../src/train/watch';
import { getDevice } from '../support/gpu';

const cnn = () =>
  sequential(
    [6, 6, 2],
    [
      conv2d(4, 3, { name: 'conv', padding: 'same' }),
      batchNorm({ name: 'bn' }),
      flatten({ name: 'flat' }),
      dense(3, { name: 'head', activation: 'softmax' }),
    ],
  );

const batch = 4;
const random = new Random(11);
const x = Float32Array.from({ length: batch * 72 }, () => random.normal());
const y = Int32Array.from({ length: batch }, (_, i) => i % 3);
const range = [-2, 2] as const;
const everything: WatchOptions = {
  batch,
  outputs: true,
  histogram: { bins: 10, range },
  percentiles: [15, 50, 85],
  channels: true,
  gradients: { loss: 'crossEntropy' },
};

for (const statistics of ['batch', 'running'] as const) {
  test(`everything, with ${statistics} statistics, as the reference has it`, async () => {
    const [gpu, cpu] = [
      await compile(cnn(), { device: await getDevice(), seed: 2 }),
      await compile(cnn(), { backend: 'cpu', seed: 2 }),
    ];
    const programs = await Promise.all(
      [gpu, cpu].map((net) => watch(net, { ...everything, statistics })),
    );
    const inputs = { input: x, 'training/targets': y };
    const [got, want] = await Promise.all(programs.map((program) => program.run(inputs)));
    expect(Object.keys(got)).toEqual(Object.keys(want));
    for (const [name, numbers] of Object.entries(want)) {
      const { shape } = programs[1].graph.outputs.get(name) as Value;
      // Nothing is near enough to an edge to be counted on another side of it.
      const atol = name.endsWith('histogram') ? 0 : roundingError(300, 4);
      const error = worstError(got[name], numbers, { name, shape, atol });
      expect(error, error).toBeUndefined();
    }
    for (const program of programs) program.dispose();
    gpu.dispose();
  });
}

test('recorded into an encoder, its outputs stay on the GPU and follow a training under way', async () => {
  const device = await getDevice();
  const net = await compile(cnn(), { device, seed: 2 });
  const program = await watch(net, {
    batch,
    histogram: { bins: 10, range },
    layers: ['bn', 'head'],
  });
  const training = fit(net, { x, y }, { loss: 'crossEntropy', batch, epochs: 100 });
  program.writeInput('input', x);
  const bytes = 12 * 4;
  const histories = ['bn', 'head'].map(() =>
    device.createBuffer({
      size: 3 * bytes,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    }),
  );
  for (let step = 0; step < 3; step++) {
    const encoder = device.createCommandEncoder();
    program.encode(encoder);
    ['bn', 'head'].forEach((layer, i) => {
      const counts = program.outputBuffer(`${layer}/histogram`);
      encoder.copyBufferToBuffer(counts, 0, histories[i], step * bytes, bytes);
    });
    device.queue.submit([encoder.finish()]);
    await training.advance(5);
  }
  for (const [i, elements] of [batch * 36 * 4, batch * 3].entries()) {
    const staging = device.createBuffer({
      size: 3 * bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(histories[i], 0, staging, 0, 3 * bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const rows = new Float32Array(staging.getMappedRange().slice(0));
    const steps = [0, 1, 2].map((step) => [...rows.subarray(12 * step, 12 * (step + 1))]);
    for (const counts of steps) expect(counts.reduce((sum, n) => sum + n, 0)).toBe(elements);
    expect(steps[2]).not.toEqual(steps[0]);
    staging.destroy();
    histories[i].destroy();
  }
  program.dispose();
  await training.dispose();
  net.dispose();
});
