// The arithmetic of the benchmark: rates, roofs, errors.

/** What the adapter was measured to do, in the same run. */
export interface Ceilings {
  /** Read and written by the best of several copy kernels. */
  readonly copy_gbps: number;
  /** Read and written by copyBufferToBuffer. */
  readonly buffer_copy_gbps: number;
  /** Read by the best of several kernels that sum. */
  readonly read_gbps: number;
  /** f32 multiply-adds in registers, two operations each. */
  readonly fma_gflops: number;
  /** A tiny dispatch that waits for the one before it. */
  readonly dispatch_us: number;
}

export interface Work {
  readonly flops: number;
  readonly bytes: number;
}

/** Least time for `work`: the higher of what its operations and what its bytes take. */
export function floorMs({ flops, bytes }: Work, ceilings: Ceilings): number {
  return Math.max(flops / ceilings.fma_gflops, bytes / ceilings.copy_gbps) / 1e6;
}

/** Rates of `work` done in `ms`, and the share of the lower of the two roofs. */
export function ratesOf(work: Work, ms: number, ceilings: Ceilings) {
  return {
    gflops: work.flops / ms / 1e6,
    gbps: work.bytes / ms / 1e6,
    roof_share: floorMs(work, ceilings) / ms,
  };
}

/** NaN for no numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Largest difference, relative to the largest magnitude of `want`; Infinity where `got` is not finite. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    scale = Math.max(scale, Math.abs(want[i]));
    const error = Math.abs(got[i] - want[i]);
    if (!Number.isFinite(error)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, error);
  }
  return worst === 0 ? 0 : worst / scale;
}
