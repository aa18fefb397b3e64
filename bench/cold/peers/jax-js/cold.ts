// The page of the cold start with jax-js.
import { defaultDevice, init, type JaxArray, jit, lax, nn, numpy as np } from '@jax-js/jax';
import { measureFirstOutput } from '../../first-output';

const EPSILON = 1e-3;

const block = (x: JaxArray, kernel: JaxArray, vectors: readonly JaxArray[]) => {
  const [gamma, beta, mean, variance] = vectors;
  const y = lax.convGeneralDilated(x, kernel, [1, 1], 'SAME');
  const scale = gamma.mul(np.reciprocal(np.sqrt(variance.add(EPSILON))));
  return np.clip(y.sub(mean).mul(scale).add(beta), 0);
};

measureFirstOutput(async () => {
  await init('webgpu');
  defaultDevice('webgpu');
  const infer = jit((x, w1, w2, w3, ...vectors) => {
    const y = block(block(x, w1, vectors.slice(0, 4)), w2, vectors.slice(4));
    const pooled = lax.reduceWindow(y, np.max, [2, 2], [2, 2]);
    return [nn.softmax(np.matmul(np.reshape(pooled, [1, -1]), w3), -1)];
  });
  const vectors = Array.from({ length: 8 }, (_, i) => np.full([1, 32, 1, 1], i % 4 ? 0.1 : 1));
  const [y] = infer(
    np.full([1, 1, 28, 28], 0.5),
    np.full([32, 1, 3, 3], 0.01),
    np.full([32, 32, 3, 3], 0.01),
    np.full([32 * 14 * 14, 10], 0.01),
    ...vectors,
  );
  return y.data();
});
