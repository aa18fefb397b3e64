import { choiceField, flagField, numberField } from '../../parts/fields';

export const baseRate = 0.03;
export const rateLimits = { min: 1e-4, max: 10 } as const;
const seeds = { min: 1, max: 9999 } as const;

/** What the link holds. */
export const settings = {
  lr: numberField({ initial: baseRate, ...rateLimits }),
  seed: numberField({ initial: 1, ...seeds, integer: true }),
  batch: choiceField(32, [16, 32, 64, 128]),
  paused: flagField(false),
};

export function anotherSeed(seed: number): number {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const next = seeds.min + (random % seeds.max);
  return next === seed ? (next % seeds.max) + 1 : next;
}
