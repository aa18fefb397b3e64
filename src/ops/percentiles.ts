import percentilesKernel from '../../shaders/percentiles.wgsl';
import { within } from '../core/check';
import { ArgumentError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import {
  type Dispatch,
  elemOf,
  gridOf,
  type OpDef,
  read,
  readTemp,
  u32,
  write,
  writeTemp,
} from '../ir/op';
import { checkCount, checkFloat } from './common';
import { byTiles } from './tiles';

/** A workgroup has counters for each. */
const MOST = 8;
/** Bits of a number's 32 that a round settles. */
const BITS = 8;
const BUCKETS = 2 ** BITS;
const ROUNDS = 32 / BITS;

/**
 * Percentiles of all elements of a tensor of any shape. Attribute: `percentiles`, each in [0, 100]. Output:
 * f32 [percentiles], elements of the tensor, exactly: for p the smallest that at least p % are not larger
 * than (the nearest rank ⌈p/100·n⌉, at least 1). A NaN counts as larger than all numbers.
 */
export const percentilesOp: OpDef = {
  name: 'percentiles',
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const percentiles = percentilesOf(attrs);
    if (percentiles.length < 1 || percentiles.length > MOST) {
      const rule = `it takes 1 to ${MOST} percentiles`;
      throw new ArgumentError({ where, rule, found: String(percentiles.length) });
    }
    for (const percentile of percentiles) within(percentile, 0, 100, where, 'a percentile');
    return [{ dtype: 'f32', shape: [percentiles.length] }];
  },
  reference([x], { attrs }) {
    // Sorts NaN to the end.
    const sorted = x.slice().sort();
    return [Float64Array.from(ranksOf(attrs, x.length), (rank) => sorted[rank])];
  },
  lower({ inputs: [x], attrs, adapter }) {
    const size = sizeOf(x.shape);
    const ranks = ranksOf(attrs, size);
    const rows = ranks.length;
    const padded = [...ranks, ...new Array<number>(MOST - rows).fill(0)];
    const buckets = 0;
    // What one round finds the next one reads: two places take turns.
    const before = (round: number) => 1 + (round % 2);
    const after = (round: number) => before(round + 1);
    return byTiles(size, adapter, ({ count, perThread, counting }) => {
      const common = (round: number) => {
        const shift = BITS * (ROUNDS - 1 - round);
        const settled = round ? 2 ** 32 - 2 ** (shift + BITS) : 0;
        const numbers = [...padded, size, perThread, count, rows, shift, settled];
        return { kernel: percentilesKernel, params: numbers.map(u32) } as const;
      };
      const start: Dispatch = {
        ...common(0),
        entry: 'start',
        bindings: [writeTemp(before(0))],
        workgroups: [1, 1, 1],
        flops: 0,
      };
      const rounds = Array.from({ length: ROUNDS }, (_, round): Dispatch[] => [
        {
          ...common(round),
          ...counting,
          elem: elemOf(x.dtype),
          constants: { counters: BUCKETS * rows },
          bindings: [read(0), writeTemp(buckets), readTemp(before(round))],
          flops: size * rows,
        },
        {
          ...common(round),
          entry: round < ROUNDS - 1 ? 'pick' : 'finish',
          bindings: [
            readTemp(buckets),
            round < ROUNDS - 1 ? writeTemp(after(round)) : write(0),
            readTemp(before(round)),
          ],
          workgroups: gridOf(rows, adapter),
          flops: BUCKETS * count * rows,
        },
      ]);
      const place = { dtype: 'u32', shape: [rows, 2] } as const;
      return {
        temps: [{ dtype: 'u32', shape: [count, rows, BUCKETS] }, place, place],
        dispatches: [start, ...rounds.flat()],
      };
    });
  },
};

function percentilesOf(attrs: Attrs): readonly number[] {
  return attrs.percentiles as readonly number[];
}

/** For each percentile how many elements come before it in their order. */
function ranksOf(attrs: Attrs, size: number): number[] {
  return percentilesOf(attrs).map((p) => Math.max(1, Math.ceil((p * size) / 100)) - 1);
}
