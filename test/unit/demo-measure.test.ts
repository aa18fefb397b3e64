// What the section “Measure” computes and writes, without a page.
import { expect, test } from 'vitest';
import { measureCode } from '../../demo/sections/measure/code';
import { type Column, textOf } from '../../demo/sections/measure/columns';
import { toCsv, toMarkdown } from '../../demo/sections/measure/export';
import { settings } from '../../demo/sections/measure/settings';
import { sorted } from '../../demo/sections/measure/sorting';
import { median, p95, relativeError } from '../../demo/sections/measure/statistics';
import { workloadIds, workloads } from '../../demo/sections/measure/workloads';
import { buildGraph } from '../../src/model/build';

test('median and 95th percentile', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
  const hundred = Array.from({ length: 101 }, (_, i) => 100 - i);
  expect(p95(hundred)).toBe(95);
  // Of 30, between the 28th and the 29th of them in order.
  expect(p95(Array.from({ length: 30 }, (_, i) => i))).toBeCloseTo(27.55);
  expect(p95([2, 1])).toBeCloseTo(1.95);
});

test('errors are shares of the largest number; what is no number stays none', () => {
  const pairs = [
    { got: [1, 2.5], want: [1, 2] },
    { got: [-10], want: [-10] },
  ];
  expect(relativeError(pairs)).toBe(0.05);
  expect(relativeError([{ got: [0], want: [0] }])).toBe(0);
  expect(relativeError([{ got: [Number.NaN, 1], want: [0, 1] }])).toBeNaN();
  expect(relativeError([{ got: [], want: [1] }])).toBeNaN();
});

interface Row {
  readonly name: string;
  readonly ms: number;
}
const columns: readonly Column<Row>[] = [
  { key: 'name', title: 'Name', value: ({ name }) => name },
  { key: 'ms', title: 'Median', unit: 'ms', value: ({ ms }) => ms },
  { key: 'share', title: 'Share', value: ({ ms }) => ms / 4, format: (x) => `${100 * x} %` },
];
const rows: readonly Row[] = [
  { name: 'b', ms: 3 },
  { name: 'a|"c",', ms: Number.NaN },
  { name: 'Ä', ms: 1.25 },
];

test('Markdown has what people read', () => {
  expect(toMarkdown(columns, rows)).toBe(
    [
      '| Name | Median (ms) | Share |',
      '| --- | ---: | ---: |',
      '| b | 3.00 | 75 % |',
      '| a\\|"c", | – | – |',
      '| Ä | 1.25 | 31.25 % |',
      '',
    ].join('\n'),
  );
  expect(textOf(columns[1], rows[1])).toBe('–');
});

test('CSV has the numbers in full', () => {
  expect(toCsv(columns, rows)).toBe(
    'name,ms,share\r\nb,3,0.75\r\n"a|""c"",",,\r\nÄ,1.25,0.3125\r\n',
  );
});

test('sorting: by size or by letter, either way, with nothing last', () => {
  const names = (column: number, descending: boolean) =>
    sorted(rows, columns, { column, descending }).map(({ name }) => name[0]);
  expect(names(1, false)).toEqual(['Ä', 'b', 'a']);
  expect(names(1, true)).toEqual(['b', 'Ä', 'a']);
  expect(names(0, false)).toEqual(['Ä', 'a', 'b']);
  expect(sorted(rows, columns, undefined)).toEqual(rows);
});

test('every workload has a model that can be built, and its name in the link', () => {
  for (const software of [false, true]) {
    const all = workloads(software);
    expect(all.map(({ id }) => id)).toEqual([...workloadIds]);
    for (const { model, checkBatch } of all) {
      expect(buildGraph(model, { batch: checkBatch }).graph.nodes.length).toBeGreaterThan(0);
    }
  }
  expect(settings.workload.parse('cnn-step')).toBe('cnn-step');
  expect(settings.workload.parse('cnn-leap')).toBeUndefined();
  expect(settings.family.parse('softmax')).toBe('softmax');
  expect(settings.family.parse("'); alert(1)")).toBeUndefined();
});

test('the code has the chosen workload and cases', () => {
  const step = measureCode({ workload: 'mlp-step', family: 'softmax' });
  expect(step).toContain("trainingProgram(net, { batch: 60, loss: 'crossEntropy'");
  expect(step).toContain("only: 'softmax', device");
  expect(step).toContain('/self-test');
  const all = measureCode({ workload: 'conv', family: 'all' });
  expect(all).toContain('await net.program({ batch: 32 })');
  expect(all).not.toContain('only:');
  expect(all).not.toContain('trainingProgram');
});
