import type { LayerOptions } from '../../../model/create-layer';
import type { Layer, SymbolicTensor } from '../../../model/layer';
import {
  add,
  average,
  concat,
  maximum,
  minimum,
  multiply,
  subtract,
} from '../../../model/layers/merge';
import { dropout, identity } from '../../../model/layers/regularisation';
import { axisOf, chain, type KerasClass, layerOptions } from './common';

function merge(becomes: string, make: (options: LayerOptions) => Layer): KerasClass {
  return {
    becomes,
    read: (reading) => ({ apply: chain(make(layerOptions(reading))), layout: 'any' }),
  };
}

const concatenate: KerasClass = {
  becomes: '`concat`',
  read(reading) {
    const { config, shapes } = reading;
    const rank = shapes[0].length;
    const axis = axisOf(config, 'axis', config.raw('axis') ?? -1, rank);
    const images = rank === 3 && axis === 1;
    const layer = concat({ ...layerOptions(reading), axis: images ? -1 : axis });
    return { apply: chain(layer), ...(images && { layout: 'first' }) };
  },
};

const dropoutClass: KerasClass = {
  becomes: '`dropout`',
  read(reading) {
    const { config } = reading;
    const rate = config.number('rate');
    const seed = config.has('seed') ? { seed: config.integer('seed') & 0x7fffffff } : {};
    config.refuse('noise_shape', undefined, 'Save the model without it.');
    return {
      apply: chain(dropout(rate, { ...layerOptions(reading), ...seed })),
      inference: ([x]: readonly SymbolicTensor[]) => x,
      layout: 'any',
    };
  },
};

/** What only training has, and is not made here. */
const nothing: KerasClass = {
  becomes: '`identity`, in training too',
  read: (reading) => ({ apply: chain(identity(layerOptions(reading))), layout: 'any' }),
};

export const otherClasses: Readonly<Record<string, KerasClass>> = {
  ActivityRegularization: nothing,
  Add: merge('`add`', add),
  AlphaDropout: nothing,
  Average: merge('`average`', average),
  Concatenate: concatenate,
  Dropout: dropoutClass,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
  Identity: nothing,
  Maximum: merge('`maximum`', maximum),
  Minimum: merge('`minimum`', minimum),
  Multiply: merge('`multiply`', multiply),
  SpatialDropout1D: nothing,
  SpatialDropout2D: nothing,
  Subtract: merge('`subtract`', subtract),
};
