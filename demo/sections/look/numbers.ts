import { formatNumber } from '../../parts/format';

/** A number with a minus sign that is one. */
export function signed(value: number): string {
  return formatNumber(value).replace('-', '−');
}

/** With four digits behind the point, for arithmetic that can be followed. */
export function exact(value: number): string {
  return value.toFixed(4).replace('-', '−');
}
