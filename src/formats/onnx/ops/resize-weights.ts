// How much of each element of a line goes into each element of the resized line.
import { roundHalfEven } from '../arithmetic';

export const COORDINATES = [
  'half_pixel',
  'pytorch_half_pixel',
  'half_pixel_symmetric',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
] as const;
export const NEAREST = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;
export const MODES = ['nearest', 'linear', 'cubic'] as const;

export interface ResizeMode {
  readonly mode: (typeof MODES)[number];
  readonly coordinates: (typeof COORDINATES)[number];
  readonly nearest: (typeof NEAREST)[number];
  /** Parameter of the cubic kernel. */
  readonly cubic: number;
  /** Whether weights of what lies outside are left out, the others scaled to a sum of 1. */
  readonly excludeOutside: boolean;
  /** Whether the kernel is widened when shrinking. */
  readonly antialias: boolean;
}

/** One line: its length, how long it becomes, and the scale that coordinates go by. */
export interface Line {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** An element of the line and its weight. */
export type Tap = readonly [index: number, weight: number];

/** The taps of each element of the result, by index. */
export function resizeTaps(line: Line, how: ResizeMode): Tap[][] {
  const { from, to } = line;
  return Array.from({ length: to }, (_, at) => {
    const x = position(at, line, how.coordinates);
    const taps =
      how.mode === 'nearest'
        ? [[nearest(x, how.nearest), 1] as const]
        : kernelTaps(x, line.scale, how);
    return merged(taps, from, how.excludeOutside && how.mode !== 'nearest');
  });
}

/** Where on the line the element `at` of the result lies. */
function position(
  at: number,
  { from, to, scale }: Line,
  coordinates: ResizeMode['coordinates'],
): number {
  const half = (at + 0.5) / scale - 0.5;
  switch (coordinates) {
    case 'half_pixel':
      return half;
    case 'pytorch_half_pixel':
      return to > 1 ? half : 0;
    case 'half_pixel_symmetric':
      return (from / 2) * (1 - to / (scale * from)) + half;
    case 'align_corners':
      // The length before it was made whole, as ONNX has it.
      return to > 1 ? (at * (from - 1)) / (scale * from - 1) : 0;
    case 'asymmetric':
      return at / scale;
    case 'tf_half_pixel_for_nn':
      return (at + 0.5) / scale;
  }
}

function nearest(x: number, mode: ResizeMode['nearest']): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
  }
}

/** The linear or the cubic kernel around x, scaled to a sum of 1. */
function kernelTaps(x: number, scale: number, { mode, cubic, antialias }: ResizeMode): Tap[] {
  const narrow = antialias ? Math.min(scale, 1) : 1;
  const reach = (mode === 'linear' ? 1 : 2) / narrow;
  const kernel = mode === 'linear' ? triangle : (distance: number) => keys(distance, cubic);
  const taps: Tap[] = [];
  for (let index = Math.floor(x - reach) + 1; index < x + reach; index++) {
    taps.push([index, kernel(Math.abs(index - x) * narrow)]);
  }
  return normalised(taps);
}

const triangle = (distance: number): number => Math.max(1 - distance, 0);

/** The piecewise cubic of Keys (1981). */
function keys(d: number, a: number): number {
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

function normalised(taps: readonly Tap[]): Tap[] {
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
  return taps.map(([index, weight]) => [index, weight / total]);
}

/** Taps outside the line fall on its ends, or are left out; none comes twice. */
function merged(taps: readonly Tap[], from: number, excludeOutside: boolean): Tap[] {
  const inside = ([index]: Tap) => index >= 0 && index < from;
  const counted = excludeOutside ? normalised(taps.filter(inside)) : taps;
  const weights = new Map<number, number>();
  for (const [index, weight] of counted) {
    const at = Math.min(Math.max(index, 0), from - 1);
    weights.set(at, (weights.get(at) ?? 0) + weight);
  }
  return [...weights].filter(([, weight]) => weight !== 0).sort(([a], [b]) => a - b);
}

/** Extents after resizing to `sizes`, of which one may decide, and the scales. */
export function aspectSizes(
  extents: readonly number[],
  sizes: readonly number[],
  policy: 'stretch' | 'not_larger' | 'not_smaller',
): Line[] {
  const ratios = sizes.map((size, i) => size / extents[i]);
  if (policy === 'stretch') {
    return sizes.map((to, i) => ({ from: extents[i], to, scale: ratios[i] }));
  }
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return extents.map((from) => ({ from, to: Math.max(roundHalfEven(from * scale), 1), scale }));
}
