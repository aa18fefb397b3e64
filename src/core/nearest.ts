/** The names of `known` that a misspelt or misplaced `name` may have meant: up to three, nearest first. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const limit = Math.max(2, Math.ceil(name.length / 2));
  return [...known]
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate, limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Letters to insert, remove or replace (Levenshtein); more than `limit` where it can't be less. */
function editDistance(a: string, b: string, limit: number): number {
  // Names from files may be long: what can't be near is not looked at.
  if (Math.abs(a.length - b.length) > limit || a.length > 300) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
