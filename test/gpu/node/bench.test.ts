// The benchmark from end to end, on one tiny workload.
import { expect, test } from 'vitest';
import { Gauges } from '../../../bench/ceilings';
import { prepare } from '../../../bench/contender';
import { freshDevice, requestGPU } from '../../support/gpu';

test('a workload is checked and can be run', async () => {
  const spec = { kind: 'batchNorm', shape: [6, 8], pass: 'both' } as const;
  const contestant = await prepare({ name: 'tiny', spec }, await requestGPU());
  expect(contestant.maxRelErr).toBeLessThan(1e-5);
  expect(contestant.dispatches).toBeGreaterThan(1);
  expect(contestant.work.flops).toBeGreaterThan(6 * 8);
  expect(await contestant.sample(2)).toBeGreaterThan(0);
  contestant.dispose();
});

test('ceilings are positive', async () => {
  const gauges = await Gauges.create(await freshDevice(), { mebibytes: 1, groups: 64, turns: 8 });
  await gauges.sample();
  for (const [name, value] of Object.entries(gauges.ceilings())) {
    expect(value, name).toBeGreaterThan(0);
  }
});
