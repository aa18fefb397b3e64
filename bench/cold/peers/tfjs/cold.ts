// The page of the cold start with TensorFlow.js.
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { measureFirstOutput } from '../../first-output';

const EPSILON = 1e-3;

const block = (x: tf.Tensor, channels: number) => {
  const kernel = tf.fill([3, 3, channels, 32], 0.01);
  const [ones, tenths] = [1, 0.1].map((value) => tf.fill([32], value));
  return tf.relu(
    tf.batchNorm(tf.conv2d(x, kernel, [1, 1], 'same'), tenths, tenths, tenths, ones, EPSILON),
  );
};

measureFirstOutput(async () => {
  await tf.setBackend('webgpu');
  await tf.ready();
  const y = tf.tidy(() => {
    const x = block(block(tf.fill([1, 28, 28, 1], 0.5), 1), 32);
    const flat = tf.reshape(tf.maxPool(x, [2, 2], [2, 2], 0), [1, -1]);
    return tf.softmax(tf.matMul(flat, tf.fill([32 * 14 * 14, 10], 0.01)));
  });
  return y.data();
});
