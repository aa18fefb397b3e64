import { FormatError } from '../../../core/errors';
import { formatShape } from '../../../core/shape';
import {
  cropping2d,
  flatten,
  permute,
  type ResizeOptions,
  reshape,
  resize,
  type Sides,
  upSampling2d,
  zeroPadding2d,
} from '../../../model/layers/shape';
import {
  chain,
  dataFormat,
  type KerasClass,
  layerOptions,
  onRows,
  type Reading,
  shapeSeen,
  sides,
} from './common';

const INTERPOLATIONS = ['nearest', 'bilinear'] as const;

/** [before, after] of rows as sides of an image one pixel wide. */
const rowSides = ([before, after]: readonly number[]): Sides => [before, 0, after, 0];

const zeroPadding1d: KerasClass = {
  becomes: '`zeroPadding2d` of an image one pixel wide',
  read(reading) {
    const padding = rowSides(sides(reading.config, 'padding', 1, 1));
    const layer = zeroPadding2d(padding, layerOptions(reading));
    return { apply: onRows(reading, layer) };
  },
};

const zeroPadding2dClass: KerasClass = {
  becomes: '`zeroPadding2d`',
  read(reading) {
    const padding = sides(reading.config, 'padding', 2, 1) as unknown as Sides;
    return {
      apply: chain(zeroPadding2d(padding, layerOptions(reading))),
      layout: dataFormat(reading),
    };
  },
};

const cropping1d: KerasClass = {
  becomes: '`cropping2d` of an image one pixel wide',
  read(reading) {
    const cropping = rowSides(sides(reading.config, 'cropping', 1, 1));
    return { apply: onRows(reading, cropping2d(cropping, layerOptions(reading))) };
  },
};

const cropping2dClass: KerasClass = {
  becomes: '`cropping2d`',
  read(reading) {
    const cropping = sides(reading.config, 'cropping', 2, 0) as unknown as Sides;
    return {
      apply: chain(cropping2d(cropping, layerOptions(reading))),
      layout: dataFormat(reading),
    };
  },
};

const centerCrop: KerasClass = {
  becomes: '`cropping2d`; no resizing of images that are smaller',
  read(reading) {
    const { config } = reading;
    const layout = dataFormat(reading);
    const [height, width] = shapeSeen(reading, layout);
    const [h, w] = [height - config.count('height'), width - config.count('width')];
    if (!(h >= 0 && w >= 0)) {
      const found = `a crop of an image of ${formatShape(reading.shapes[0])}`;
      const rule = 'height and width are at most the image’s';
      throw new FormatError({ where: config.where, rule, found });
    }
    const [top, left] = [Math.floor(h / 2), Math.floor(w / 2)];
    const layer = cropping2d([top, left, h - top, w - left], layerOptions(reading));
    return { apply: chain(layer), layout };
  },
};

const upSampling1d: KerasClass = {
  becomes: '`upSampling2d` of an image one pixel wide',
  read(reading) {
    const size = [reading.config.count('size', 2), 1] as const;
    return { apply: onRows(reading, upSampling2d(size, layerOptions(reading))) };
  },
};

/** Where samples are taken between pixels: tfjs has its own ideas, in each of these layers another. */
function coordinates({ dialect }: Reading, tfjs: ResizeOptions['coordinates']) {
  return dialect === 'tfjs' ? tfjs : 'halfPixel';
}

const upSampling2dClass: KerasClass = {
  becomes: '`upSampling2d`, nearest or bilinear',
  read(reading) {
    const { config } = reading;
    const layout = dataFormat(reading);
    const size = config.pair('size', 2);
    const interpolation = config.choice('interpolation', INTERPOLATIONS, 'nearest');
    const options = { ...layerOptions(reading), interpolation };
    if (interpolation === 'nearest' || reading.dialect !== 'tfjs') {
      return { apply: chain(upSampling2d(size, options)), layout };
    }
    const [height, width] = shapeSeen(reading, layout);
    const to = [height * size[0], width * size[1]] as const;
    const layer = resize(to, { ...options, coordinates: coordinates(reading, 'asymmetric') });
    return { apply: chain(layer), layout };
  },
};

const resizing: KerasClass = {
  becomes: '`resize`, nearest or bilinear',
  read(reading) {
    const { config } = reading;
    const remedy = 'Resize the images before they come into the network.';
    config.refuse('crop_to_aspect_ratio', false, remedy);
    config.refuse('pad_to_aspect_ratio', false, remedy);
    config.refuse('antialias', false, remedy);
    const layer = resize([config.count('height'), config.count('width')], {
      ...layerOptions(reading),
      interpolation: config.choice('interpolation', INTERPOLATIONS, 'bilinear'),
      coordinates: coordinates(reading, 'alignCorners'),
    });
    return { apply: chain(layer), layout: dataFormat(reading) };
  },
};

const flattenClass: KerasClass = {
  becomes: '`flatten`',
  read: (reading) => ({
    apply: chain(flatten(layerOptions(reading))),
    layout: dataFormat(reading),
  }),
};

const reshapeClass: KerasClass = {
  becomes: '`reshape`',
  read(reading) {
    // TensorFlow.js writes null for what is left.
    const shape = reading.config.list('target_shape').map((n) => n ?? -1) as number[];
    return { apply: chain(reshape(shape, layerOptions(reading))) };
  },
};

const permuteClass: KerasClass = {
  becomes: '`permute`',
  read(reading) {
    const dims = reading.config.integers('dims');
    return { apply: chain(permute(dims, layerOptions(reading))) };
  },
};

const repeatVector: KerasClass = {
  becomes: '`upSampling2d` of one row',
  read(reading) {
    const { config, shapes } = reading;
    const [shape] = shapes;
    if (shape.length !== 1) {
      const found = formatShape(shape);
      throw new FormatError({ where: config.where, rule: 'its input is [features]', found });
    }
    const n = config.count('n');
    const repeat = upSampling2d([n, 1], layerOptions(reading));
    return { apply: chain(reshape([1, 1, shape[0]]), repeat, reshape([n, shape[0]])) };
  },
};

export const shapeClasses: Readonly<Record<string, KerasClass>> = {
  CenterCrop: centerCrop,
  Cropping1D: cropping1d,
  Cropping2D: cropping2dClass,
  Flatten: flattenClass,
  Permute: permuteClass,
  RepeatVector: repeatVector,
  Reshape: reshapeClass,
  Resizing: resizing,
  UpSampling1D: upSampling1d,
  UpSampling2D: upSampling2dClass,
  ZeroPadding1D: zeroPadding1d,
  ZeroPadding2D: zeroPadding2dClass,
};
