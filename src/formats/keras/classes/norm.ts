import type { Shape } from '../../../core/shape';
import type { SymbolicTensor } from '../../../model/layer';
import { batchNorm } from '../../../model/layers/batch-norm';
import { groupNorm, layerNorm } from '../../../model/layers/norm';
import { rescaling, zScore } from '../../../model/layers/preprocessing';
import { permute } from '../../../model/layers/shape';
import {
  axisOf,
  chain,
  type KerasClass,
  layerOptions,
  type Read,
  type Reading,
  type WeightRule,
} from './common';

/** Keras divides by at least this much. */
const SMALLEST_DEVIATION = 1e-7;

function affineRules({ config, name }: Reading): WeightRule[] {
  return [
    ...(config.flag('scale', true) ? [{ keys: ['gamma'], state: `${name}/gamma` }] : []),
    ...(config.flag('center', true) ? [{ keys: ['beta'], state: `${name}/beta` }] : []),
  ];
}

function affineOptions(reading: Reading) {
  const { config } = reading;
  return {
    ...layerOptions(reading),
    epsilon: config.number('epsilon', 1e-3),
    center: config.flag('center', true),
    scale: config.flag('scale', true),
  };
}

/** Around a layer that works on the last axis: `axis` (from 1 on) goes there and comes back. */
function movedAxis(axis: number, rank: number, apply: Read['apply']): Read['apply'] {
  const others = Array.from({ length: rank }, (_, i) => i + 1).filter((i) => i !== axis);
  const order = [...others, axis];
  const back = order.map((_, i) => order.indexOf(i + 1) + 1);
  return ([x]) => permute(back)(apply([permute(order)(x)]));
}

/**
 * The running variance is that of n/(n − 1) in tf.keras 2's fused kernel, which it uses on images; the
 * biased one elsewhere.
 */
function unbiased({ config, dialect, shapes: [shape] }: Reading, axis: number): boolean {
  const image = shape.length === 3 && (axis === 1 || axis === 3);
  return dialect === 'keras2' && image && config.flag('fused', true);
}

const batchNormalization: KerasClass = {
  becomes: '`batchNorm`, momentum and ε as they are, any axis',
  read(reading) {
    const { config, name, shapes } = reading;
    const remedy = 'Save the model without it.';
    config.refuse('renorm', false, remedy);
    config.refuse('virtual_batch_size', undefined, remedy);
    const rank = shapes[0].length;
    const axis = axisOf(config, 'axis', config.raw('axis') ?? -1, rank);
    const options = {
      ...affineOptions(reading),
      momentum: config.number('momentum', 0.99),
      unbiased: unbiased(reading, axis),
    };
    const layer = batchNorm(options);
    const apply = ([x]: readonly SymbolicTensor[]) => layer(x);
    const weights = [
      ...affineRules(reading),
      { keys: ['moving_mean'], state: `${name}/movingMean` },
      { keys: ['moving_variance'], state: `${name}/movingVariance` },
    ];
    const inference: Read['apply'] = ([x]) => {
      layer.statistics = 'running';
      layer.updateRunning = false;
      return layer(x);
    };
    if (axis === rank) return { apply, inference, weights };
    if (axis === 1) return { apply, inference, weights, layout: 'first' };
    return {
      apply: movedAxis(axis, rank, apply),
      inference: movedAxis(axis, rank, inference),
      weights,
    };
  },
};

const layerNormalization: KerasClass = {
  becomes: '`layerNorm`, over the last axes',
  read(reading) {
    const { config } = reading;
    config.refuse('rms_scaling', false, 'Root mean square scaling is not supported.');
    const axis = config.raw('axis') ?? -1;
    const axes = Array.isArray(axis) ? config.integers('axis') : config.integer('axis', -1);
    const layer = layerNorm({ ...affineOptions(reading), axis: axes });
    return { apply: chain(layer), weights: affineRules(reading) };
  },
};

const groupNormalization: KerasClass = {
  becomes: '`groupNorm`',
  read(reading) {
    const { config, shapes } = reading;
    const [shape] = shapes;
    const axis = axisOf(config, 'axis', config.raw('axis') ?? -1, shape.length);
    if (axis !== 1 && axis !== shape.length) throw config.wrong('axis', 'the first or the last');
    const groups = config.integer('groups', 32);
    const layer = groupNorm({
      ...affineOptions(reading),
      groups: groups === -1 ? shape[axis - 1] : groups,
    });
    const layout = axis === shape.length ? undefined : 'first';
    return { apply: chain(layer), weights: affineRules(reading), layout };
  },
};

/** A config's statistics: a number for all channels, or numbers nested as Keras' broadcast shape. */
function statistics({ config }: Reading, key: string, channels: number): readonly number[] {
  const value = config.raw(key);
  const flat = [value].flat(8);
  const numbers = flat.length === 1 ? Array<unknown>(channels).fill(flat[0]) : flat;
  if (numbers.length === channels && numbers.every(Number.isFinite)) return numbers as number[];
  throw config.wrong(key, `a number, or one for each of the ${channels} channels`);
}

const deviationOf = (variance: number) => Math.max(Math.sqrt(variance), SMALLEST_DEVIATION);

const normalization: KerasClass = {
  becomes: '`zScore`, over the last axis',
  read(reading) {
    const { config, name, shapes } = reading;
    config.refuse('invert', false, 'Leave the layer out and undo the scaling yourself.');
    const [shape] = shapes;
    const channels = shape[shape.length - 1];
    // Without an axis the file has one number, for all channels.
    const axis = config.raw('axis') ?? -1;
    const one = config.isNull('axis') || (Array.isArray(axis) && !axis.length);
    if (!one && axisOf(config, 'axis', axis, shape.length) !== shape.length) {
      throw config.wrong('axis', 'the last one', 'Move that axis to the end with a Permute layer.');
    }
    const layer = zScore({ name, trainable: false });
    if (config.has('mean')) {
      const mean = statistics(reading, 'mean', channels);
      const deviation = statistics(reading, 'variance', channels).map(deviationOf);
      const constants = { [`${name}/mean`]: mean, [`${name}/deviation`]: deviation };
      return { apply: chain(layer), constants };
    }
    const stored = one ? { shape: (): Shape => [] } : {};
    const spread = (values: Float32Array) =>
      one ? new Float32Array(channels).fill(values[0]) : values;
    const variance = (values: Float32Array) => spread(values).map(deviationOf);
    return {
      apply: chain(layer),
      weights: [
        { keys: ['mean'], state: `${name}/mean`, ...stored, convert: spread },
        { keys: ['variance'], state: `${name}/deviation`, ...stored, convert: variance },
        { keys: ['count'], optional: true },
      ],
    };
  },
};

const rescalingClass: KerasClass = {
  becomes: '`rescaling`',
  read(reading) {
    const { config } = reading;
    const options = { scale: config.number('scale', 1), offset: config.number('offset', 0) };
    return { apply: chain(rescaling({ ...layerOptions(reading), ...options })), layout: 'any' };
  },
};

export const normClasses: Readonly<Record<string, KerasClass>> = {
  BatchNormalization: batchNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  Normalization: normalization,
  Rescaling: rescalingClass,
};
