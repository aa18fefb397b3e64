import histogramKernel from '../../shaders/histogram.wgsl';
import { finite, positiveInteger } from '../core/check';
import { ArgumentError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import { elemOf, f32, gridOf, type OpDef, read, readTemp, u32, write, writeTemp } from '../ir/op';
import { checkCount, checkFloat } from './common';
import { byTiles } from './tiles';

/** What a workgroup counts in: 16 KiB, which every adapter has. */
const MOST_BINS = 4094;
const WORKGROUP = 64;

/**
 * How many elements of a tensor of any shape lie where. Attributes: `bins` of equal width between `low`
 * and `high`. Output: f32 [bins + 2]: the elements below `low`, those in each bin, its lower edge included, and
 * those from `high` on. A NaN is counted nowhere. Counts are exact up to 2²⁴; an element within f32's
 * rounding of an edge may be counted on either side of it.
 */
export const histogramOp: OpDef = {
  name: 'histogram',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const { bins, low, high } = attrsOf(attrs);
    positiveInteger(bins, where, 'bins');
    if (bins > MOST_BINS) {
      const rule = `there are at most ${MOST_BINS} bins`;
      throw new ArgumentError({ where, rule, found: String(bins) });
    }
    finite(low, where, 'low');
    finite(high, where, 'high');
    if (low >= high) {
      const rule = 'the range begins below its end';
      throw new ArgumentError({ where, rule, found: `[${low}, ${high}]` });
    }
    return [{ dtype: 'f32', shape: [bins + 2] }];
  },
  reference([x], { attrs }) {
    const { bins, low, high } = attrsOf(attrs);
    const counts = new Float64Array(bins + 2);
    for (const value of x) {
      if (value < low) counts[0]++;
      else if (value >= high) counts[bins + 1]++;
      else if (!Number.isNaN(value)) {
        counts[1 + Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]++;
      }
    }
    return [counts];
  },
  lower({ inputs: [x], attrs, adapter }) {
    const { bins, low, high } = attrsOf(attrs);
    const size = sizeOf(x.shape);
    const slots = bins + 2;
    return byTiles(size, adapter, ({ count, perThread, counting }) => {
      const params = [
        ...[size, perThread, count, bins].map(u32),
        ...[low, high, bins / (high - low)].map(f32),
      ];
      const common = { kernel: histogramKernel, params } as const;
      return {
        temps: [{ dtype: 'u32', shape: [count, slots] }],
        dispatches: [
          {
            ...common,
            ...counting,
            elem: elemOf(x.dtype),
            constants: { counters: slots },
            bindings: [read(0), writeTemp(0)],
            flops: 2 * size,
          },
          {
            ...common,
            entry: 'sum',
            bindings: [readTemp(0), write(0)],
            workgroups: gridOf(Math.ceil(slots / WORKGROUP), adapter),
            flops: count * slots,
          },
        ],
      };
    });
  },
};

function attrsOf(attrs: Attrs) {
  return attrs as { readonly bins: number; readonly low: number; readonly high: number };
}
