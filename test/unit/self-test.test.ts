// The self-test but for the device: which cases, how results add up, and the report.
import { expect, test } from 'vitest';
import { findWorst, largestMagnitude, worstError } from '../../src/core/compare';
import { ArgumentError, NameError } from '../../src/core/errors';
import { floatToHalf, halfToFloat } from '../../src/core/half';
import { execute } from '../../src/cpu/execute';
import { GraphBuilder } from '../../src/ir/builder';
import { squareOp } from '../../src/ops/activations';
import { castOp } from '../../src/ops/cast';
import {
  formatSelfTest,
  type SelfTestReport,
  type SelfTestResult,
  selfTest,
  selfTestFamilies,
  shareOf,
  summarizeKernels,
} from '../../src/self-test';
import { cases } from '../../src/self-test/cases';
import { checksOf } from '../../src/self-test/checks';
import { cutAtHalves, usesHalves, withHalves } from '../../src/self-test/halves';
import { select } from '../../src/self-test/select';

function result(changes: Partial<SelfTestResult> = {}): SelfTestResult {
  return {
    family: 'norms',
    op: 'layerNorm',
    case: 'odd',
    direction: 'forward',
    lowering: 'layerNorm by rows',
    kernels: ['layer_norm'],
    output: 'y0',
    maxError: 1e-7,
    tolerance: 1e-6,
    passed: true,
    ...changes,
  };
}

function report(cases: readonly SelfTestResult[]): SelfTestReport {
  const failed = cases.filter(({ passed }) => !passed).length;
  return {
    version: '1.2.3',
    adapter: 'acme rocket',
    features: ['shader-f16', 'subgroups'],
    skipped: 0,
    outcome: 'finished',
    cases,
    kernels: summarizeKernels(cases),
    passed: cases.length - failed,
    failed,
  };
}

test('families and ops name cases; all of them where nothing is named', () => {
  const all = selfTestFamilies().reduce((sum, { cases }) => sum + cases, 0);
  expect(select(undefined)).toHaveLength(all);
  const family = selfTestFamilies().find(({ name }) => name === 'softmax')!;
  expect(family.ops).toEqual(['softmax', 'logSoftmax']);
  expect(select('softmax')).toHaveLength(family.cases);
  expect(select('softmax').filter(({ opCase }) => usesHalves(opCase))).toHaveLength(family.halves);
  expect(family.cases).toBe(2 * family.halves);
  const one = select(['logSoftmax', 'logSoftmax']);
  expect(one.every(({ opCase }) => opCase.op === 'logSoftmax')).toBe(true);
  expect(one.length).toBeLessThan(family.cases);
});

test('each case comes in f16 too, where its op takes that', () => {
  const named = (op: string, name: string) =>
    cases.filter((one) => one.op === op).find((one) => one.name === name)!;
  const variants = (op: string, name: string) =>
    withHalves(named(op, name)).map((one) => one.inputs.map(({ dtype = 'f32' }) => dtype));
  expect(variants('dense', 'odd')).toEqual([
    ['f32', 'f32', 'f32'],
    ['f16', 'f16', 'f16'],
  ]);
  // What is learned and remembered stays f32.
  expect(variants('batchNorm', 'dense')[1]).toEqual(['f16', 'f32', 'f32', 'f32', 'f32']);
  expect(withHalves(named('increment', 'counter'))).toHaveLength(1);
  expect(usesHalves(named('cast', 'to f16, ends and ties'))).toBe(true);
  expect(usesHalves(named('dense', 'odd'))).toBe(false);
  const all = cases.flatMap(withHalves).map(({ op, name }) => `${op} ${name}`);
  expect(new Set(all).size).toBe(all.length);
});

test('halves that a node stores for another are cut, and given as the reference stores them', () => {
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'f16', shape: [2] });
  const once = g.op(squareOp, [x]);
  const wide = g.op(castOp, [g.op(squareOp, [once])], { to: 'f32' });
  g.output('y', g.op(squareOp, [wide]));
  const third = halfToFloat(floatToHalf(1 / 3));
  const { graph, numbers } = cutAtHalves(g.build(), new Map([[x, Float64Array.of(third, 300)]]));
  expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'given0', 'given1']);
  expect([...graph.outputs.keys()]).toEqual(['y', 'h0', 'h1']);
  const nodes = graph.nodes.map(({ op, inputs }) => `${op.name} ${inputs[0].name}`);
  expect(nodes).toEqual(['square x', 'square given0', 'cast given1', `square ${wide.name}`]);
  const [, given0, given1] = graph.inputs.map((value) => [...numbers.get(value)!]);
  const ninth = halfToFloat(floatToHalf(third ** 2));
  expect(given0).toEqual([ninth, Number.POSITIVE_INFINITY]);
  expect(given1).toEqual([halfToFloat(floatToHalf(ninth ** 2)), Number.POSITIVE_INFINITY]);
  const known = execute(graph, numbers);
  expect(known.get(graph.outputs.get('h0')!)).toEqual(Float64Array.of(third ** 2, 90000));
});

test('an f16 output may be off by its rounding, and only so', () => {
  const [check] = checksOf({
    op: 'affine',
    name: 'tripled',
    inputs: [
      { shape: [3], dtype: 'f16', fill: { kind: 'values', values: [1 / 3, -30000, 2 ** -24] } },
    ],
    attrs: { scale: 3, shift: 0 },
  });
  const [{ values, atol, rtol }] = check.expected;
  const third = halfToFloat(floatToHalf(1 / 3));
  expect([...values]).toEqual([3 * third, Number.NEGATIVE_INFINITY, 3 * 2 ** -24]);
  expect(rtol).toBe(2 ** -11);
  expect(atol).toBeGreaterThan(2 ** -25);
  expect(atol).toBeLessThan(2 ** -25 + 10 * 2 ** -24);
  expect(check.inputs.x0[0]).toBe(third);
});

test('what is no name, no list and no option is told', async () => {
  const only = (value: unknown) => () => select(value as string);
  expect(only('softmaxx')).toThrow(NameError);
  expect(only(['softmax', 'toString'])).toThrow('found "toString". Families are batch-matmul,');
  for (const wrong of [[], null, 3, ['softmax', 3]]) expect(only(wrong)).toThrow(ArgumentError);
  await expect(selfTest({ onyl: 'softmax' } as object)).rejects.toThrow('found "onyl"');
});

test('the worst element is that with the largest share of what is allowed', () => {
  const worst = findWorst([1, 2.5, 30], [1, 2, 29], { atol: 0.1, rtol: 0.1 });
  expect(worst.at).toBe(1);
  expect(worst.error).toBe(0.5);
  expect(worst.share).toBeCloseTo(0.5 / 0.3);
  expect(findWorst([Number.NaN, 1], [Number.NaN, 1], { atol: 0 })).toEqual({
    at: -1,
    error: 0,
    allowed: 0,
    share: 0,
  });
  // What is not finite widens no tolerance.
  expect(largestMagnitude([-3, Number.NaN, Number.NEGATIVE_INFINITY, 2])).toBe(3);
  expect(findWorst([Number.NaN], [1], { atol: 1 }).share).toBe(Number.POSITIVE_INFINITY);
  const expectation = { name: 'relu.y0', shape: [2, 3], atol: 0.1 };
  expect(worstError([0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0], expectation)).toBe(
    'relu.y0[1,2]: got 1, want 0, |err| 1.00e+0 > 1.00e-1',
  );
});

test('a kernel shows its worst check, a failed one before all others', () => {
  const close = result({ maxError: 9e-7 });
  const wide = result({ maxError: 5e-3, tolerance: 1e-2, kernels: ['layer_norm', 'copy'] });
  const nothing = result({ maxError: Number.NaN, tolerance: Number.NaN, passed: false });
  const [copy, kernel] = summarizeKernels([wide, close, result()]);
  expect(copy).toEqual({ kernel: 'copy', checks: 1, failed: 0, worst: wide });
  expect(kernel).toEqual({ kernel: 'layer_norm', checks: 3, failed: 0, worst: close });
  const [, failed] = summarizeKernels([wide, nothing, close]);
  expect(failed).toEqual({ kernel: 'layer_norm', checks: 3, failed: 1, worst: nothing });
  expect(shareOf(nothing)).toBe(Number.POSITIVE_INFINITY);
  expect(shareOf(result({ maxError: 0, tolerance: 0 }))).toBe(0);
});

test('a report in Markdown', () => {
  const worst = 'layerNorm.dx0[1,2]: got 1, want 0, |err| 1.00e+0 > 1.00e-6';
  const bad = result({
    case: 'a|b',
    direction: 'gradient',
    output: 'dx0',
    maxError: 1,
    passed: false,
    worst,
  });
  expect(formatSelfTest(report([result(), bad]))).toBe(
    [
      '## Self-test of webgpu-batchnorm 1.2.3',
      '',
      '- Adapter: acme rocket',
      '- Features: shader-f16, subgroups',
      '- Checks: 1 passed, 1 failed',
      '',
      '### Failures',
      '',
      '| op | case | direction | by | worst element |',
      '| --- | --- | --- | --- | --- |',
      '| layerNorm | a\\|b | gradient | layerNorm by rows | layerNorm.dx0[1,2]: got 1, want 0, \\|err\\| 1.00e+0 > 1.00e-6 |',
      '',
      '### Kernels',
      '',
      '| kernel | checks | failed | largest error | tolerance | share | in |',
      '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
      '| layer_norm | 2 | 1 | 1.00e+0 | 1.00e-6 | 100000000.0% | layerNorm.dx0, a\\|b |',
      '',
    ].join('\n'),
  );
  const stopped = formatSelfTest({ ...report([result()]), outcome: 'stopped' });
  expect(stopped).toContain('1 passed, 0 failed (stopped before the end)');
  expect(stopped).not.toContain('Failures');
  expect(stopped).not.toContain('Skipped');
  const without = formatSelfTest({ ...report([result()]), skipped: 7 });
  expect(without).toContain(
    '\n- Skipped: 7 cases with f16 tensors, since the device has no shader-f16\n',
  );
  const many = formatSelfTest(report(Array.from({ length: 53 }, () => bad)));
  expect(many).toContain('\nand 3 more\n');
});
