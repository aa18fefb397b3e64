/** How far beyond the middle size of all numbers an axis still reaches. */
const reach = 8;

/** Where an axis for numbers of many channels begins and ends: a few outliers do not flatten the rest. */
export function axisOf(numbers: readonly number[]): [low: number, high: number] {
  const finite = numbers.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).sort((a, b) => a - b);
  const most = Math.max(1, reach * (sizes[Math.floor(sizes.length / 2)] ?? 0));
  const clamped = finite.map((number) => Math.min(most, Math.max(-most, number)));
  return [Math.min(-0.5, ...clamped), Math.max(1, ...clamped)];
}
