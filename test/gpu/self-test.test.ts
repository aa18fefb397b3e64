// The self-test on a device that is right, and on devices that are made wrong.
import { expect, test } from 'vitest';
import { DeviceLostError } from '../../src/core/errors';
import { type SelfTestProgress, selfTest } from '../../src/self-test';
import { freshDevice, getDevice, requestGPU, uncaught } from '../support/gpu';
import { guard } from '../support/guarded-device';

test('cases pass, a row for each way to compute them, and the device stays the app’s', async () => {
  const device = await getDevice();
  const seen: SelfTestProgress[] = [];
  const progress = (one: SelfTestProgress) => void seen.push(one);
  const report = await selfTest({ device, only: ['cumSum', 'logSoftmax'], progress });
  expect(report.failed, JSON.stringify(report.cases.find(({ passed }) => !passed))).toBe(0);
  expect(report.outcome).toBe('finished');
  expect(report.passed).toBe(report.cases.length);
  expect(seen.flatMap(({ results }) => results)).toEqual(report.cases);
  expect(seen.map(({ done }) => done)).toEqual(seen.map((_, i) => i + 1));
  expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([seen.length]));
  expect(new Set(report.cases.map(({ direction }) => direction)).size).toBe(2);
  for (const { maxError, tolerance } of report.cases) {
    expect(maxError).toBeLessThanOrEqual(tolerance);
  }
  // Rounding shows: an error of exactly 0 everywhere would mean that nothing was compared.
  expect(report.cases.some(({ maxError }) => maxError > 0)).toBe(true);
  expect(report.kernels.map(({ kernel }) => kernel)).toContain('softmax_grad');
  await device.queue.onSubmittedWorkDone();
});

test('a kernel that computes something else fails, and says where', async () => {
  const { device } = guard(await getDevice(), (code) =>
    code.replace('total += exp(f32(x[start', 'total += 1.001 * exp(f32(x[start'),
  );
  const { cases, failed, kernels } = await selfTest({ device, only: 'softmax' });
  expect(failed).toBeGreaterThan(0);
  const bad = cases.find(({ passed }) => !passed)!;
  expect(bad.worst).toMatch(/^softmax\.y0\[\d+(,\d+)*\]: got .*, want .*, \|err\| .* > /);
  expect(bad.maxError).toBeGreaterThan(bad.tolerance);
  expect(kernels.find(({ kernel }) => kernel === 'softmax')!.worst.passed).toBe(false);
});

test('a kernel that does not compile fails by its name, and the rest goes on', async () => {
  const { device } = guard(await getDevice(), (code) => code.replace('@compute', '@nothing'));
  const { cases, kernels } = await selfTest({ device, only: 'cumSum' });
  expect(cases.every(({ passed, maxError }) => !passed && Number.isNaN(maxError))).toBe(true);
  expect(cases[0].worst).toContain('kernel "cum_sum": it must compile on this device');
  expect(kernels[0]).toMatchObject({ kernel: 'cum_sum', failed: cases.length });
});

test('an error on the device that nobody captured fails the check during which it comes', async () => {
  const device = await freshDevice();
  const progress = ({ done }: SelfTestProgress) => {
    if (done === 1) device.createBuffer({ size: 4, usage: 0 });
  };
  const { cases, failed } = await selfTest({ device, only: 'cumSum', progress });
  device.destroy();
  expect(uncaught.splice(0)).toHaveLength(1);
  expect(failed).toBe(1);
  expect(cases.find(({ passed }) => !passed)!.worst).toMatch(/^uncaptured GPU error: ./);
});

test('the signal stops it before the next case', async () => {
  const stop = new AbortController();
  const device = await getDevice();
  const progress = ({ done }: SelfTestProgress) => void (done === 2 && stop.abort());
  const { outcome, cases } = await selfTest({
    device,
    only: 'cumSum',
    signal: stop.signal,
    progress,
  });
  expect(outcome).toBe('stopped');
  expect(new Set(cases.map((one) => one.case)).size).toBe(2);
});

test('a device of its own is destroyed, and one that is lost ends it', async () => {
  const { outcome, adapter } = await selfTest({ gpu: await requestGPU(), only: 'increment' });
  expect(outcome).toBe('finished');
  expect(adapter).not.toBe('');
  const device = await freshDevice();
  const progress = () => device.destroy();
  await expect(selfTest({ device, only: 'cumSum', progress })).rejects.toThrow(DeviceLostError);
});
