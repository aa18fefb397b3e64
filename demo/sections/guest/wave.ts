/** The surface that is to be learned: waves that run outwards, −1 … 1. */
export function height(x: number, z: number, seconds: number): number {
  const r = Math.hypot(x - 0.2, z + 0.1);
  return 0.45 * Math.sin(5 * r - 0.8 * seconds) * Math.exp(-0.6 * r);
}
