// Runs unchanged in Node and in a page; gives a line that the test knows.
import { batchNorm, compile, dense, sequential } from 'webgpu-batchnorm';

/** @param {GPU} [gpu] Where WebGPU is, where it isn't navigator.gpu. */
export async function run(gpu) {
  const model = sequential(
    [5],
    [
      dense(16, { activation: 'relu' }),
      batchNorm(),
      dense(32, { activation: 'relu' }),
      batchNorm(),
      dense(2, { activation: 'softmax' }),
    ],
  );
  const car = [0.1, -0.7, 1.2, 0.4, -0.3];
  const onGpu = await compile(model, { gpu, seed: 7 });
  const onCpu = await compile(model, { backend: 'cpu', seed: 7 });
  const [got, want] = await Promise.all([onGpu.predict(car), onCpu.predict(car)]);
  const agree = got.data.every((value, i) => Math.abs(value - want.data[i]) < 1e-5);
  const sum = got.data[0] + got.data[1];
  onGpu.dispose();
  onCpu.dispose();
  return `[${got.shape}] agree ${agree}, sum ${sum.toFixed(3)}`;
}
