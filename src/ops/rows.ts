// Kernels that reduce rows: a row is walked by one thread or by several lanes of a workgroup.
import type { AdapterTraits, Dispatch, Lowering } from '../ir/op';
import { gridOf } from '../ir/op';

/** Threads of a workgroup in `shaders/lib/row_reduce.wgsl`. */
const THREADS = 64;

/** A tensor as rows: `size` numbers each, `inner` apart; `count` rows in all. */
export interface Rows {
  readonly count: number;
  readonly size: number;
  readonly inner: number;
}

/**
 * Lowerings with 1, 16 and 64 lanes a row. More lanes read a long row together; with `inner` > 1
 * neighbouring threads read neighbouring rows anyway, and on a software adapter barriers cost more.
 */
export function byRows(
  rows: Rows,
  adapter: AdapterTraits,
  dispatch: Omit<Dispatch, 'workgroups'>,
): Lowering[] {
  const several = !adapter.software && rows.inner === 1 && rows.size >= 32;
  const preferred = several ? (rows.size >= 256 ? 64 : 16) : 1;
  const others = [1, 16, 64].filter((lanes) => lanes !== preferred);
  return [preferred, ...others].map((lanes) => ({
    name: `lanes${lanes}`,
    dispatches: [
      {
        ...dispatch,
        constants: { ...dispatch.constants, lanes },
        workgroups: gridOf(Math.ceil((rows.count * lanes) / THREADS), adapter),
      },
    ],
  }));
}
