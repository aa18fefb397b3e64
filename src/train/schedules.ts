import { nonNegative, nonNegativeInteger, positive, positiveInteger, within } from '../core/check';
import { ArgumentError } from '../core/errors';

/** The learning rate of a step, which counts from 0. A plain number stands for a constant one. */
export type Schedule = (step: number) => number;

/** `rate` times `factor` after every `every` steps. */
export function stepDecay(options: {
  readonly rate: number;
  readonly every: number;
  readonly factor?: number;
}): Schedule {
  const where = 'stepDecay';
  const { factor = 0.1 } = options;
  const rate = nonNegative(options.rate, where, 'rate');
  const every = positiveInteger(options.every, where, 'every');
  positive(factor, where, 'factor');
  return (step) => rate * factor ** Math.floor(step / every);
}

/** `rates[i]` up to and without step `boundaries[i]`, the last one from there on. */
export function piecewise(options: {
  readonly boundaries: readonly number[];
  readonly rates: readonly number[];
}): Schedule {
  const where = 'piecewise';
  const { boundaries, rates } = options;
  for (const rate of rates) nonNegative(rate, where, 'rates');
  for (const boundary of boundaries) nonNegativeInteger(boundary, where, 'boundaries');
  if (
    rates.length !== boundaries.length + 1 ||
    boundaries.some((boundary, i) => i > 0 && boundary <= boundaries[i - 1])
  ) {
    throw new ArgumentError({
      where,
      rule: 'boundaries rise, and there is one rate more than boundaries',
      found: `boundaries [${boundaries}], rates [${rates}]`,
    });
  }
  return (step) => {
    const passed = boundaries.findIndex((boundary) => step < boundary);
    return rates[passed < 0 ? boundaries.length : passed];
  };
}

/** `rate`·`decay`^(step/every), smoothly. */
export function exponentialDecay(options: {
  readonly rate: number;
  readonly decay: number;
  readonly every?: number;
}): Schedule {
  const where = 'exponentialDecay';
  const rate = nonNegative(options.rate, where, 'rate');
  const decay = positive(options.decay, where, 'decay');
  const every = positiveInteger(options.every ?? 1, where, 'every');
  return (step) => rate * decay ** (step / every);
}

/**
 * Rises in a line over `warmup` steps (default none), then falls along half a cosine to `end`
 * (default 0) at step `steps`, and stays there. Loshchilov & Hutter, arXiv 1608.03983, without
 * restarts.
 */
export function cosineDecay(options: {
  readonly rate: number;
  readonly steps: number;
  readonly warmup?: number;
  readonly end?: number;
}): Schedule {
  const where = 'cosineDecay';
  const rate = nonNegative(options.rate, where, 'rate');
  const steps = positiveInteger(options.steps, where, 'steps');
  const warmup = within(options.warmup ?? 0, 0, steps, where, 'warmup');
  const end = nonNegative(options.end ?? 0, where, 'end');
  return (step) =>
    step < warmup
      ? (rate * (step + 1)) / (warmup + 1)
      : halfCosine(rate, end, (step - warmup) / Math.max(1, steps - warmup));
}

/**
 * Up from `rate`/`start` to `rate` along half a cosine over the share `rise` of `steps`, then down
 * to `rate`/(`start`·`final`): PyTorch's OneCycleLR with its defaults. Smith & Topin, arXiv
 * 1708.07120.
 */
export function oneCycle(options: {
  readonly rate: number;
  readonly steps: number;
  readonly rise?: number;
  readonly start?: number;
  readonly final?: number;
}): Schedule {
  const where = 'oneCycle';
  const rate = nonNegative(options.rate, where, 'rate');
  const steps = positiveInteger(options.steps, where, 'steps');
  const rise = within(options.rise ?? 0.3, 0, 1, where, 'rise');
  const low = rate / positive(options.start ?? 25, where, 'start');
  const end = low / positive(options.final ?? 1e4, where, 'final');
  const top = rise * steps - 1;
  return (step) =>
    step < top
      ? halfCosine(low, rate, step / top)
      : halfCosine(rate, end, (step - top) / Math.max(1, steps - 1 - top));
}

function halfCosine(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(1, Math.max(0, share))))) / 2;
}
