// The benchmark's arithmetic and reports.
import { expect, test } from 'vitest';
import { OURS, TUNED } from '../../bench/contender';
import { htmlOf } from '../../bench/html';
import { type Measured, timeRounds } from '../../bench/measure';
import {
  columnsOf,
  jsonOf,
  markdownOf,
  plainLine,
  reportFrom,
  reportOf,
  tableOf,
} from '../../bench/report';
import { type Ceilings, floorMs, median, ratesOf, relativeError } from '../../bench/roof';
import { makeTask } from '../../bench/tasks';
import { isNamed, selectWorkloads, workloads } from '../../bench/workloads';

const ceilings: Ceilings = {
  copy_gbps: 2,
  buffer_copy_gbps: 16,
  read_gbps: 1,
  fma_gflops: 10,
  dispatch_us: 20,
};
const measured = {
  contender: OURS,
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
  [plainLine('page weight, gzip', OURS, { peak_bytes: 2048 })],
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
        ratio_to_default: null,
        dispatches: 2,
        peak_bytes: 4096,
        floor_bytes: null,
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
        ratio_to_default: null,
        dispatches: null,
        peak_bytes: 2048,
        floor_bytes: null,
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
      'workload           contender         ms  GFLOP/s   GB/s  of the roof  dispatches  KiB  compile ms   error',
      'conv <3×3>         webgpu-batchnorm   8      2.5  0.125          25%           2    4          12  1.5e-7',
      'page weight, gzip  webgpu-batchnorm                                                 2',
      '',
    ].join('\n'),
  );
});

const rival = (contender: string, medianMs: number): Measured => ({
  ...measured,
  contender,
  medianMs,
  dispatches: null,
  peakBytes: null,
});
const broken: Measured = {
  contender: 'onnxruntime-web',
  workload: measured.workload,
  failure: 'its <first> run took more than 60 s',
};
const beside = reportOf(
  {
    adapter: 'an adapter',
    software: true,
    ceilings,
    measured: [measured, rival('jax-js', 20), rival('tfjs', 12), broken, rival('PyTorch', 1)],
  },
  'a host',
  [
    plainLine('page weight, gzip', OURS, { peak_bytes: 2048 }),
    plainLine('page weight, gzip', 'tfjs', { peak_bytes: 6144 }),
    plainLine('page weight, gzip, without WebAssembly', 'onnxruntime-web', { peak_bytes: 1024 }),
  ],
);

test('our rows are compared with the best WebGPU peer, by time or else by size', () => {
  expect(beside.lines.map(({ row }) => row.ratio_to_best_peer)).toEqual([
    1.5,
    ...[null, null, null, null],
    3,
    ...[null, null],
  ]);
  const alone = [measured, { ...rival('tfjs', 1), workload: 'another' }];
  const { lines } = reportOf({ adapter: '', software: true, ceilings, measured: alone }, '');
  expect(lines[0].row.ratio_to_best_peer).toBeNull();
});

test('a tuned plan is compared with the default one, a step with its floor', () => {
  const tuned = { ...measured, contender: TUNED, medianMs: 6.4, floorBytes: 2048 };
  const { lines } = reportOf(
    { adapter: '', software: true, ceilings, measured: [measured, tuned, rival('tfjs', 12)] },
    '',
  );
  expect(lines.map(({ row }) => row.ratio_to_default)).toEqual([null, 1.25, null]);
  expect(lines.map(({ row }) => row.ratio_to_best_peer)).toEqual([1.5, 1.875, null]);
  expect(lines.map(({ row }) => row.floor_bytes)).toEqual([null, 2048, null]);
  const [titles, , row] = columnsOf(lines)
    .map(([title, cell]) => [title, ...lines.map(cell)])
    .reduce<string[][]>((rows, column) => column.map((c, i) => [...(rows[i] ?? []), c]), []);
  expect(row[titles.indexOf('× default')]).toBe('1.25');
  expect(row[titles.indexOf('× floor')]).toBe('2.00');
});

test('what a training step keeps at once', () => {
  const { floorBytes, graph } = makeTask({ kind: 'step', network: 'mlp', batch: 2, size: 4 });
  const hidden = 3 * 100;
  const parameters = 16 * 100 + 2 * 100 * 100 + 100 * 10 + 10 + 2 * hidden;
  // Twice the parameters for velocities and gradients; running means and variances; the counter of
  // updates, and of random numbers where there is one; images, targets, rate and loss.
  const counters = graph.states.filter(({ dtype }) => dtype === 'i32').length;
  const rest = 2 * hidden + counters + 2 * 16 + 2 + 1 + 1;
  expect(floorBytes).toBe(4 * (3 * parameters + rest + 2 * (hidden + 10)));
});

test('a contender that failed has a row of nulls, and the tables say why', () => {
  const row = JSON.parse(jsonOf(beside)).rows[3];
  const { workload, contender, ...numbers } = row;
  expect([workload, contender]).toEqual(['conv <3×3>', 'onnxruntime-web']);
  expect(Object.values(numbers)).toEqual(Array(10).fill(null));
  expect(tableOf(beside)).toMatch(
    /^conv <3×3> +onnxruntime-web +its <first> run took more than 60 s$/m,
  );
  expect(markdownOf(beside)).toContain('| failed |');
  expect(htmlOf(beside)).toContain('its &#60;first&#62; run took more than 60 s');
});

test('the Markdown table has a row a workload and a column a contender', () => {
  expect(markdownOf(beside).split('\n')).toEqual([
    'an adapter, a host: copy kernel 2 GB/s (copyBufferToBuffer 16), read 1 GB/s, multiply-add 10 GFLOP/s, a dispatch 20 µs.',
    '',
    '| workload | ms | of the roof | jax-js | tfjs | onnxruntime-web | PyTorch | × best peer | dispatches | peak MB | × floor |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    '| conv <3×3> | 8 | 25% | 20 | 12 | failed | 1 | 1.5 | 2 | 0.0041 |  |',
    '| page weight, gzip | 2 KiB |  |  | 6 KiB |  |  | 3 |  |  |  |',
    '| page weight, gzip, without WebAssembly |  |  |  |  | 1 KiB |  |  |  |  |  |',
    '',
  ]);
});

test('reports of several runs make one; of a workload measured again the last counts', () => {
  const again = reportOf(
    { adapter: '', software: true, ceilings, measured: [{ ...measured, medianMs: 5 }] },
    '',
  );
  const merged = reportFrom([jsonOf(beside), jsonOf(again)]);
  expect(merged.adapter).toBe('an adapter');
  expect(merged.lines.map(({ row }) => [row.workload, row.contender, row.median_ms])).toEqual([
    ['conv <3×3>', OURS, 5],
    ['page weight, gzip', OURS, null],
    ['page weight, gzip', 'tfjs', null],
    ['page weight, gzip, without WebAssembly', 'onnxruntime-web', null],
  ]);
});

test('the page holds bars and the table, escaped, and asks for nothing else', () => {
  const html = htmlOf(beside);
  expect(html).toContain('<td>conv &#60;3×3&#62;</td>');
  // PyTorch's 1 ms ends the scale at 10 ms: 8 ms of ours, its floor of 2 ms, and 12 ms that go on.
  expect(html).toContain('<b style="width: 80.0%"></b><u style="left: 20.0%"></u>');
  expect(html).toContain('<b class="over" style="width: 100.0%"></b>');
  expect(html).toContain('1.5 × the best peer');
  expect(html.match(/<th>/g)).toHaveLength(columnsOf(beside.lines).length);
  expect(html).not.toMatch(/src=|href=|url\(/);
});

test('rounds go to and fro; a contestant that fails drops out, and the others go on', async () => {
  const order: string[] = [];
  const contestant = (contender: string, failsAt: number) => {
    let samples = 0;
    return {
      ...{ ...measured, contender },
      async sample() {
        if (++samples > failsAt) throw { message: 'lost\nits device' };
        order.push(contender);
        return 2000;
      },
      dispose() {},
    };
  };
  const [first, second] = [contestant('a', 10), contestant('b', 4)];
  let gauged = 0;
  const gauges = { sample: async () => void gauged++ };
  const results = await timeRounds([first, second], gauges, 2000, () => {});
  // Two each to see how long they take, then three rounds, the second of them backwards.
  expect(order.join('')).toBe('aabbabbaa');
  expect(gauged).toBe(3);
  expect(results.get(first)).toMatchObject({ contender: 'a', medianMs: 2000 });
  expect(results.get(second)).toEqual({
    contender: 'b',
    workload: measured.workload,
    failure: 'lost',
  });
});

test('names are unique, and found by a part of them', () => {
  const names = workloads.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(selectWorkloads(true, ['RESNET-18 inf', '1×1']).length).toBe(3);
  expect(selectWorkloads(false, ['RESNET-18']).length).toBe(4);
  expect(selectWorkloads(false)).toEqual(workloads);
  expect(isNamed('conv', ['dense', 'CON'])).toBe(true);
  expect(isNamed('conv', ['dense'])).toBe(false);
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
