// How kernels that count deal out the elements of a tensor among tiles, each with counters of its own.
import type { AdapterTraits, Dispatch, Lowering } from '../ir/op';
import { gridOf } from '../ir/op';

const WORKGROUP = 64;

/** Who takes a tile, how many elements a thread looks at, at least, and how many tiles, at most. */
const WAYS = {
  /** A thread, which counts in memory. Nobody waits, but memory is cleared first. */
  thread: { threads: 1, fewest: 64, most: 128 },
  /** A workgroup, which counts in its own memory by atomics: whole numbers, exact in any order. */
  workgroup: { threads: WORKGROUP, fewest: 16, most: 256 },
} as const;

export interface Tiles {
  readonly count: number;
  /** Elements that a thread looks at. */
  readonly perThread: number;
  /** Entry point of the kernel that counts, and its workgroups. */
  readonly counting: Pick<Dispatch, 'entry' | 'workgroups'>;
}

/** Both ways to count `size` elements, the one that suits the adapter first. */
export function byTiles(
  size: number,
  adapter: AdapterTraits,
  make: (tiles: Tiles) => Omit<Lowering, 'name'>,
): Lowering[] {
  const names = adapter.software
    ? (['thread', 'workgroup'] as const)
    : (['workgroup', 'thread'] as const);
  return names.map((name) => {
    const { threads, fewest, most } = WAYS[name];
    const perThread = Math.max(fewest, Math.ceil(size / (threads * most)));
    const count = Math.ceil(size / (threads * perThread));
    const workgroups = gridOf(Math.ceil((count * threads) / WORKGROUP), adapter);
    const counting = { entry: name === 'thread' ? 'count_alone' : 'count', workgroups };
    return { name, ...make({ count, perThread, counting }) };
  });
}
