/** `work` on each item in turn, two at a time: one is computed while the one before is read back. */
export async function twoInFlight<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let previous: Promise<void> = Promise.resolve();
  for (const item of items) {
    const next = work(item);
    // Awaited in its turn; until then a failure must not count as unhandled.
    next.catch(() => {});
    await previous;
    previous = next;
  }
  await previous;
}

/** Where the batches of `count` examples start. */
export function batchStarts(count: number, batch: number): number[] {
  return Array.from({ length: Math.ceil(count / batch) }, (_, i) => i * batch);
}
