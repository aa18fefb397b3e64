// The parts of the demo that need no page.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { numberField } from '../../demo/parts/fields';
import { formatNumber, formatPercent, formatRate } from '../../demo/parts/format';
import { batchNorm, formulas, mathml } from '../../demo/parts/formulas';
import { History } from '../../demo/parts/history';
import { formatLink, parseLink, valuesFrom, writeValues } from '../../demo/parts/link';
import { settings } from '../../demo/sections/race/settings';
import { parseVariants } from '../../demo/sections/race/variants';

const valuesOf = (link: string) => valuesFrom(parseLink(link), 'race', settings);

test('a link gives back the settings that made it, and leaves those of others alone', () => {
  const lanes = parseVariants('bn_plain.x5') ?? [];
  const values = { lr: 1.5, seed: 42, net: 'mlp', lanes, batch: 64, paused: true } as const;
  const texts = new Map([['look.digit', '3']]);
  writeValues(texts, 'race', settings, values);
  const link = formatLink(texts);
  expect(link).toBe(
    '#v=2&look.digit=3&race.lr=1.5&race.seed=42&race.net=mlp&race.lanes=bn_plain.x5&race.batch=64&race.paused=1',
  );
  expect(valuesOf(link)).toEqual(values);
  writeValues(texts, 'race', settings, valuesOf(''));
  expect(formatLink(texts)).toBe('#v=2&look.digit=3');
});

test('a bare name leads to a section', () => {
  expect([...parseLink('#inside')]).toEqual([['at', 'inside']]);
});

test.each([
  ['', {}],
  ['#race.lr=1e9&race.seed=-3', { lr: 20, seed: 1 }],
  ['#race.lr=-1&race.seed=1e9', { lr: 1e-4, seed: 9999 }],
  ['#race.lr=NaN&race.seed=&race.batch=33&race.paused=yes', {}],
  ['#race.lanes=%00&race.net=rnn&race.batch=60', { batch: 60 }],
  ['#race.seed=2.6&race.lr=Infinity', { seed: 3 }],
  ['#v=3&race.lr=3', {}],
  ['#<script>&%%%', {}],
  [`#race.lr=3&x=${'y'.repeat(10_000)}`, {}],
])('a link is clamped: %.60s', (link, expected) => {
  expect(valuesOf(link)).toEqual({ ...valuesOf(''), ...expected });
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

test('a history forgets what came after a place, and goes on from there', () => {
  const history = new History(1);
  for (let x = 0; x < 9000; x++) history.push(x, [x]);
  const before = history.length;
  history.cut(6000);
  expect(history.length).toBeLessThan(before);
  expect(history.x.at(-1)).toBeLessThanOrEqual(6000);
  expect(history.series[0].length).toBe(history.length);
  for (let x = 6001; x < 9000; x++) history.push(x, [x]);
  expect([...history.x].sort((a, b) => a - b)).toEqual(history.x);
  expect(history.x.at(-1)).toBeGreaterThan(8990);
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

test('a formula is read token by token', () => {
  expect(mathml`w ⋅ ${mathml`0.9`} + max`).toBe(
    '<mi>w</mi><mo>⋅</mo><mn>0.9</mn><mo>+</mo><mi>max</mi>',
  );
});

test('batch norm with its symbols, and with numbers in their places', () => {
  const terms = { x: '1', mean: '2', variance: '3', epsilon: '4', gamma: '5', beta: '6' };
  expect(batchNorm(terms)).toBe(
    '5<mo>⋅</mo><mfrac><mrow>1<mo>−</mo>2</mrow><mrow><msqrt>3<mo>+</mo>4</msqrt></mrow></mfrac><mo>+</mo>6',
  );
  expect(batchNorm().replace(/<[^>]+>/g, '')).toBe('γ⋅x−μσ2+ε+β');
});

test('the sections ask for formulas that there are, and each formula is asked for', () => {
  const sections = join(import.meta.dirname, '../../demo/sections');
  const asked = readdirSync(sections, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html'))
    .map((file) => readFileSync(join(sections, file), 'utf8'))
    .flatMap((markup) => [...markup.matchAll(/data-formulas="([^"]*)"/g)])
    .flatMap(([, names]) => names.split(' '));
  expect(new Set(asked)).toEqual(new Set(Object.keys(formulas)));
});
