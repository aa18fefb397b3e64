// Which candidate the times speak for.

/** Times of a round, by candidate; the default is candidate 0. One that has dropped out has none. */
export type Round = readonly (number | undefined)[];

export const ROUNDS = 9;
/** Rounds in which a candidate must beat the default: by chance, 2 of 100 equally fast ones do. */
const WON = 8;
/** Of the default's time at most, or it stays: a gain that would be lost in a real run's noise is none. */
const CLEARLY_FASTER = 0.95;
/** After so many rounds a candidate that lost each by so much is not measured any more. */
const FIRST_LOOK = 3;
const HOPELESS = 1.2;

/** Number of the candidate that is clearly the fastest, else 0. */
export function choose(rounds: readonly Round[]): number {
  let best = { candidate: 0, ratio: CLEARLY_FASTER };
  for (const candidate of rounds[0].keys()) {
    const ratios = ratiosOf(rounds, candidate);
    const won = ratios.filter((ratio) => ratio < 1).length;
    const ratio = median(ratios);
    if (won >= WON && ratio < best.ratio) best = { candidate, ratio };
  }
  return best.candidate;
}

/** Whether there is nothing to hope for from a candidate. */
export function isHopeless(rounds: readonly Round[], candidate: number): boolean {
  const ratios = ratiosOf(rounds, candidate);
  return ratios.length >= FIRST_LOOK && Math.min(...ratios) > HOPELESS;
}

/** Time ÷ the default's time in the same round: what slows the machine down slows both. */
function ratiosOf(rounds: readonly Round[], candidate: number): number[] {
  return rounds.flatMap((times) => {
    const time = times[candidate];
    return time === undefined ? [] : time / (times[0] as number);
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
