import { formatPercent } from '../../parts/format';
import { edgesOf, range } from './layers';

/** What the cursor says of a histogram: `step 40 · 0.125 to 0.25: 3.1 %`; without a bin, what lies outside. */
export function readoutOf(
  step: number,
  bin: number | undefined,
  counts: ArrayLike<number>,
  elements: number,
): string {
  const share = (count: number) => formatPercent(count / elements);
  if (bin === undefined) {
    const outside = counts[0] + counts[counts.length - 1];
    return `step ${step} · outside ${interval(range[0], range[1])}: ${share(outside)}`;
  }
  const [low, high] = edgesOf(bin);
  return `step ${step} · ${interval(low, high)}: ${share(counts[bin])}`;
}

function interval(low: number, high: number): string {
  const [from, to] = [low, high].map((edge) => String(edge).replace('-', '−'));
  if (low === Number.NEGATIVE_INFINITY) return `below ${to}`;
  return high === Number.POSITIVE_INFINITY ? `${from} and above` : `${from} to ${to}`;
}
