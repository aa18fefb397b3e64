import type { NamedOutput } from './runner';

/** A class and what the model gives it. */
export interface Ranked {
  readonly index: number;
  readonly label: string;
  readonly score: number;
  /** 0 to 1, for a bar. */
  readonly share: number;
}

/** Most classes that are ranked rather than shown as numbers. */
const mostClasses = 100_000;

/** Whether an output is one list of scores, a number a class. */
export function ranks({ shape }: NamedOutput): boolean {
  const extents = shape.filter((extent) => extent !== 1);
  return extents.length === 1 && extents[0] <= mostClasses;
}

/**
 * The best `count` classes. Scores that are not shares of a whole (logits) become shares by softmax for the
 * bars; the numbers shown stay the model's own.
 */
export function bestOf(
  { data }: NamedOutput,
  labels: readonly string[] | undefined,
  count: number,
): Ranked[] {
  const scores = Array.from(data);
  const sum = scores.reduce((total, score) => total + score, 0);
  const shares = scores.every((score) => score >= 0) && Math.abs(sum - 1) < 0.01;
  const top = Math.max(...scores.slice(0, mostClasses));
  const total = shares ? 1 : scores.reduce((all, score) => all + Math.exp(score - top), 0);
  return scores
    .map((_, index) => index)
    .sort((a, b) => scores[b] - scores[a])
    .slice(0, count)
    .map((index) => ({
      index,
      label: labels?.[index] ?? `class ${index}`,
      score: scores[index],
      share: shares ? scores[index] : Math.exp(scores[index] - top) / total,
    }));
}

/** Names of classes from a file: a line each, or JSON, a list or names by number. */
export function parseLabels(text: string): string[] {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return trimmed.split(/\r?\n/).map((line) => line.trim());
  const json: unknown = JSON.parse(trimmed);
  return Object.values(json as object).map((one) => String(Array.isArray(one) ? one.at(-1) : one));
}

/** Least, greatest and mean of an output, and its first numbers. */
export function summaryOf({ data }: NamedOutput) {
  let [least, greatest, sum, wrong] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) wrong++;
    else {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
      sum += value;
    }
  }
  const mean = sum / (data.length - wrong);
  return { least, greatest, mean, wrong, first: Array.from(data.slice(0, 8)) };
}
