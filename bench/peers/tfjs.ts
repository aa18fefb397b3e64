// TensorFlow.js: its own functions, autodiff and optimiser, on the webgpu backend, channels last.
import '@tensorflow/tfjs-backend-webgpu';
// Of its dist folder, by a name that bench/peers/install.ts gives it.
import '@tensorflow/tfjs-core/gradients';
import * as tf from '@tensorflow/tfjs-core';
import { MOMENTUM, type Task } from '../tasks';
import { type Layout, seenAs, weightLayouts } from './layout';
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

/** Beyond it a first training step takes most of a minute on a software adapter. */
const LARGEST_STEP = 60;

export async function tfjs(): Promise<Peer> {
  await tf.setBackend('webgpu');
  await tf.ready();
  return {
    name: 'tfjs',
    async open(task) {
      if (task.mode !== 'step') return openLayers(task);
      const convolves = task.model.layers.some(({ type }) => type === 'conv2d');
      const [batch, size] = inputShape(task);
      const large = batch > LARGEST_STEP || (convolves && (batch > 8 || size > 28));
      return large ? undefined : openStep(task);
    },
  };
}

const padOf = ({ pads }: Geometry) => {
  if (pads.some((pad) => pad !== pads[0])) throw new Error('tfjs pads evenly here.');
  return pads[0];
};

const activations = { relu: tf.relu, relu6: tf.relu6, sigmoid: tf.sigmoid };

const kit: Kit<tf.Tensor> = {
  conv: (x, kernel, geometry) =>
    tf.conv2d(x, kernel, [...geometry.strides], padOf(geometry), 'NHWC', [1, 1], 'floor'),
  depthwise: (x, kernel, geometry) =>
    tf.depthwiseConv2d(x, kernel, [...geometry.strides], padOf(geometry), 'NHWC', [1, 1], 'floor'),
  dense(x, kernel, bias) {
    const y = tf.matMul(x, kernel);
    return bias ? tf.add(y, bias) : y;
  },
  batchNorm(x, gamma, beta, epsilon, rank) {
    const { mean, variance } = tf.moments(x, rank === 4 ? [0, 1, 2] : [0]);
    return tf.batchNorm(x, mean, variance, beta, gamma, epsilon);
  },
  normalise: (x, [gamma, beta, mean, variance], epsilon) =>
    tf.batchNorm(x, mean, variance, beta, gamma, epsilon),
  activation: (x, name) => activations[name](x),
  maxPool: (x, geometry) =>
    tf.maxPool(x, [...geometry.kernel], [...geometry.strides], padOf(geometry), 'floor'),
  globalAverage: (x) => tf.mean(x, [1, 2]),
  flatten: (x) => tf.reshape(x, [x.shape[0], -1]),
  add: (a, b) => tf.add(a, b),
  again: (x) => x,
};

function modelOf({ model, mode }: Task, names: readonly string[]) {
  return (x: tf.Tensor, ...weights: tf.Tensor[]) =>
    applyModel(kit, model, mode !== 'inference', x, (name) => weights[names.indexOf(name)]);
}

function tensorOf(task: Task, name: string, layout: Layout): tf.Tensor {
  return tf.tensor(numbersOf(task, name, layout), [...layout.theirs]);
}

/** A pass that is not ended is not submitted: outputs would be zeros, in no time. */
async function settle(): Promise<void> {
  const backend = tf.backend();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.device.queue.onSubmittedWorkDone();
}

/** Running statistics, which this runtime updates, are left out. */
function openLayers(task: Task): Opened {
  const names = weightNames(task);
  const layouts = weightLayouts(task.model, 'last');
  const forward = modelOf(task, names);
  const wrt = ['input', ...names];
  const inputs = wrt.map((name) =>
    tensorOf(task, name, layouts.get(name) ?? seenAs(inputShape(task))),
  );
  const gradients = task.mode === 'gradients';
  const dy = gradients ? tensorOf(task, 'd_output', seenAs(outputShape(task))) : undefined;
  const made = gradients ? ['output', ...wrt.map((name) => `d_${name}`)] : ['output'];
  let last: tf.Tensor[] = [];
  return {
    run() {
      tf.dispose(last);
      last = tf.tidy(() => {
        if (!dy) return [forward(inputs[0], ...inputs.slice(1))];
        const { value, grads } = tf.valueAndGrads(forward)(inputs, dy);
        return [value, ...grads];
      });
    },
    settle,
    outputs: () => read(made, last),
    dispose: () => tf.dispose([...last, ...inputs, ...(dy ? [dy] : [])]),
  };
}

/** A training step by tf.train.momentum; what it learns stays on the device. */
function openStep(task: Task): Opened {
  const names = weightNames(task);
  const layouts = weightLayouts(task.model, 'last');
  const forward = modelOf(task, names);
  const classes = task.model.outputs[0].tensor.shape[0];
  const [batch] = inputShape(task);
  const x = tensorOf(task, 'input', seenAs(inputShape(task)));
  const labels = tf.tensor(oneHot(task, classes), [batch, classes]);
  const weights = names.map((name) =>
    tf.variable(tensorOf(task, name, layouts.get(name) as Layout)),
  );
  const optimizer = tf.train.momentum(rateOf(task), MOMENTUM);
  let loss: tf.Tensor | undefined;
  return {
    run() {
      loss?.dispose();
      loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(labels, forward(x, ...weights)),
        true,
        weights,
      );
    },
    settle,
    async outputs() {
      // The first is the number of updates.
      const velocities = (await optimizer.getWeights()).slice(1).map(({ tensor }) => tensor);
      const slots = names.map((name) => `optimizer/${name}/velocity`);
      return read(['loss', ...names, ...slots], [loss!, ...weights, ...velocities]);
    },
    dispose() {
      tf.dispose([x, labels, ...weights, ...(loss ? [loss] : [])]);
      optimizer.dispose();
    },
  };
}

/** Its layouts hold our numbers in our order. */
async function read(
  names: readonly string[],
  tensors: readonly tf.Tensor[],
): Promise<Record<string, Float32Array>> {
  const all: Record<string, Float32Array> = {};
  for (const [i, name] of names.entries()) all[name] = (await tensors[i].data()) as Float32Array;
  return all;
}
