// Batch norm folded into the layer in front of it, and kept up to date with the numbers it is made of.
import { beforeAll, expect, test } from 'vitest';
import { roundingError, worstError } from '../../src/core/compare';
import { Random } from '../../src/core/random';
import {
  add,
  batchNorm,
  compile,
  conv2d,
  dense,
  depthwiseConv2d,
  fit,
  flatten,
  input,
  type Model,
  model,
  relu,
  sgd,
} from '../../src/index';
import { getDevice } from '../support/gpu';

let device: GPUDevice;
beforeAll(async () => {
  device = await getDevice();
});

const SHAPE = [6, 6, 3];
const random = new Random(4);
const images = Float32Array.from({ length: 5 * 108 }, () => random.normal());

/** conv → BN, depthwise with a bias → BN, a residual whose conv output is used twice, dense → BN. */
function network(): Model {
  const x = input(SHAPE);
  let y = relu()(batchNorm()(conv2d(4, 3, { padding: 'same' })(x)));
  y = batchNorm()(depthwiseConv2d(3, { padding: 'same', useBias: true })(y));
  const kept = conv2d(4, 1)(y);
  y = add()(kept, batchNorm()(kept));
  return model(x, batchNorm()(dense(3, { useBias: true })(flatten()(y))));
}

/** Numbers far from those at the start, where batch norm does next to nothing. */
function trained(net: Model) {
  const state = net.initialState(3);
  for (const [name, { values }] of state) {
    const positive = /Variance|gamma/.test(name);
    const numbers = values.map((v) => v + (positive ? random.uniform() : 0.3 * random.normal()));
    state.set(name, numbers);
  }
  return state;
}

test('gives what the network gives, and follows its numbers', async () => {
  const net = network();
  const state = trained(net);
  const gpu = await compile(net, { device, state });
  const cpu = await compile(net, { backend: 'cpu', state });
  const program = await gpu.program({ batch: 8 });
  const kernels = program.describe();
  // Three of the four fold; what the residual needs stays.
  expect(kernels.match(/batch_norm_apply/g)).toHaveLength(1);

  const agree = async () => {
    const [got, want] = [await gpu.predict(images), await cpu.predict(images)];
    const atol = roundingError(200, 10);
    const error = worstError(got.data, want.data, { name: 'y', shape: want.shape, atol });
    expect(error, error).toBeUndefined();
    return got.data;
  };
  const first = await agree();

  const asIs = await gpu.program({ batch: 8, fold: false });
  expect(asIs.describe().match(/batch_norm_apply/g)).toHaveLength(4);
  const padded = new Float32Array(8 * 108);
  padded.set(images);
  const apart = (await asIs.run({ input: padded })).output.subarray(0, first.length);
  const folding = worstError(apart, first, {
    name: 'y',
    shape: [5, 3],
    atol: roundingError(200, 10),
  });
  expect(folding, folding).toBeUndefined();

  const other = trained(net);
  gpu.setState(other);
  cpu.setState(other);
  const second = await agree();
  expect([...second]).not.toEqual([...first]);
  gpu.dispose();
  cpu.dispose();
});

test('training in between is seen, also by encode()', async () => {
  const net = network();
  const gpu = await compile(net, { device, state: trained(net) });
  const program = await gpu.program({ batch: 5 });
  const before = (await program.run({ input: images })).output;
  const y = Float32Array.from({ length: 15 }, () => 1);
  const options = { loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0.05 }) } as const;
  await fit(gpu, { x: images, y }, { ...options, batch: 5, epochs: 2 }).run();

  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const x = device.createBuffer({ size: images.byteLength, usage });
  device.queue.writeBuffer(x, 0, images);
  const abandoned = device.createCommandEncoder();
  program.encode(abandoned, { inputs: { input: x } });
  const encoder = device.createCommandEncoder();
  program.encode(encoder, { inputs: { input: x } });
  const staging = device.createBuffer({
    size: 60,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  encoder.copyBufferToBuffer(program.outputBuffer('output'), 0, staging, 0, 60);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const encoded = [...new Float32Array(staging.getMappedRange())];
  const after = [...(await program.run({ input: images })).output];
  expect(encoded).toEqual(after);
  expect(after).not.toEqual([...before]);
  staging.destroy();
  x.destroy();
  gpu.dispose();
});
