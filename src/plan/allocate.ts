import { Random } from '../core/random';
import { type Draft, type Operand, type Storage, wholeOf } from './draft';
import type { PlanLimits } from './types';

/** Share of the lower bound at which the search for a better packing ends. */
const CLOSE_ENOUGH = 1.02;
const MAX_SHUFFLES = 60;
/** Pairs of tensors looked at in all: a few milliseconds. */
const SHUFFLE_BUDGET = 4e6;

export interface Place {
  readonly buffer: number;
  readonly offset: number;
}

export interface Allocation {
  readonly places: ReadonlyMap<Storage, Place>;
  /** Bytes of each shared buffer. */
  readonly buffers: readonly number[];
  readonly bytes: number;
}

interface Occupied {
  readonly storage: Storage;
  readonly offset: number;
  readonly end: number;
}

/**
 * Packs scratch tensors into few buffers by lifetime. Two that are alive at the same step never
 * overlap; two of which one is read and the other written by the same step are in different
 * buffers, since WebGPU tracks usage by whole buffers.
 */
export function allocate(
  storages: readonly Storage[],
  drafts: readonly Draft[],
  limits: PlanLimits,
): Allocation {
  const scratch = storages.filter(isAllocated);
  const apart = findConflicts(drafts);
  const bySize = [...scratch].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const byStart = [...scratch].sort((a, b) => a.first - b.first || b.bytes - a.bytes);
  const bySpan = [...scratch].sort(
    (a, b) => b.last - b.first - (a.last - a.first) || b.bytes - a.bytes,
  );
  const least = largestLiveSet(storages, drafts.length, limits.minStorageBufferOffsetAlignment);
  let best: Allocation | undefined;
  for (const order of [bySize, byStart, bySpan, ...shuffles(bySize)]) {
    const next = pack(order, apart, limits);
    if (!best || next.bytes < best.bytes) best = next;
    if (best.bytes <= least * CLOSE_ENOUGH) break;
  }
  return best as Allocation;
}

/** Orders near the one by size: the greedy packing often does better in one of them. */
function* shuffles(bySize: readonly Storage[]): Generator<Storage[]> {
  const random = new Random(1);
  const tries = Math.min(MAX_SHUFFLES, Math.floor(SHUFFLE_BUDGET / (bySize.length ** 2 + 1)));
  for (let i = 0; i < tries; i++) {
    const weights = new Map(bySize.map((s) => [s, s.bytes * (0.5 + random.uniform())]));
    const weight = (storage: Storage) => weights.get(storage) as number;
    yield [...bySize].sort((a, b) => weight(b) - weight(a));
  }
}

/** The largest sum of scratch bytes alive at one step. */
export function largestLiveSet(storages: readonly Storage[], steps: number, align: number): number {
  const change = new Array<number>(steps + 1).fill(0);
  for (const { first, last, bytes } of storages.filter(isAllocated)) {
    change[first] += roundUp(bytes, align);
    change[last + 1] -= roundUp(bytes, align);
  }
  let live = 0;
  let largest = 0;
  for (const delta of change) {
    live += delta;
    largest = Math.max(largest, live);
  }
  return largest;
}

function isAllocated({ role, first, inside }: Storage): boolean {
  return role === 'scratch' && first >= 0 && !inside;
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function pack(
  order: readonly Storage[],
  apart: ReadonlyMap<Storage, ReadonlySet<Storage>>,
  limits: PlanLimits,
): Allocation {
  const align = limits.minStorageBufferOffsetAlignment;
  const buffers: { bytes: number; occupied: Occupied[] }[] = [];
  const places = new Map<Storage, Place>();
  for (const storage of order) {
    const bytes = roundUp(storage.bytes, align);
    const enemies = apart.get(storage);
    let best = { buffer: buffers.length, offset: 0, growth: bytes };
    buffers.forEach(({ bytes: size, occupied }, buffer) => {
      if (enemies && occupied.some((other) => enemies.has(other.storage))) return;
      const offset = firstGap(occupied, storage, bytes);
      const growth = Math.max(0, offset + bytes - size);
      if (size + growth <= limits.maxBufferSize && growth < best.growth) {
        best = { buffer, offset, growth };
      }
    });
    buffers[best.buffer] ??= { bytes: 0, occupied: [] };
    const home = buffers[best.buffer];
    home.bytes += best.growth;
    home.occupied.push({ storage, offset: best.offset, end: best.offset + bytes });
    home.occupied.sort((a, b) => a.offset - b.offset);
    places.set(storage, { buffer: best.buffer, offset: best.offset });
  }
  const sizes = buffers.map(({ bytes }) => bytes);
  return { places, buffers: sizes, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Lowest offset at which `bytes` fit between the tensors alive at the same time. */
function firstGap(occupied: readonly Occupied[], storage: Storage, bytes: number): number {
  let offset = 0;
  for (const other of occupied) {
    if (other.storage.last < storage.first || storage.last < other.storage.first) continue;
    if (other.offset - offset >= bytes) return offset;
    offset = Math.max(offset, other.end);
  }
  return offset;
}

function findConflicts(drafts: readonly Draft[]): Map<Storage, Set<Storage>> {
  const apart = new Map<Storage, Set<Storage>>();
  const separate = (a: Storage, b: Storage) => {
    if (!apart.has(a)) apart.set(a, new Set());
    apart.get(a)?.add(b);
  };
  for (const { operands } of drafts) {
    const those = (kind: Operand['access']) =>
      operands.flatMap(({ storage, access }) => (access === kind ? [wholeOf(storage)] : []));
    for (const reader of those('read')) {
      for (const writer of those('write')) {
        if (reader === writer) continue;
        separate(reader, writer);
        separate(writer, reader);
      }
    }
  }
  return apart;
}
