import padKernel from '../../shaders/pad.wgsl';
import { nonNegativeInteger, oneOf } from '../core/check';
import { ArgumentError, ShapeError } from '../core/errors';
import { formatShape, type Shape, sizeOf, stridesOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import { elemOf, f32, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { checkCount, checkFloat } from './common';
import { byRuns, innermostFirst } from './strided-copy';

/** Numbers of the modes in `shaders/pad.wgsl` and `shaders/pad_grad.wgsl`. */
export const MODES = { constant: 0, reflect: 1, replicate: 2, symmetric: 3, wrap: 4 } as const;
export type Mode = keyof typeof MODES;

export const paddingOf = (attrs: Attrs) => ({
  before: attrs.before as Shape,
  after: attrs.after as Shape,
  mode: (attrs.mode ?? 'constant') as Mode,
  value: (attrs.value ?? 0) as number,
});

/**
 * `pad [x] {before, after, mode = 'constant', value = 0}`: more elements before and after each axis:
 * a constant, the edge repeated (`replicate`), mirrored in the edge without it (`reflect`) or with it
 * (`symmetric`), or what is at the other end (`wrap`).
 */
export const padOp: OpDef = {
  name: 'pad',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const [{ dtype, shape }] = inputs;
    const { before, after, mode } = paddingOf(attrs);
    oneOf(mode, Object.keys(MODES) as Mode[], where, 'mode');
    if (before.length !== shape.length || after.length !== shape.length) {
      throw new ArgumentError({
        where,
        rule: `before and after have a number for each of the ${shape.length} axes`,
        found: `${formatShape(before)} and ${formatShape(after)}`,
      });
    }
    const padded = shape.map((extent, axis) => {
      nonNegativeInteger(before[axis], where, `before[${axis}]`);
      nonNegativeInteger(after[axis], where, `after[${axis}]`);
      checkReflection(mode, extent, before[axis], after[axis], where);
      return before[axis] + extent + after[axis];
    });
    return [{ dtype, shape: padded }];
  },
  reference([x], { inputs, attrs, outputs }) {
    const { before, mode, value } = paddingOf(attrs);
    const [from, to] = [stridesOf(inputs[0].shape), stridesOf(outputs[0].shape)];
    const out = Float64Array.from({ length: sizeOf(outputs[0].shape) }, (_, i) => {
      let at = 0;
      for (const [axis, extent] of inputs[0].shape.entries()) {
        const index = (Math.floor(i / to[axis]) % outputs[0].shape[axis]) - before[axis];
        const inside = source(mode, index, extent);
        if (inside === undefined) return value;
        at += inside * from[axis];
      }
      return x[at];
    });
    return [out];
  },
  lower({ inputs, attrs, adapter }) {
    const { mode, value } = paddingOf(attrs);
    const axes = mergePadding(inputs[0].shape, attrs);
    const inner = axes[axes.length - 1];
    const whole = [inner.extent, inner.before, inner.after].every((n) => n % 4 === 0);
    // A mirrored vec4 would have its elements in the wrong order.
    const width = whole && (mode === 'constant' || inner.padded === inner.extent) ? 4 : 1;
    const units = axes.map((axis) => (axis === inner ? width : 1));
    const words = (values: readonly number[]) =>
      innermostFirst(values.map((extent, i) => extent / units[i]));
    const padded = axes.map((axis) => axis.padded);
    const lines = sizeOf(padded) / inner.padded;
    return byRuns(adapter, (run) => {
      const threads = lines * Math.ceil(inner.padded / width / run);
      return [
        {
          kernel: padKernel,
          elem: elemOf(inputs[0].dtype),
          width,
          constants: { mode: MODES[mode], run },
          params: [
            u32(threads),
            u32(axes.length),
            f32(value),
            u32(0),
            ...words(padded),
            ...words(axes.map((axis) => axis.extent)),
            ...words(axes.map((axis) => axis.before)),
          ],
          bindings: [read(0), write(0)],
          workgroups: gridOf(Math.ceil(threads / 64), adapter),
          flops: 0,
        },
      ];
    });
  },
};

/** An axis, or several neighbouring ones as one. */
interface PaddedAxis {
  readonly extent: number;
  readonly before: number;
  readonly after: number;
  readonly padded: number;
}

/** Axes without padding joined to the one before them, where the mode allows: less arithmetic. */
function mergePadding(shape: Shape, attrs: Attrs): PaddedAxis[] {
  const { before, after, mode } = paddingOf(attrs);
  const axes: PaddedAxis[] = [];
  const push = (extent: number, low: number, high: number) =>
    axes.push({ extent, before: low, after: high, padded: low + extent + high });
  shape.forEach((extent, axis) => {
    const last = axes[axes.length - 1];
    const plain = before[axis] + after[axis] === 0;
    if (!last || !plain || (mode !== 'constant' && last.padded > last.extent)) {
      push(extent, before[axis], after[axis]);
      return;
    }
    axes.pop();
    push(last.extent * extent, last.before * extent, last.after * extent);
  });
  if (axes.length === 0) push(1, 0, 0);
  return axes;
}

/** Which element of the input a padded position shows; undefined for the constant. */
export function source(mode: Mode, index: number, extent: number): number | undefined {
  if (index >= 0 && index < extent) return index;
  if (mode === 'constant') return undefined;
  if (mode === 'replicate') return index < 0 ? 0 : extent - 1;
  if (mode === 'wrap') return (index + extent) % extent;
  const edge = mode === 'symmetric' ? 1 : 0;
  return index < 0 ? -index - edge : 2 * (extent - 1) - index + edge;
}

export function checkReflection(
  mode: Mode,
  extent: number,
  before: number,
  after: number,
  where: string,
): void {
  if (mode === 'constant' || mode === 'replicate') return;
  const most = mode === 'reflect' ? extent - 1 : extent;
  if (Math.max(before, after) <= most) return;
  throw new ShapeError({
    where,
    rule:
      mode === 'reflect'
        ? 'reflected padding is smaller than the axis it reflects'
        : 'padding from the axis itself is no larger than it',
    found: `${Math.max(before, after)} on an extent of ${extent}`,
  });
}
