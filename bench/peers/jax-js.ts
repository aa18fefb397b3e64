// jax-js: the layers as one jitted function, in its own layout, channels first.
import {
  blockUntilReady,
  defaultDevice,
  init,
  type JaxArray,
  jit,
  lax,
  numpy as np,
  vjp,
} from '@jax-js/jax';
import type { Shape } from '../../src/core/shape';
import type { Value } from '../../src/ir/graph';
import type { Task } from '../tasks';
import type { BatchNormSpec, ConvSpec } from '../workloads';
import {
  epsilonOf,
  gradientOf,
  inputShape,
  type Opened,
  type Peer,
  permuted,
  tensorOf,
} from './peer';

const FIRST = [0, 3, 1, 2];
const LAST = [0, 2, 3, 1];

export async function jaxJs(): Promise<Peer> {
  await init('webgpu');
  defaultDevice('webgpu');
  return {
    name: 'jax-js',
    async open(spec, task) {
      if (spec.kind === 'batchNorm') return openBatchNorm(spec, task);
      if (spec.kind === 'conv') return openConv(spec, task);
      return undefined;
    },
  };
}

/** Only y and gradients, here and below: running statistics, which this runtime updates, are left out. */
function openBatchNorm({ shape, pass }: BatchNormSpec, task: Task): Opened {
  const image = shape.length === 4;
  const x = image ? toFirst(tensorOf(task, 'input'), shape) : plain(tensorOf(task, 'input'), shape);
  const channels = shape[shape.length - 1];
  const vector = (name: string) =>
    plain(tensorOf(task, name), image ? [1, channels, 1, 1] : [1, channels]);
  const axes = image ? [0, 2, 3] : [0];
  const epsilon = epsilonOf(task);
  const inputs = [x, vector('/gamma'), vector('/beta')];
  const back = (array: JaxArray) => (image ? fromFirst(array) : array.data());
  if (pass === 'inference') {
    const f = jit((x, gamma, beta, mean, variance) => {
      const scale = gamma.mul(invStd(variance, epsilon));
      return [x.sub(mean).mul(scale).add(beta)];
    });
    const more = [vector('/movingMean'), vector('/movingVariance')];
    return opened(f, [...inputs, ...more], async ([y]) => ({ output: await back(y) }));
  }
  const normalise = normaliser(axes, epsilon);
  if (pass === 'forward') {
    const f = jit((x, gamma, beta) => [normalise(x, gamma, beta)]);
    return opened(f, inputs, async ([y]) => ({ output: await back(y) }));
  }
  const dy = tensorOf(task, 'd_output');
  const f = jit((x, gamma, beta, dy) => {
    const [y, gradients] = vjp(normalise, [x, gamma, beta]);
    return [y, ...gradients(dy)];
  });
  const all = [...inputs, image ? toFirst(dy, shape) : plain(dy, shape)];
  return opened(f, all, async ([y, dx, dgamma, dbeta]) => ({
    output: await back(y),
    [gradientOf(task, 'input')]: await back(dx),
    [gradientOf(task, '/gamma')]: await dgamma.data(),
    [gradientOf(task, '/beta')]: await dbeta.data(),
  }));
}

function openConv(spec: ConvSpec, task: Task): Opened {
  const { channels, filters, kernel, strides = 1, activation, pass } = spec;
  const x = toFirst(tensorOf(task, 'input'), inputShape(spec));
  const perGroup = filters ? channels : 1;
  const count = filters ?? channels;
  const hwio = [kernel, kernel, perGroup, count];
  const oihw = [count, perGroup, kernel, kernel];
  const w = plain(permuted(tensorOf(task, '/kernel'), hwio, [3, 2, 0, 1]), oihw);
  const pad: [number, number] = [(kernel - 1) / 2, (kernel - 1) / 2];
  const convolve = (x: JaxArray, w: JaxArray) =>
    lax.convGeneralDilated(x, w, [strides, strides], [pad, pad], {
      featureGroupCount: filters ? 1 : channels,
    });
  if (!activation) {
    const f = jit((x, w) => [convolve(x, w)]);
    return opened(f, [x, w], async ([y]) => ({ output: await fromFirst(y) }));
  }
  const epsilon = epsilonOf(task);
  const names = ['/gamma', '/beta', '/movingMean', '/movingVariance'];
  const vectors = names.map((name) => plain(tensorOf(task, name), [1, count, 1, 1]));
  const activate = (y: JaxArray) => (activation === 'relu6' ? np.clip(y, 0, 6) : np.clip(y, 0));
  if (pass === 'inference') {
    const f = jit((x, w, gamma, beta, mean, variance) => {
      const scale = gamma.mul(invStd(variance, epsilon));
      return [activate(convolve(x, w).sub(mean).mul(scale).add(beta))];
    });
    return opened(f, [x, w, ...vectors], async ([y]) => ({ output: await fromFirst(y) }));
  }
  const [gamma, beta, ...running] = vectors;
  for (const vector of running) vector.dispose();
  const normalise = normaliser([0, 2, 3], epsilon);
  const layer = (x: JaxArray, w: JaxArray, gamma: JaxArray, beta: JaxArray) =>
    activate(normalise(convolve(x, w), gamma, beta));
  if (pass === 'forward') {
    const f = jit((x, w, gamma, beta) => [layer(x, w, gamma, beta)]);
    return opened(f, [x, w, gamma, beta], async ([y]) => ({ output: await fromFirst(y) }));
  }
  const { shape } = task.graph.outputs.get('output') as Value;
  const dy = toFirst(tensorOf(task, 'd_output'), shape);
  const f = jit((x, w, gamma, beta, dy) => {
    const [y, gradients] = vjp(layer, [x, w, gamma, beta]);
    return [y, ...gradients(dy)];
  });
  return opened(f, [x, w, gamma, beta, dy], async ([y, dx, dw, dgamma, dbeta]) => ({
    output: await fromFirst(y),
    [gradientOf(task, 'input')]: await fromFirst(dx),
    [gradientOf(task, '/kernel')]: permuted(await dw.data(), oihw, [2, 3, 1, 0]),
    [gradientOf(task, '/gamma')]: await dgamma.data(),
    [gradientOf(task, '/beta')]: await dbeta.data(),
  }));
}

/** Batch norm with the statistics of the batch. */
const normaliser =
  (axes: number[], epsilon: number) =>
  (x: JaxArray, gamma: JaxArray, beta: JaxArray): JaxArray => {
    const centred = x.ref.sub(np.mean(x, axes, { keepdims: true }));
    const variance = np.mean(centred.ref.mul(centred.ref), axes, { keepdims: true });
    return centred.mul(invStd(variance, epsilon).mul(gamma)).add(beta);
  };

const invStd = (variance: JaxArray, epsilon: number) =>
  np.reciprocal(np.sqrt(variance.add(epsilon)));

function plain(values: Float32Array, shape: Shape): JaxArray {
  return np.array(values, { shape: [...shape] });
}

function toFirst(values: Float32Array, shape: Shape): JaxArray {
  return plain(
    permuted(values, shape, FIRST),
    FIRST.map((axis) => shape[axis]),
  );
}

async function fromFirst(array: JaxArray): Promise<Float32Array> {
  const { shape } = array;
  return permuted(await array.data(), shape, LAST);
}

/** Calls `f` lazily; only blockUntilReady and data submit what was called. */
function opened(
  f: ReturnType<typeof jit>,
  inputs: readonly JaxArray[],
  read: (outputs: readonly JaxArray[]) => ReturnType<Opened['outputs']>,
): Opened {
  let pending: JaxArray[][] = [];
  let last: JaxArray[] = [];
  const free = (arrays: readonly JaxArray[]) => {
    for (const array of arrays) array.dispose();
  };
  return {
    run: () => void pending.push(f(...inputs.map((input) => input.ref))),
    async settle() {
      await blockUntilReady(pending.flat());
      free(last);
      for (const outputs of pending.slice(0, -1)) free(outputs);
      last = pending[pending.length - 1] ?? [];
      pending = [];
    },
    outputs: () => {
      const taken = last;
      last = [];
      return read(taken);
    },
    dispose() {
      free([...last, ...pending.flat(), ...inputs]);
      f.dispose();
    },
  };
}
