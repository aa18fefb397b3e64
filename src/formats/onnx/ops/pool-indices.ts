import { argMax } from '../../../model/layers/reduce';
import { cast } from '../../../model/layers/tensor';
import { reshapeTo } from '../layout';
import type { NodeScope } from '../scope';
import { BATCH, formatDims, known, type Live, live, type Value } from '../values';
import { asFloat, binary, elementwise, number } from './elementwise';
import { taken } from './movement';
import { padded } from './pad';
import { pairOf, type SpatialWindow } from './window';

/** Below all numbers: padding never wins. */
const LEAST = -3.4028234663852886e38;
/** Beyond it f32 counts no longer one by one. */
const MOST_INDICES = 2 ** 24;

/**
 * Where in the whole tensor the largest number of each window is: which of the window's numbers, by
 * gathering them side by side, and from that the place. Rows are counted first unless `columnsFirst`.
 */
export function poolIndices(
  node: NodeScope,
  x: Live,
  pooled: Live,
  window: SpatialWindow,
  columnsFirst: boolean,
): Value {
  const [batch, channels] = x.dims;
  const [height, width] = pairOf(x.dims.slice(2), 1);
  const size = height * width;
  if (batch === BATCH || batch * channels * size > MOST_INDICES) {
    const rule = `indices count through the whole batch, which is fixed, to ${MOST_INDICES} at most`;
    throw node.fail(rule, formatDims(x.dims), 'Import with batch: "fixed".');
  }
  const outputs = pairOf(pooled.dims.slice(2), 1);
  const kernel = pairOf(window.kernel, 1);
  const steps = pairOf(window.dilations, 1);
  const corners = cornersOf(window, outputs);
  const places = corners.flatMap(([top, left]) =>
    Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
      const y = top + Math.floor(tap / kernel[1]) * steps[0];
      const z = left + (tap % kernel[1]) * steps[1];
      return y < 0 || y >= height || z < 0 || z >= width ? size : y * width + z;
    }),
  );
  const flat = reshapeTo(node, x, [batch, channels, size]) as Live;
  const line = padded(node, flat, { before: [0, 0, 0], after: [0, 0, 1] }, LEAST);
  const taps = taken(node, line, 2, places, [batch, channels, places.length]);
  const rows = reshapeTo(node, taps, [
    batch,
    channels,
    corners.length,
    kernel[0] * kernel[1],
  ]) as Live;
  const axis = rows.order.indexOf(3);
  const best = node.layer((options) => argMax({ ...options, axis }), [rows.tensor], {
    suffix: 'tap',
  });
  const order = rows.order.filter((a) => a !== 3);
  const tap = asFloat(node, live(best, rows.dims.slice(0, 3), order, 'int64'));

  const [down, right] = columnsFirst ? [1, height] : [width, 1];
  const row = elementwise(
    node,
    binary(node, 'Mul', binary(node, 'Add', tap, number(0.5)), number(1 / kernel[1])) as Live,
    'floor',
    'row',
  );
  const column = binary(node, 'Sub', tap, binary(node, 'Mul', row, number(kernel[1])));
  const within = binary(
    node,
    'Add',
    binary(node, 'Mul', row, number(down * steps[0])),
    binary(node, 'Mul', column, number(right * steps[1])),
  );
  const starts = corners.map(([top, left]) => top * down + left * right);
  const images = Array.from({ length: batch * channels }, (_, i) => i * size);
  const first = binary(node, 'Add', within, known('float', [corners.length], starts));
  const whole = binary(node, 'Add', first, known('float', [batch, channels, 1], images)) as Live;
  const index = node.layer((options) => cast('i32', options), [whole.tensor], { suffix: 'index' });
  return reshapeTo(node, live(index, whole.dims, whole.order, 'int64'), pooled.dims);
}

/** The first row and column of each window, perhaps in the padding. */
function cornersOf({ strides, before }: SpatialWindow, outputs: readonly [number, number]) {
  const [by, from] = [pairOf(strides, 1), pairOf(before, 0)];
  return Array.from({ length: outputs[0] * outputs[1] }, (_, i) => {
    const [row, column] = [Math.floor(i / outputs[1]), i % outputs[1]];
    return [row * by[0] - from[0], column * by[1] - from[1]] as const;
  });
}
