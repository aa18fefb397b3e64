import type { Activation } from '../../../model/activations';
import { prelu } from '../../../model/layers/activation';
import type { ElementaryName } from '../../../model/layers/elementary';
import { dropout } from '../../../model/layers/regularisation';
import { unaryKnown } from '../arithmetic';
import { channelsLast } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { isFloat, makeData } from '../tensor';
import {
  BATCH,
  formatDims,
  type Known,
  type Live,
  lastOrder,
  live,
  type Value,
  volume,
} from '../values';
import { binary, elementwise, number } from './elementwise';

/** A converter to an activation function whose parameters are attributes, with their defaults. */
export const unary =
  (
    name: string,
    params: Readonly<Record<string, readonly [attribute: string, fallback: number]>> = {},
  ): Convert =>
  (node) => {
    const x = node.input(0);
    const numbers = Object.entries(params).map(([param, [attribute, fallback]]) => [
      param,
      node.attributes.float(attribute, fallback),
    ]);
    const folded = x.kind === 'known' && unaryKnown(node.op, x);
    if (folded) return folded;
    const how = numbers.length ? { name, ...Object.fromEntries(numbers) } : name;
    return elementwise(node, node.live(x), how as Activation | ElementaryName);
  };

/** Its input itself. */
export const convertIdentity: Convert = (node) => node.input(0);

export const convertDropout: Convert = (node) => {
  const x = node.input(0);
  const { attributes, opset } = node;
  if (opset < 7) attributes.ignore('is_test');
  attributes.ignore('seed');
  const given =
    opset < 12 ? attributes.float('ratio', 0.5) : (node.knownInput(1, 'ratio')?.data[0] ?? 0.5);
  const training = opset >= 12 && node.knownInput(2, 'training_mode')?.data[0];
  if (training && given > 0) {
    throw node.fail(
      'dropout is in inference mode: training drops by itself',
      'training_mode true',
      'Export the model in inference mode.',
    );
  }
  if (!(given >= 0 && given < 1)) throw node.fail('ratio is in [0, 1)', String(given));
  const mask = node.outputs[1] ? dropoutMask(node, x) : undefined;
  if (x.kind === 'known' || given === 0) return [x, mask];
  const rate = given;
  const tensor = node.layer((options) => dropout(rate, options), [x.tensor]);
  return [live(tensor, x.dims, x.order, x.dtype), mask];
};

/** Which numbers were kept: all of them. */
function dropoutMask(node: NodeScope, { dims }: Value): Known {
  if (dims.includes(BATCH)) {
    throw node.fail('its mask is an output only with a fixed batch', formatDims(dims));
  }
  node.builder.claim(dims, node.where);
  return { kind: 'known', dtype: 'bool', dims, data: makeData('bool', volume(dims)).fill(1) };
}

export const convertClip: Convert = (node) => {
  const x = node.input(0);
  const limit = (name: 'min' | 'max', index: number) => {
    if (node.opset < 11)
      return node.attributes.has(name) ? node.attributes.float(name, 0) : undefined;
    const value = node.knownInput(index, name);
    if (value && value.data.length !== 1)
      throw node.fail(`${name} is one number`, formatDims(value.dims));
    return value?.data[0];
  };
  const [low, high] = [limit('min', 1), limit('max', 2)];
  if (x.kind === 'known') {
    const at = (number: number): Known => ({
      kind: 'known',
      dtype: x.dtype,
      dims: [],
      data: makeData(x.dtype, 1).fill(number),
    });
    const least = low === undefined ? x : binary(node, 'Max', x, at(low));
    return high === undefined ? least : binary(node, 'Min', least, at(high));
  }
  if (!isFloat(x.dtype)) throw node.fail('only floating-point tensors are clipped', x.dtype);
  const finite = (value: number | undefined, most: number) =>
    Math.min(Math.max(value ?? most, -MOST), MOST);
  const [least, most] = [finite(low, -MOST), finite(high, MOST)];
  if (least === -MOST && most === MOST) return x;
  if (least === 0 && most === MOST) return elementwise(node, x, 'relu');
  return elementwise(node, x, { name: 'clip', low: Math.min(least, most), high: most });
};

/** The largest f32. */
const MOST = 3.4028234663852886e38;

/** x·tanh(softplus(x)). */
export const convertMish: Convert = (node) => {
  const x = node.liveInput(0);
  const soft = elementwise(node, x, 'softplus', 'softplus');
  return binary(node, 'Mul', x, elementwise(node, soft, 'tanh', 'tanh'));
};

/** max(x, 0) + min(0, α·(e^(x/α) − 1)), an elu of x/α. */
export const convertCelu: Convert = (node) => {
  const alpha = node.attributes.float('alpha', 1);
  if (alpha === 0) throw node.fail('alpha is not 0', '0');
  const scaled = binary(node, 'Mul', node.liveInput(0), number(1 / alpha)) as Live;
  return binary(node, 'Mul', elementwise(node, scaled, 'elu', 'elu'), number(alpha));
};

/** x where it is above α, else 0. */
export const convertThresholdedRelu: Convert = (node) => {
  const x = node.liveInput(0);
  const alpha = number(node.attributes.float('alpha', 1));
  return binary(node, 'Mul', x, binary(node, 'Greater', x, alpha));
};

export const convertGelu: Convert = (node) => {
  const how = node.attributes.string('approximate', 'none', ['none', 'tanh']);
  return elementwise(node, node.liveInput(0), how === 'tanh' ? 'geluTanh' : 'gelu');
};

/** x·σ(α·x). */
export const convertSwish: Convert = (node) => {
  const alpha = node.attributes.float('alpha', 1);
  const x = node.liveInput(0);
  if (alpha === 1) return elementwise(node, x, 'silu');
  const scaled = binary(node, 'Mul', x, number(alpha)) as Live;
  return binary(node, 'Mul', x, elementwise(node, scaled, 'sigmoid', 'sigmoid'));
};

export const convertPrelu: Convert = (node) => {
  const x = node.liveInput(0);
  const slope = node.input(1);
  const channels = x.dims[1];
  const rank = x.dims.length;
  if (slope.kind === 'known') {
    const shared = volume(slope.dims) === 1;
    // [C,1,1…] counted from the last; PyTorch's first exporter wrote [C] and meant channels.
    const perChannel =
      volume(slope.dims) === channels &&
      (slope.dims.length === rank - 1 || (slope.dims.length === 1 && node.opset < 7)) &&
      slope.dims[0] === channels;
    if (rank >= 2 && (shared || perChannel)) {
      const stored = channelsLast(node, x);
      const tensor = node.layer((options) => prelu({ ...options, shared }), [stored.tensor], {
        weights: { alpha: node.weight(slope) },
      });
      return live(tensor, x.dims, lastOrder(rank), x.dtype);
    }
  }
  // x = max(x, 0) + min(x, 0), both exact.
  const positive = elementwise(node, x, 'relu', 'positive');
  const negative = binary(node, 'Sub', x, positive);
  return binary(node, 'Add', positive, binary(node, 'Mul', negative, slope));
};
