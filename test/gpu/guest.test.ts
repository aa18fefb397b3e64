// The runtime as a guest: docs/examples/inside-an-app.ts on a device that the app made with the
// default limits.
import { expect, test } from 'vitest';
import { createApp, SIZE } from '../../docs/examples/inside-an-app';
import {
  batchNorm,
  compile,
  conv2d,
  dense,
  fit,
  LimitError,
  relu,
  sequential,
  sgd,
  sigmoid,
  trainingProgram,
} from '../../src/index';
import { freshDevice } from '../support/gpu';

const model = sequential(
  [SIZE, SIZE, 1],
  [conv2d(4, 3, { padding: 'same' }), batchNorm(), relu(), conv2d(1, 1), sigmoid()],
);

test('compute pass → network → render pass, in one submit', async () => {
  const device = await freshDevice({ requiredFeatures: [] });
  expect(device.limits.maxStorageBuffersPerShaderStage).toBe(8);
  const network = await compile(model, { device });
  const program = await network.program({ batch: 1 });

  const submits: number[] = [];
  const submit = device.queue.submit.bind(device.queue);
  device.queue.submit = (buffers) => {
    submits.push([...buffers].length);
    return submit(buffers);
  };

  const target = device.createTexture({
    size: [SIZE, SIZE],
    format: 'rgba8unorm',
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
  });
  const app = createApp(device, program, 'rgba8unorm');
  const seconds = 1.25;
  app.frame(target.createView(), seconds);
  expect(submits, 'one submit, of one command buffer').toEqual([1]);

  const picture = await readTexture(device, target);
  const pattern = Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
    return 0.5 + 0.5 * Math.sin(seconds + 0.4 * x + 0.7 * y);
  });
  const reference = await compile(model, { backend: 'cpu' });
  const want = (await reference.predict(pattern)).data;
  // 8 bits a channel: half a step of rounding, and the GPU's sin() of the pattern.
  const worst = Math.max(...Array.from(want, (v, i) => Math.abs(v * 255 - picture[4 * i])));
  expect(worst).toBeLessThan(0.75);
  expect(new Set(picture).size, 'the picture is not flat').toBeGreaterThan(4);

  app.dispose();
  network.dispose();
  // The device is the app's, and still works.
  device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST }).destroy();
  const lost = await Promise.race([device.lost, new Promise((done) => setTimeout(done, 50))]);
  expect(lost).toBeUndefined();
  device.destroy();
});

test('a parameter too large for the app’s device', async () => {
  const device = await freshDevice();
  const huge = sequential([2 ** 13], [dense(2 ** 13)]);
  await expect(compile(huge, { device })).rejects.toThrow(LimitError);
  await expect(compile(huge, { device })).rejects.toThrow(/"dense\/kernel".*268435456 bytes/);
});

test('a training step in the app’s encoder gives the bits of fit()', async () => {
  const device = await freshDevice({ requiredFeatures: [] });
  const classifier = () => sequential([3], [dense(4), batchNorm(), relu(), dense(2)]);
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const y = Int32Array.from({ length: 8 }, (_, i) => i % 2);
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  const steps = 3;

  const fitted = await compile(classifier(), { device });
  const options = { loss: 'crossEntropy', optimizer, batch: 8, shuffle: false } as const;
  await fit(fitted, { x, y }, { ...options, epochs: steps }).run();

  const guest = await compile(classifier(), { device });
  const step = await trainingProgram(guest, { ...options });
  const upload = (data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({ size: data.byteLength, usage });
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  };
  const inputs = { input: upload(x), 'training/targets': upload(y) };
  step.writeInput('training/learningRate', [0.1]);
  const encoder = device.createCommandEncoder();
  for (let i = 0; i < steps; i++) step.encode(encoder, { inputs });
  // Weights folded now are those from before the steps: they must not be kept.
  await guest.predict(x);
  device.queue.submit([encoder.finish()]);
  expect((await guest.predict(x)).data).toEqual((await fitted.predict(x)).data);

  const [want, got] = [await fitted.getState(), await guest.getState()];
  for (const [name] of want) expect([...got.get(name)], name).toEqual([...want.get(name)]);
  device.destroy();
});

async function readTexture(device: GPUDevice, texture: GPUTexture): Promise<Uint8Array> {
  const rowBytes = 256;
  const buffer = device.createBuffer({
    size: rowBytes * SIZE,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow: rowBytes }, [SIZE, SIZE]);
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const padded = new Uint8Array(buffer.getMappedRange());
  const pixels = Uint8Array.from({ length: SIZE * SIZE * 4 }, (_, i) => {
    const row = Math.floor(i / (SIZE * 4));
    return padded[row * rowBytes + (i % (SIZE * 4))];
  });
  buffer.unmap();
  buffer.destroy();
  return pixels;
}
