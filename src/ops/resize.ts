import resizeKernel from '../../shaders/resize.wgsl';
import { oneOf } from '../core/check';
import { sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  elemOf,
  gridOf,
  i32,
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  u32,
  widthOf,
  write,
} from '../ir/op';
import { checkCount, checkFloat, checkRank } from './common';
import { checkPair, type Pair } from './window';

const MODES = ['nearest', 'bilinear'] as const;
const COORDINATES = ['halfPixel', 'alignCorners', 'asymmetric'] as const;
type Mode = (typeof MODES)[number];
type Coordinates = (typeof COORDINATES)[number];

/** The attributes, and the extents of the image before and after. */
export interface Resize {
  readonly mode: Mode;
  readonly coordinates: Coordinates;
  readonly from: Pair;
  readonly to: Pair;
}

export function resizeOf(attrs: Attrs, from: Pair, to: Pair, where: string): Resize {
  const mode = oneOf((attrs.mode ?? 'bilinear') as Mode, MODES, where, 'mode');
  const given = (attrs.coordinates ?? 'halfPixel') as Coordinates;
  return { mode, coordinates: oneOf(given, COORDINATES, where, 'coordinates'), from, to };
}

export const extents = ({ shape }: TensorType): Pair => [shape[1], shape[2]];

/**
 * `resize [x NHWC] {size: [h, w], mode = 'bilinear', coordinates = 'halfPixel'}`: position d of the
 * result shows position (d + ½)·in/out − ½ (halfPixel), d·(in − 1)/(out − 1) (alignCorners) or
 * d·in/out (asymmetric), on the image. `nearest` takes the nearest pixel, the later of two, except
 * with asymmetric coordinates: there the one before.
 */
export const resizeOp: OpDef = {
  name: 'resize',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    checkRank(inputs[0], 4, where, 'NHWC');
    const [{ dtype, shape }] = inputs;
    const size = checkPair(attrs.size as readonly number[], where, 'size');
    resizeOf(attrs, extents(inputs[0]), size, where);
    return [{ dtype, shape: [shape[0], ...size, shape[3]] }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const y = new Float64Array(sizeOf(outputs[0].shape));
    const resize = resizeOf(attrs, extents(inputs[0]), extents(outputs[0]), 'resize');
    forEachTap(resize, inputs[0], (output, input, weight) => {
      y[output] += weight * x[input];
    });
    return [y];
  },
  lower(context) {
    const { inputs, outputs, attrs } = context;
    const resize = resizeOf(attrs, extents(inputs[0]), extents(outputs[0]), 'resize');
    return lowerResize(context, resize, 'main');
  },
};

/** Pixels that position `d` along an axis shows, with their weights. */
function tapsOf({ mode, coordinates, from, to }: Resize, axis: 0 | 1, d: number) {
  const [size, out] = [from[axis], to[axis]];
  const on = (position: number) => Math.min(Math.max(position, 0), size - 1);
  if (mode === 'nearest') {
    // In integers: a position that is exactly between two pixels must not depend on rounding.
    const at = {
      halfPixel: Math.floor(((2 * d + 1) * size) / (2 * out)),
      alignCorners: Math.floor((2 * d * (size - 1) + (out - 1)) / Math.max(2 * (out - 1), 1)),
      asymmetric: Math.floor((d * size) / out),
    }[coordinates];
    return [[on(at), 1]];
  }
  const position = {
    halfPixel: ((d + 0.5) * size) / out - 0.5,
    alignCorners: out > 1 ? (d * (size - 1)) / (out - 1) : 0,
    asymmetric: (d * size) / out,
  }[coordinates];
  const low = Math.floor(on(position));
  const weight = on(position) - low;
  return [
    [low, 1 - weight],
    [on(low + 1), weight],
  ];
}

export function forEachTap(
  resize: Resize,
  x: TensorType,
  visit: (output: number, input: number, weight: number) => void,
): void {
  const [batch, height, width, channels] = x.shape;
  const [rows, columns] = resize.to;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (const [y, vertical] of tapsOf(resize, 0, row)) {
          for (const [z, horizontal] of tapsOf(resize, 1, column)) {
            for (let c = 0; c < channels; c++) {
              const output = ((n * rows + row) * columns + column) * channels + c;
              const input = ((n * height + y) * width + z) * channels + c;
              visit(output, input, vertical * horizontal);
            }
          }
        }
      }
    }
  }
}

/** Position d shows (a·d + b)/c, with integers a, b and c: [a, b, c] of an axis. */
function line({ mode, coordinates, from, to }: Resize, axis: 0 | 1): [number, number, number] {
  const [size, out] = [from[axis], to[axis]];
  const nearest = mode === 'nearest';
  if (coordinates === 'asymmetric') return [size, 0, out];
  // Nearest rounds: half a pixel more, so that what is left is to round down.
  if (coordinates === 'halfPixel') return [2 * size, nearest ? size : size - out, 2 * out];
  const steps = Math.max(out - 1, 1);
  return [2 * (size - 1), nearest && out > 1 ? steps : 0, 2 * steps];
}

/** A thread an element, or four channels, of the output. */
export function lowerResize(
  { inputs, outputs, adapter }: LowerContext,
  resize: Resize,
  entry: 'main' | 'backward',
): Lowering[] {
  const channels = inputs[0].shape[3];
  const width = widthOf(channels);
  const count = sizeOf(outputs[0].shape) / width;
  const [rows, columns] = [line(resize, 0), line(resize, 1)];
  const pairs = [0, 1, 2].flatMap((i) => [rows[i], columns[i]]);
  return [
    {
      name: `width ${width}`,
      dispatches: [
        {
          kernel: resizeKernel,
          entry,
          elem: elemOf(inputs[0].dtype),
          width,
          constants: { bilinear: resize.mode === 'bilinear' ? 1 : 0 },
          params: [
            u32(count),
            u32(channels / width),
            ...[...resize.from, ...resize.to, ...pairs].map(i32),
          ],
          bindings: [read(0), write(0)],
          workgroups: gridOf(Math.ceil(count / 64), adapter),
          flops: sizeOf(outputs[0].shape) * 8,
        },
      ],
    },
  ];
}
