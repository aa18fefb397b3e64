// A page that does nothing but one inference of the small CNN, by the public names.
import {
  batchNorm,
  compile,
  conv2d,
  dense,
  flatten,
  maxPooling2d,
  relu,
  sequential,
} from 'webgpu-batchnorm';
import { measureFirstOutput } from './first-output';

measureFirstOutput(async () => {
  const block = () => [conv2d(32, 3, { padding: 'same' }), batchNorm(), relu()];
  const head = [maxPooling2d(), flatten(), dense(10, { activation: 'softmax' })];
  const net = await compile(sequential([28, 28, 1], [...block(), ...block(), ...head]));
  const { data } = await net.predict(new Float32Array(28 * 28).fill(0.5));
  return data;
});
