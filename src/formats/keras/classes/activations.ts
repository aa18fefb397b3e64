import { FormatError } from '../../../core/errors';
import { formatShape, type Shape, sizeOf } from '../../../core/shape';
import type { Activation } from '../../../model/activations';
import { activation, prelu } from '../../../model/layers/activation';
import { elementary } from '../../../model/layers/elementary';
import { multiply } from '../../../model/layers/merge';
import { rescaling } from '../../../model/layers/preprocessing';
import { reshape } from '../../../model/layers/shape';
import { activationOf, slopeOf } from '../activation';
import { axisOf, chain, type KerasClass, layerOptions, type Read, type Reading } from './common';

/** The lowest number in f32. */
const LOWEST = -3.4028234663852886e38;

/** A layer that is an activation function; the same in any layout unless it is along an axis. */
function applied(reading: Reading, ...functions: readonly Activation[]): Read {
  const [first, ...rest] = functions;
  const named = activation(first, layerOptions(reading));
  const along = typeof first === 'object' && first.name === 'softmax';
  const apply = chain(named, ...rest.map((next) => activation(next)));
  return along ? { apply } : { apply, layout: 'any' };
}

const activationClass: KerasClass = {
  becomes: '`activation`',
  read(reading) {
    const { inside, after } = activationOf(reading.config, reading.dialect);
    const layer = activation(inside, layerOptions(reading));
    const along = inside === 'softmax' || inside === 'logSoftmax';
    return {
      apply: ([x]) => (after ? after(layer(x)) : layer(x)),
      ...(!along && { layout: 'any' }),
    };
  },
};

const NO_SLOPE = 'With a threshold, only a slope of 0 is supported.';

/** x where x > threshold, else 0; then at least 0 and at most `high`, where Keras clips. */
function thresholded(reading: Reading, threshold: number, high?: number): Read {
  const product = multiply(layerOptions(reading));
  return {
    layout: 'any',
    apply([x]) {
      const above = activation('relu')(elementary('sign')(rescaling({ offset: -threshold })(x)));
      const kept = product(x, above);
      return high === undefined ? kept : activation({ name: 'clip', low: 0, high })(kept);
    },
  };
}

const thresholdedReluClass: KerasClass = {
  becomes: 'several layers: x where x > theta, else 0',
  read: (reading) => thresholded(reading, reading.config.number('theta', 1)),
};

const reluClass: KerasClass = {
  becomes: '`relu`, `clip` or `leakyRelu`; with a threshold several layers, without a slope',
  read(reading) {
    const { config } = reading;
    const threshold = config.number('threshold', 0);
    const slope = config.number(config.has('negative_slope') ? 'negative_slope' : 'alpha', 0);
    const high = config.has('max_value') ? config.number('max_value') : undefined;
    if (high !== undefined && high < 0) throw config.wrong('max_value', 'at least 0');
    if (threshold !== 0) {
      config.refuse(config.has('negative_slope') ? 'negative_slope' : 'alpha', 0, NO_SLOPE);
      return thresholded(reading, threshold, high);
    }
    if (slope === 0) {
      return applied(reading, high === undefined ? 'relu' : { name: 'clip', low: 0, high });
    }
    const leaky: Activation = { name: 'leakyRelu', alpha: slope };
    if (high === undefined) return applied(reading, leaky);
    return applied(reading, leaky, { name: 'clip', low: LOWEST, high });
  },
};

const leakyReluClass: KerasClass = {
  becomes: '`leakyRelu`',
  read: (reading) => applied(reading, { name: 'leakyRelu', alpha: slopeOf(reading.config) }),
};

const eluClass: KerasClass = {
  becomes: '`elu`',
  read: (reading) => applied(reading, { name: 'elu', alpha: reading.config.number('alpha', 1) }),
};

const softmaxClass: KerasClass = {
  becomes: '`softmax`, along one axis',
  read(reading) {
    const { config, shapes } = reading;
    const axis = axisOf(config, 'axis', config.raw('axis') ?? -1, shapes[0].length);
    return applied(reading, { name: 'softmax', axis });
  },
};

const preluClass: KerasClass = {
  becomes: '`prelu`: a slope for each channel, each element, or one for all',
  read(reading) {
    const { config, name, shapes } = reading;
    const [shape] = shapes;
    const rank = shape.length;
    const shared = config.has('shared_axes') ? config.integers('shared_axes') : [];
    const axes = [...shared].sort().join();
    const all = shape.map((_, i) => i + 1);
    const rule = (stored: Shape) => [
      { keys: ['alpha'], state: `${name}/alpha`, shape: () => stored },
    ];
    const layer = prelu({ ...layerOptions(reading), shared: axes === all.join() });
    if (axes === all.join()) {
      return { apply: chain(layer), layout: 'any', weights: rule(shape.map(() => 1)) };
    }
    if (axes === all.slice(0, -1).join()) {
      return { apply: chain(layer), weights: rule(shape.map((n, i) => (i < rank - 1 ? 1 : n))) };
    }
    if (axes === all.slice(1).join()) {
      const weights = rule(shape.map((n, i) => (i ? 1 : n)));
      return { apply: chain(layer), layout: 'first', weights };
    }
    if (!shared.length) {
      const apply = chain(reshape([sizeOf(shape)]), layer, reshape(shape));
      return { apply, weights: rule(shape) };
    }
    throw new FormatError({
      where: config.where,
      rule: 'its slopes are shared along no axis, all axes, or all but the channels',
      found: `shared_axes ${formatShape(shared)} of ${formatShape(shape)}`,
    });
  },
};

export const activationClasses: Readonly<Record<string, KerasClass>> = {
  Activation: activationClass,
  ELU: eluClass,
  LeakyReLU: leakyReluClass,
  PReLU: preluClass,
  ReLU: reluClass,
  Softmax: softmaxClass,
  ThresholdedReLU: thresholdedReluClass,
};
