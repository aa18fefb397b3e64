/** The learning rate at which both networks of the page learn well. */
export const baseRate = 0.03;
export const rateLimits = { min: 1e-4, max: 20 } as const;
export const seedLimits = { min: 1, max: 9999 } as const;

export function anotherSeed(seed: number): number {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const next = seedLimits.min + (random % seedLimits.max);
  return next === seed ? (next % seedLimits.max) + 1 : next;
}
