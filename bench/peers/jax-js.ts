// jax-js: each task as one jitted function, in its own layout, channels first.
import {
  blockUntilReady,
  defaultDevice,
  init,
  type JaxArray,
  jit,
  lax,
  nn,
  numpy as np,
  vjp,
} from '@jax-js/jax';
import { MOMENTUM, type Task } from '../tasks';
import { firstOf, type Layout, toOurs, weightLayouts } from './layout';
import {
  inputShape,
  numbersOf,
  type Opened,
  oneHot,
  outputShape,
  type Peer,
  rateOf,
  weightNames,
} from './peer';
import { applyModel, type Geometry, type Kit } from './walk';

export async function jaxJs(): Promise<Peer> {
  await init('webgpu');
  defaultDevice('webgpu');
  return {
    name: 'jax-js',
    open: async (task) => (task.mode === 'step' ? openStep(task) : openLayers(task)),
  };
}

/** Vectors as they meet tensors of `rank`, the channels on axis 1. */
const across = (vector: JaxArray, rank: number) =>
  rank === 2 ? vector : np.reshape(vector, [1, -1, ...Array(rank - 2).fill(1)]);

const invStd = (variance: JaxArray, epsilon: number) =>
  np.reciprocal(np.sqrt(variance.add(epsilon)));

const convolve = (x: JaxArray, kernel: JaxArray, { strides, pads }: Geometry, groups: number) => {
  const [top, left, bottom, right] = pads;
  const around: [number, number][] = [
    [top, bottom],
    [left, right],
  ];
  return lax.convGeneralDilated(x, kernel, [...strides], around, { featureGroupCount: groups });
};

const kit: Kit<JaxArray> = {
  conv: (x, kernel, geometry) => convolve(x, kernel, geometry, 1),
  depthwise: convolve,
  dense(x, kernel, bias) {
    const y = np.matmul(x, kernel);
    return bias ? y.add(bias) : y;
  },
  batchNorm(x, gamma, beta, epsilon, rank) {
    const axes = rank === 4 ? [0, 2, 3] : [0];
    const centred = x.ref.sub(np.mean(x, axes, { keepdims: true }));
    const variance = np.mean(centred.ref.mul(centred.ref), axes, { keepdims: true });
    const scale = invStd(variance, epsilon).mul(across(gamma, rank));
    return centred.mul(scale).add(across(beta, rank));
  },
  normalise(x, vectors, epsilon, rank) {
    const [gamma, beta, mean, variance] = vectors.map((vector) => across(vector, rank));
    return x
      .sub(mean)
      .mul(gamma.mul(invStd(variance, epsilon)))
      .add(beta);
  },
  activation(x, name) {
    if (name === 'sigmoid') return nn.sigmoid(x);
    return name === 'relu6' ? np.clip(x, 0, 6) : np.clip(x, 0);
  },
  /** Of what has no negative numbers: zeros are as good as -∞ around it. */
  maxPool(x, { kernel, strides, pads: [top, left, bottom, right] }) {
    const around: [number, number][] = [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ];
    const padded = top || left || bottom || right ? np.pad(x, around) : x;
    return lax.reduceWindow(padded, np.max, [...kernel], [...strides]);
  },
  globalAverage: (x) => np.mean(x, [2, 3]),
  flatten: (x) => np.reshape(x, [x.shape[0], -1]),
  add: (a, b) => a.add(b),
  again: (x) => x.ref,
};

/** The task's model as a function of its input and weights. */
function modelOf({ model, mode }: Task, names: readonly string[]) {
  return (x: JaxArray, ...weights: JaxArray[]) =>
    applyModel(kit, model, mode !== 'inference', x, (name) => weights[names.indexOf(name)]);
}

function arrayOf(task: Task, name: string, layout: Layout): JaxArray {
  return np.array(numbersOf(task, name, layout), { shape: [...layout.theirs] });
}

/**
 * A model's output, and its gradients where the task wants them. Running statistics, which this
 * runtime updates, are left out.
 */
function openLayers(task: Task): Opened {
  const names = weightNames(task);
  const layouts = weightLayouts(task.model, 'first');
  layouts.set('input', firstOf(inputShape(task)));
  layouts.set('output', firstOf(outputShape(task)));
  const layoutOf = (name: string) => layouts.get(name.replace(/^d_/, '')) as Layout;
  const wrt = ['input', ...names];
  const forward = modelOf(task, names);
  const gradients = task.mode === 'gradients';
  const f = jit((...inputs) => {
    if (!gradients) return [forward(inputs[0], ...inputs.slice(1))];
    const [y, pull] = vjp(forward, inputs.slice(0, -1));
    return [y, ...pull(inputs[inputs.length - 1])];
  });
  const given = gradients ? [...wrt, 'd_output'] : wrt;
  const inputs = given.map((name) => arrayOf(task, name, layoutOf(name)));
  const made = gradients ? ['output', ...wrt.map((name) => `d_${name}`)] : ['output'];
  let pending: JaxArray[][] = [];
  let last: JaxArray[] = [];
  return {
    run: () => void pending.push(f(...inputs.map((input) => input.ref))),
    // Only this and data() submit what was called.
    async settle() {
      await blockUntilReady(pending.flat());
      free(last);
      for (const outputs of pending.slice(0, -1)) free(outputs);
      last = pending[pending.length - 1] ?? [];
      pending = [];
    },
    outputs: () => read(made, last, layoutOf),
    dispose() {
      free([...last, ...pending.flat(), ...inputs]);
      f.dispose();
    },
  };
}

/** A training step; what it learns stays on the device. */
function openStep(task: Task): Opened {
  const names = weightNames(task);
  const layouts = weightLayouts(task.model, 'first');
  const layoutOf = (name: string) =>
    (layouts.get(name.replace(/^optimizer\/(.*)\/velocity$/, '$1')) as Layout) ?? firstOf([]);
  const forward = modelOf(task, names);
  const classes = task.model.outputs[0].tensor.shape[0];
  const [batch] = inputShape(task);
  const rate = rateOf(task);
  const f = jit((x, labels, ...state) => {
    const weights = state.slice(0, names.length);
    const loss = (...weights: JaxArray[]) => {
      const logs = nn.logSoftmax(forward(x, ...weights), -1);
      return np.sum(logs.mul(labels)).mul(-1 / batch);
    };
    const [value, pull] = vjp(
      loss,
      weights.map((weight) => weight.ref),
    );
    const slopes = pull(np.array(1));
    const velocities = state
      .slice(names.length)
      .map((velocity, i) => velocity.mul(MOMENTUM).add(slopes[i]));
    const next = weights.map((weight, i) => weight.sub(velocities[i].ref.mul(rate)));
    return [value, ...next, ...velocities];
  });
  const slots = names.map((name) => `optimizer/${name}/velocity`);
  const x = arrayOf(task, 'input', firstOf(inputShape(task)));
  const labels = np.array(oneHot(task, classes), { shape: [batch, classes] });
  let state = [...names, ...slots].map((name) => arrayOf(task, name, layoutOf(name)));
  let losses: JaxArray[] = [];
  return {
    run() {
      const [loss, ...next] = f(x.ref, labels.ref, ...state);
      losses.push(loss);
      state = next;
    },
    async settle() {
      await blockUntilReady([...losses, ...state]);
      free(losses.slice(0, -1));
      losses = losses.slice(-1);
    },
    outputs: () =>
      read(
        ['loss', ...names, ...slots],
        [losses[losses.length - 1], ...state].map((array) => array.ref),
        layoutOf,
      ),
    dispose() {
      free([x, labels, ...state, ...losses]);
      f.dispose();
    },
  };
}

function free(arrays: readonly JaxArray[]): void {
  for (const array of arrays) array.dispose();
}

async function read(
  names: readonly string[],
  arrays: readonly JaxArray[],
  layoutOf: (name: string) => Layout,
): Promise<Record<string, Float32Array>> {
  const all: Record<string, Float32Array> = {};
  for (const [i, name] of names.entries()) {
    all[name] = toOurs(await arrays[i].ref.data(), layoutOf(name));
  }
  return all;
}
