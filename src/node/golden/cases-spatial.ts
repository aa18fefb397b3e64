import type { Value } from '../../ir/graph';
import type { OpDef } from '../../ir/op';
import { avgPool2dOp } from '../../ops/avg-pool';
import { castOp } from '../../ops/cast';
import { maxPool2dArgmaxOp, maxPool2dOp } from '../../ops/max-pool';
import { padOp } from '../../ops/pad';
import { reduceMaxOp, reduceMeanOp } from '../../ops/reduce';
import { reshapeOp } from '../../ops/reshape';
import { resizeOp } from '../../ops/resize';
import { CaseGraph, type Family, type Golden } from './case-graph';
import { imageBack, imageLast } from './cases-conv';

/** Rows and columns of padding below and to the right that make the last, partial windows whole. */
function ceilPads(golden: Golden, image: Value, size: number[], strides: number[]): number[] {
  const dilations = golden.attrs.pair('dilation', 1);
  const pads = golden.attrs.pads('pad', 'padding');
  return [0, 1].map((axis) => {
    const extent = image.shape[axis + 1];
    const reach = dilations[axis] * (size[axis] - 1) + 1;
    const padded = extent + pads[axis] + pads[axis + 2];
    let outputs = Math.ceil((padded - reach) / strides[axis]) + 1;
    // The last window must start on the image or the padding before it.
    if ((outputs - 1) * strides[axis] >= extent + pads[axis]) outputs--;
    return Math.max(0, (outputs - 1) * strides[axis] + reach - padded);
  });
}

interface Pooling {
  readonly size: number[];
  readonly strides: number[];
  readonly pads: number[];
  readonly extra: number[];
}

function poolingOf(golden: Golden, image: Value): Pooling {
  const { attrs } = golden;
  const size = attrs.pair('kernel', 2);
  const strides = attrs.has('stride') ? attrs.pair('stride', 1) : size;
  const extra = attrs.flag('ceil_mode') ? ceilPads(golden, image, size, strides) : [0, 0];
  return { size, strides, pads: attrs.pads('pad', 'padding'), extra };
}

const maxPool: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const x = graph.input('x');
  const image = imageLast(graph, x);
  const { size, strides, pads, extra } = poolingOf(golden, image);
  const attrs = {
    size,
    strides,
    pads: [pads[0], pads[1], pads[2] + extra[0], pads[3] + extra[1]],
    dilations: golden.attrs.pair('dilation', 1),
  };
  const y = imageBack(graph, graph.op(maxPool2dOp, [image], attrs));
  graph.g.output('y', y);
  if (golden.expects('argmax_flat_hw')) {
    const places = graph.op(castOp, [graph.op(maxPool2dArgmaxOp, [image], attrs)], { to: 'f32' });
    graph.g.output('argmax_flat_hw', imageBack(graph, places));
  }
  graph.gradients(y, graph.input('dy'), { dx: x });
  return golden.run(graph);
};

const avgPool: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const x = graph.input('x');
  let image = imageLast(graph, x);
  const { size, strides, pads, extra } = poolingOf(golden, image);
  let [top, left, bottom, right] = pads;
  if (golden.attrs.flag('count_include_pad', true)) {
    // Padding counts, but not what completes a partial window: it is left to the pool.
    const [before, after] = [
      [0, top, left, 0],
      [0, bottom, right, 0],
    ];
    image = graph.op(padOp, [image], { before, after, mode: 'constant', value: 0 });
    [top, left, bottom, right] = [0, 0, 0, 0];
  }
  const result = graph.op(avgPool2dOp, [image], {
    size,
    strides,
    pads: [top, left, bottom + extra[0], right + extra[1]],
    countIncludePad: false,
  });
  const y = imageBack(graph, result);
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), { dx: x });
  return golden.run(graph);
};

const globalPool =
  (op: OpDef): Family =>
  async (golden) => {
    const graph = new CaseGraph(golden);
    const x = graph.input('x');
    const image = imageLast(graph, x);
    const axes = image.shape.map((_, axis) => axis).slice(1, -1);
    const pooled = graph.op(op, [image], { axes, keepDims: false });
    const y = graph.op(reshapeOp, [pooled], { shape: golden.shape('dy') });
    graph.g.output('y', y);
    graph.gradients(y, graph.input('dy'), { dx: x });
    return golden.run(graph);
  };

const RESIZES: [RegExp, string, string][] = [
  [/^nearest/, 'nearest', 'asymmetric'],
  [/^bilinear_half_pixel/, 'bilinear', 'halfPixel'],
  [/^bilinear_align_corners/, 'bilinear', 'alignCorners'],
  [/^bilinear_asymmetric/, 'bilinear', 'asymmetric'],
];

/** Resizing and padding, told apart by the case's name. */
const spatial: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const x = graph.input('x');
  const image = imageLast(graph, x);
  const shape = golden.expectedShape('y');
  const result = () => {
    const padding = /^pad_(constant|reflect|replicate)/.exec(golden.variant);
    if (padding) {
      const [top, left, bottom, right] = golden.attrs.pads('pads', 'pad');
      return graph.op(padOp, [image], {
        before: [0, top, left, 0],
        after: [0, bottom, right, 0],
        mode: padding[1],
        value: golden.attrs.number('value', 0),
      });
    }
    const resize = RESIZES.find(([name]) => name.test(golden.variant));
    if (!resize) return golden.unsupported(`spatial operation "${golden.variant}"`);
    const size = golden.attrs.channelsLast() ? shape.slice(1, 3) : shape.slice(2);
    return graph.op(resizeOp, [image], { size, mode: resize[1], coordinates: resize[2] });
  };
  const y = imageBack(graph, result());
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), { dx: x });
  return golden.run(graph);
};

export const spatialFamilies: Record<string, Family> = {
  maxpool2d: maxPool,
  avgpool2d: avgPool,
  global_avgpool: globalPool(reduceMeanOp),
  global_maxpool: globalPool(reduceMaxOp),
  spatial,
};
