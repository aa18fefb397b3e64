// The parts of the demo that need no page.
import { expect, test } from 'vitest';
import { formatNumber, formatPercent, formatRate } from '../../demo/parts/format';
import { History } from '../../demo/parts/history';
import { formatState, numberField, parseState } from '../../demo/parts/url-state';
import { settings } from '../../demo/sections/race/settings';

test('a link gives back the settings that made it', () => {
  const values = { lr: 1.5, seed: 42, batch: 64, paused: true };
  const link = formatState(settings, values);
  expect(link).toBe('#v=1&lr=1.5&seed=42&batch=64&paused=1');
  expect(parseState(settings, link)).toEqual(values);
});

test.each([
  ['', {}],
  ['#lr=1e9&seed=-3', { lr: 10, seed: 1 }],
  ['#lr=-1&seed=1e9', { lr: 1e-4, seed: 9999 }],
  ['#lr=NaN&seed=&batch=33&paused=yes', {}],
  ['#seed=2.6&lr=Infinity', { seed: 3 }],
  ['#v=2&lr=3', {}],
  ['#<script>&%%%', {}],
])('a link is clamped: %s', (link, expected) => {
  const initial = parseState(settings, '');
  expect(parseState(settings, link)).toEqual({ ...initial, ...expected });
});

test('a whole number stays one', () => {
  const field = numberField({ initial: 1, min: 1, max: 9, integer: true });
  expect(field.format(field.parse('4.4') ?? 0)).toBe('4');
});

test('a history keeps its first and last point, and the mean of what it merges', () => {
  const history = new History(2);
  const count = 20_000;
  for (let x = 0; x < count; x++) history.push(x, [x, x < 10_000 ? 1 : null]);
  expect(history.length).toBeLessThanOrEqual(4096);
  expect(history.length).toBeGreaterThan(2000);
  expect(history.x[0]).toBe(0);
  expect(history.x.at(-1)).toBeGreaterThan(count - 16);
  expect([...history.x].sort((a, b) => a - b)).toEqual(history.x);
  history.x.forEach((x, i) => {
    expect(Math.abs((history.series[0][i] as number) - x)).toBeLessThan(16);
  });
  expect(history.series[1][1]).toBe(1);
  expect(history.series[1].at(-1)).toBe(null);
});

test('numbers as people read them', () => {
  expect([0.05, 1.5, 0.0001, 10].map(formatRate)).toEqual(['0.05', '1.5', '0.0001', '10']);
  expect([2.3026, 0.0123, 0, 31.26, 1e7].map(formatNumber)).toEqual([
    '2.30',
    '0.012',
    '0.000',
    '31.3',
    '1.0e+7',
  ]);
  expect(formatNumber(Number.NaN)).toBe('–');
  expect(formatPercent(Number.NaN)).toBe('–');
});
