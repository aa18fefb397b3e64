/** A number with about three digits, and without an exponent where people can read it. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e5)) return value.toExponential(1);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return size !== 0 && size < 0.1 ? String(Number(value.toPrecision(2))) : value.toFixed(digits);
}

/** A learning rate as people type it: two digits, no trailing zeros. */
export function formatRate(value: number): string {
  return String(Number(value.toPrecision(2)));
}

export function formatPercent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}

export function formatCount(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u202f');
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB'];
  return `${size.toFixed(size < 100 ? 1 : 0)} ${unit}`;
}

/** Milliseconds, or seconds where there are many. */
export function formatTime(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${formatNumber(ms)} ms`;
}
