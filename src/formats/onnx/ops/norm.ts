import type { Call } from '../../../model/layer';
import { batchNorm } from '../../../model/layers/batch-norm';
import { groupNorm, instanceNorm, layerNorm, localResponseNorm } from '../../../model/layers/norm';
import { channelsLast, logical } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { formatDims, type Known, known, type Live, live, type Value, volume } from '../values';
import { binary, elementwise } from './elementwise';
import { reduceOver } from './reduce';

/** A known vector with a number for each channel. */
function vector(node: NodeScope, index: number, what: string, channels: number): Known {
  const value = node.knownInput(index, what);
  if (value && volume(value.dims) === channels && value.dims.length <= 1) return value;
  throw node.fail(`${what} is [${channels}]`, value ? formatDims(value.dims) : 'nothing');
}

function epsilonOf(node: NodeScope): number {
  const epsilon = node.attributes.float('epsilon', 1e-5);
  if (epsilon >= 0) return epsilon;
  throw node.fail('epsilon is at least 0', String(epsilon));
}

export const convertBatchNorm: Convert = (node) => {
  const x = node.liveInput(0, 2);
  const { attributes, opset } = node;
  const channels = x.dims[1];
  const names = ['scale', 'B', 'mean', 'var'];
  const [gamma, beta, mean, variance] = names.map((what, i) => vector(node, i + 1, what, channels));
  if (variance.data.some((value) => !(value >= 0))) {
    throw node.fail(
      'variances are at least 0',
      String(variance.data.find((value) => !(value >= 0))),
    );
  }
  if (opset < 7) attributes.ignore('is_test');
  if (opset < 9 && !attributes.flag('spatial', true)) {
    throw node.fail('statistics are those of channels: spatial is 1', '0');
  }
  const momentum = attributes.float('momentum', 0.9);
  const epsilon = epsilonOf(node);
  const several = node.listed > 1;
  const training = opset < 14 ? opset >= 7 && several : attributes.flag('training_mode', false);
  if (several && !training)
    throw node.fail('without training_mode it has one output', `${node.listed}`);
  const tensor = node.layer(
    (options) => batchNorm({ ...options, convention: 'onnx', momentum, epsilon }),
    [channelsLast(node, x).tensor],
    {
      weights: {
        gamma: node.weight(gamma),
        beta: node.weight(beta),
        movingMean: node.weight(mean),
        movingVariance: node.weight(variance),
      },
    },
  );
  if (training) {
    const { name } = (tensor.call as Call).layer;
    node.updates = [undefined, `${name}/movingMean`, `${name}/movingVariance`];
  }
  return node.last(tensor, x.dims);
};

export const convertInstanceNorm: Convert = (node) => {
  const x = node.liveInput(0, 3);
  const gamma = node.weight(vector(node, 1, 'scale', x.dims[1]));
  const beta = node.weight(vector(node, 2, 'B', x.dims[1]));
  const epsilon = epsilonOf(node);
  const tensor = node.layer(
    (options) => instanceNorm({ ...options, epsilon }),
    [channelsLast(node, x).tensor],
    { weights: { gamma, beta } },
  );
  return node.last(tensor, x.dims);
};

export const convertGroupNorm: Convert = (node) => {
  const x = node.liveInput(0, 3);
  const channels = x.dims[1];
  const groups = node.attributes.int('num_groups', 0);
  const epsilon = epsilonOf(node);
  node.attributes.ignore('stash_type');
  if (groups < 1 || channels % groups) {
    throw node.fail('num_groups divides the channels', `${groups} groups, ${channels} channels`);
  }
  // Until opset 21 scale and bias were those of the groups.
  const perGroup = node.opset < 21;
  const [gamma, beta] = ['scale', 'bias'].map((what, i) => {
    const values = node.weight(vector(node, i + 1, what, perGroup ? groups : channels));
    if (!perGroup) return values;
    return Float32Array.from(
      { length: channels },
      (_, c) => values[Math.floor((c * groups) / channels)],
    );
  });
  const tensor = node.layer(
    (options) => groupNorm({ ...options, groups, epsilon }),
    [channelsLast(node, x).tensor],
    { weights: { gamma, beta } },
  );
  return node.last(tensor, x.dims);
};

export const convertLayerNorm: Convert = (node) => {
  const x = logical(node, node.liveInput(0, 1));
  const rank = x.dims.length;
  const first = node.axis(node.attributes.int('axis', -1), rank);
  const epsilon = epsilonOf(node);
  node.attributes.ignore('stash_type');
  const normal = x.dims.slice(first);
  const weight = (index: number, what: string) => {
    const value = node.knownInput(index, what);
    if (value && volume(value.dims) !== volume(normal)) {
      throw node.fail(`${what} is ${formatDims(normal)}`, formatDims(value.dims));
    }
    return value && node.weight(value);
  };
  const [gamma, beta] = [weight(1, 'scale'), weight(2, 'bias')];
  const axis = normal.map((_, i) => first + i);
  const tensor = node.layer(
    (options) =>
      layerNorm({
        ...options,
        axis,
        epsilon,
        scale: gamma !== undefined,
        center: beta !== undefined,
      }),
    [x.tensor],
    { weights: { ...(gamma && { gamma }), ...(beta && { beta }) } },
  );
  const y = live(tensor, x.dims);
  if (!node.outputs[1] && !node.outputs[2]) return y;
  return [y, ...moments(node, x, axis, epsilon)];
};

/** The mean over axes, and 1 over the standard deviation. */
function moments(node: NodeScope, x: Live, axes: readonly number[], epsilon: number): Value[] {
  const mean = reduceOver(node, 'mean', x, axes, true, 'mean');
  const centred = binary(node, 'Sub', x, mean);
  const square = binary(node, 'Mul', centred, centred);
  const variance = reduceOver(node, 'mean', square, axes, true, 'variance');
  const shifted = binary(node, 'Add', variance, known('float', [], [epsilon])) as Live;
  const deviation = elementwise(node, shifted, 'sqrt', 'deviation');
  return [mean, elementwise(node, deviation, 'reciprocal', 'inverse')];
}

export const convertLocalResponseNorm: Convert = (node) => {
  const x = node.liveInput(0, 3);
  const { attributes } = node;
  const how = {
    size: attributes.int('size', 0),
    alpha: attributes.float('alpha', 1e-4),
    beta: attributes.float('beta', 0.75),
    bias: attributes.float('bias', 1),
  };
  const tensor = node.layer(
    (options) => localResponseNorm({ ...options, ...how }),
    [channelsLast(node, x).tensor],
  );
  return node.last(tensor, x.dims);
};
