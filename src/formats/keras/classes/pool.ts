import type { Layer, SymbolicTensor } from '../../../model/layer';
import {
  averagePooling1d,
  averagePooling2d,
  type GlobalPoolOptions,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  maxPooling1d,
  maxPooling2d,
  type Pool1dOptions,
  type PoolOptions,
} from '../../../model/layers/pool';
import { chain, dataFormat, type KerasClass, layerOptions } from './common';

const PADDINGS = ['valid', 'same'] as const;

/** Pooling over images. Where Keras averages, padding does not count. */
function images(becomes: string, make: (options: PoolOptions) => Layer): KerasClass {
  return {
    becomes,
    read(reading) {
      const { config } = reading;
      const poolSize = config.pair('pool_size', 2);
      const layer = make({
        ...layerOptions(reading),
        poolSize,
        strides: config.has('strides') ? config.pair('strides') : poolSize,
        padding: config.choice('padding', PADDINGS, 'valid'),
      });
      return { apply: chain(layer), layout: dataFormat(reading) };
    },
  };
}

function rows(becomes: string, make: (options: Pool1dOptions) => Layer): KerasClass {
  return {
    becomes,
    read(reading) {
      const { config } = reading;
      const poolSize = config.count('pool_size', 2);
      const layer = make({
        ...layerOptions(reading),
        poolSize,
        strides: config.has('strides') ? config.count('strides') : poolSize,
        padding: config.choice('padding', PADDINGS, 'valid'),
      });
      return { apply: chain(layer), layout: dataFormat(reading) };
    },
  };
}

function global(becomes: string, make: (options: GlobalPoolOptions) => Layer): KerasClass {
  return {
    becomes,
    read(reading) {
      const keepDims = reading.config.flag('keepdims', false);
      const layer = make({ ...layerOptions(reading), keepDims });
      return { apply: ([x]: readonly SymbolicTensor[]) => layer(x), layout: dataFormat(reading) };
    },
  };
}

export const poolClasses: Readonly<Record<string, KerasClass>> = {
  AveragePooling1D: rows('`averagePooling1d`', averagePooling1d),
  AveragePooling2D: images('`averagePooling2d`', averagePooling2d),
  GlobalAveragePooling1D: global('`globalAveragePooling1d`', globalAveragePooling1d),
  GlobalAveragePooling2D: global('`globalAveragePooling2d`', globalAveragePooling2d),
  GlobalMaxPooling1D: global('`globalMaxPooling1d`', globalMaxPooling1d),
  GlobalMaxPooling2D: global('`globalMaxPooling2d`', globalMaxPooling2d),
  MaxPooling1D: rows('`maxPooling1d`', maxPooling1d),
  MaxPooling2D: images('`maxPooling2d`', maxPooling2d),
};
