// The benchmark's arithmetic and reports.
import { expect, test } from 'vitest';
import { htmlOf } from '../../bench/html';
import { columns, jsonOf, plainLine, reportOf, tableOf } from '../../bench/report';
import { type Ceilings, floorMs, median, ratesOf, relativeError } from '../../bench/roof';
import { makeTask } from '../../bench/tasks';
import { selectWorkloads, workloads } from '../../bench/workloads';

const ceilings: Ceilings = {
  copy_gbps: 2,
  buffer_copy_gbps: 16,
  read_gbps: 1,
  fma_gflops: 10,
  dispatch_us: 20,
};
const measured = {
  contender: 'webgpu-batchnorm',
  workload: 'conv <3×3>',
  work: { flops: 20e6, bytes: 1e6 },
  dispatches: 2,
  peakBytes: 4096,
  compileMs: 12.3,
  maxRelErr: 1.5e-7,
  medianMs: 8,
};
const report = reportOf(
  { adapter: 'an adapter', software: true, ceilings, measured: [measured] },
  'a host',
  [plainLine('page weight, gzip', { peak_bytes: 2048 })],
);

test('the roof is the lower of operations and bytes', () => {
  expect(floorMs({ flops: 20e6, bytes: 1e6 }, ceilings)).toBe(2);
  expect(floorMs({ flops: 20e6, bytes: 8e6 }, ceilings)).toBe(4);
  expect(ratesOf({ flops: 20e6, bytes: 8e6 }, 8, ceilings)).toEqual({
    gflops: 2.5,
    gbps: 1,
    roof_share: 0.5,
  });
});

test('medians', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('errors are relative to the largest number, and NaN is one', () => {
  expect(relativeError([1, -4.5], [1, -4])).toBe(0.125);
  expect(relativeError([0, 0], [0, 0])).toBe(0);
  expect(relativeError([1e-9, 0], [0, 0])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
});

test('the JSON has exactly the agreed fields', () => {
  expect(JSON.parse(jsonOf(report))).toEqual({
    adapter: 'an adapter',
    host: 'a host',
    ceilings,
    rows: [
      {
        workload: 'conv <3×3>',
        contender: 'webgpu-batchnorm',
        median_ms: 8,
        gflops: 2.5,
        gbps: 0.125,
        roof_share: 0.25,
        ratio_to_best_peer: null,
        dispatches: 2,
        peak_bytes: 4096,
        max_rel_err: 1.5e-7,
      },
      {
        workload: 'page weight, gzip',
        contender: 'webgpu-batchnorm',
        median_ms: null,
        gflops: null,
        gbps: null,
        roof_share: null,
        ratio_to_best_peer: null,
        dispatches: null,
        peak_bytes: 2048,
        max_rel_err: null,
      },
    ],
  });
});

test('the table has a row a workload', () => {
  expect(tableOf(report)).toBe(
    [
      'an adapter, a host',
      'copy kernel 2 GB/s (copyBufferToBuffer 16), read 1 GB/s, multiply-add 10 GFLOP/s, a dispatch 20 µs',
      '',
      'workload           contender         ms  GFLOP/s   GB/s  of the roof  × best peer  dispatches  KiB  compile ms   error',
      'conv <3×3>         webgpu-batchnorm   8      2.5  0.125          25%                        2    4          12  1.5e-7',
      'page weight, gzip  webgpu-batchnorm                                                              2',
      '',
    ].join('\n'),
  );
});

test('a row is compared with the best of its peers', () => {
  const peers = [20, 12].map((medianMs) => ({ ...measured, contender: 'a peer', medianMs }));
  const other = { ...measured, workload: 'another' };
  const { lines } = reportOf(
    { adapter: '', software: true, ceilings, measured: [measured, ...peers, other] },
    '',
  );
  expect(lines.map(({ row }) => row.ratio_to_best_peer)).toEqual([1.5, null, null, null]);
});

test('the page holds the table and its bars, escaped, and asks for nothing else', () => {
  const html = htmlOf(report);
  expect(html).toContain('<td>conv &#60;3×3&#62;</td>');
  expect(html).toContain('width: 25.0%');
  expect(html.match(/<th>/g)).toHaveLength(columns.length + 1);
  expect(html).not.toMatch(/src=|href=|url\(/);
});

test('names are unique, and found by a part of them', () => {
  const names = workloads.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(selectWorkloads(true, 'RESNET-18')).toHaveLength(1);
  expect(selectWorkloads(false, 'RESNET-18').length).toBeGreaterThan(1);
});

test.each([
  ['inference', 2],
  ['forward', 3],
  ['both', 8],
] as const)('batch norm %s moves its tensor %i times', (pass, times) => {
  const { leastBytes, graph } = makeTask({ kind: 'batchNorm', shape: [4, 3, 5], pass });
  expect(leastBytes).toBe(times * 4 * 60);
  const gradients = [...graph.outputs.keys()].filter((name) => name.startsWith('d_'));
  expect(gradients).toHaveLength(pass === 'both' ? 3 : 0);
});
