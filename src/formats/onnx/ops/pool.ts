import { depthwiseConv2d } from '../../../model/layers/conv';
import { multiply } from '../../../model/layers/merge';
import {
  averagePooling2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  maxPooling2d,
} from '../../../model/layers/pool';
import { asImage, fromImage } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { known, type Live } from '../values';
import { poolIndices } from './pool-indices';
import { extents, pairOf, planeOptions, reach, type SpatialWindow, spatialWindow } from './window';

/** A window, and how many rows beyond its padding `ceil_mode` lets it reach. */
interface PoolWindow {
  readonly window: SpatialWindow;
  readonly beyond: readonly number[];
}

function poolWindow(node: NodeScope, size: readonly number[]): PoolWindow {
  const kernel = extents(node, 'kernel_shape', size.length);
  const window = spatialWindow(node, size, kernel);
  const { strides, before, after } = window;
  const ceil = node.attributes.flag('ceil_mode', false);
  const beyond = size.map((extent, axis) => {
    const padded = before[axis] + extent + after[axis];
    const steps = (padded - reach(window, axis)) / strides[axis];
    // A window that would start beyond the image and the padding before it is left out.
    const last = Math.min(Math.ceil(steps), Math.ceil((extent + before[axis]) / strides[axis]) - 1);
    if (!ceil || last <= Math.floor(steps)) return 0;
    return last * strides[axis] + reach(window, axis) - padded;
  });
  return { window, beyond };
}

/** The window with what it reaches beyond its padding as padding. */
function widened({ window, beyond }: PoolWindow): SpatialWindow {
  return { ...window, after: window.after.map((n, axis) => n + beyond[axis]) };
}

export const convertMaxPool: Convert = (node) => {
  const x = node.liveInput(0, 3);
  const window = widened(poolWindow(node, x.dims.slice(2)));
  const { strides, dilationRate, padding } = planeOptions(window);
  const poolSize = pairOf(window.kernel, 1);
  const tensor = node.layer(
    (options) => maxPooling2d({ ...options, poolSize, strides, padding, dilationRate }),
    [asImage(node, x).tensor],
  );
  const y = fromImage(node, tensor, x);
  const columnsFirst = node.attributes.flag('storage_order', false);
  return node.outputs[1] ? [y, poolIndices(node, x, y, window, columnsFirst)] : y;
};

export const convertAveragePool: Convert = (node) => {
  const x = node.liveInput(0, 3);
  const found = poolWindow(node, x.dims.slice(2));
  const countIncludePad = node.attributes.flag('count_include_pad', false);
  const odd = countIncludePad && found.beyond.some((n) => n > 0);
  if (odd || found.window.dilations.some((n) => n > 1)) {
    return averageByWeights(node, x, found, countIncludePad);
  }
  const { strides, padding } = planeOptions(widened(found));
  const poolSize = pairOf(found.window.kernel, 1);
  const tensor = node.layer(
    (options) => averagePooling2d({ ...options, poolSize, strides, padding, countIncludePad }),
    [asImage(node, x).tensor],
  );
  return fromImage(node, tensor, x);
};

/** The sum over each window, a convolution with ones, divided by how many numbers count in it. */
function averageByWeights(
  node: NodeScope,
  x: Live,
  found: PoolWindow,
  countPadding: boolean,
): Live {
  const window = widened(found);
  const image = asImage(node, x);
  const { kernel, strides, dilations, before } = window;
  const sums = node.layer(
    (options) =>
      depthwiseConv2d(pairOf(kernel, 1), {
        ...options,
        ...planeOptions(window),
        useBias: false,
        trainable: false,
      }),
    [image.tensor],
    {
      weights: { kernel: new Float32Array(kernel.reduce((n, k) => n * k, x.dims[1])).fill(1) },
      suffix: 'sums',
    },
  );
  const [height, width] = sums.shape.slice(-3);
  const outputs = x.dims.length === 3 ? [width] : [height, width];
  // How many taps count at each place of a dimension; of an image it is their product.
  const counts = outputs.map((extent, axis) => {
    const low = countPadding ? -before[axis] : 0;
    const size = x.dims[axis + 2];
    const high = countPadding ? size + found.window.after[axis] : size;
    return Array.from({ length: extent }, (_, i) => {
      const taps = Array.from(
        { length: kernel[axis] },
        (_, k) => i * strides[axis] - before[axis] + k * dilations[axis],
      );
      return taps.filter((at) => at >= low && at < high).length;
    });
  });
  const [rows, columns] = counts.length === 1 ? [[1], counts[0]] : counts;
  const shares = rows.flatMap((row) => columns.map((column) => 1 / (row * column)));
  const share = node.live(known('float', [1, height, width, 1], shares), 'shares');
  return fromImage(
    node,
    node.layer((options) => multiply(options), [sums, share.tensor]),
    x,
  );
}

const globalPool =
  (make: typeof globalAveragePooling2d): Convert =>
  (node) => {
    const x = node.liveInput(0, 3);
    const image = asImage(node, x);
    const tensor = node.layer((options) => make({ ...options, keepDims: true }), [image.tensor]);
    return fromImage(node, tensor, x);
  };

export const convertGlobalAveragePool = globalPool(globalAveragePooling2d);
export const convertGlobalMaxPool = globalPool(globalMaxPooling2d);
