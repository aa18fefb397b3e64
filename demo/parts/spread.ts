import './spread.css';

/** A mean and a standard deviation. */
export type Spread = readonly [mean: number, deviation: number];

/**
 * μ ± σ twice, one below the other, as SVG: of the data at hand, and running (dashed). `low` and `high` are
 * the ends of the axis.
 */
export function spreads(now: Spread, running: Spread, low: number, high: number): string {
  const place = (value: number) => (2 + (116 * (value - low)) / (high - low)).toFixed(1);
  const lines = [now, running].map(([mean, deviation], i) => {
    const y = 5 + 8 * i;
    const name = i === 0 ? 'now' : 'running';
    return `<line class="${name}" x1="${place(mean - deviation)}" x2="${place(mean + deviation)}" y1="${y}" y2="${y}"/><circle class="${name}" cx="${place(mean)}" cy="${y}" r="2.2"/>`;
  });
  const zero =
    low < 0 && high > 0
      ? `<line class="zero" x1="${place(0)}" x2="${place(0)}" y1="0" y2="18"/>`
      : '';
  return `<svg class="spread" viewBox="0 0 120 18" aria-hidden="true">${zero}${lines.join('')}</svg>`;
}
