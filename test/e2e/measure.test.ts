// The section “Measure”, by what a visitor does and sees.
import { expect, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';

const demo = useDemoPage();

/** Software compiles and computes slowly, and the more so the more there is to do beside. */
const timeout = 100_000;

/** The section with the race at rest: both would want the GPU. */
const open = (settings: string) => demo.open(`#v=2&at=measure&race.paused=1&${settings}`);
const panel = (name: string) => demo.section('measure').part(name);

test('the self-test of a family: every kernel passes, and the report is copied', async () => {
  await demo.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await open('measure.family=batch-matmul');
  const selfTest = panel('self-test');
  await selfTest.getByRole('button', { name: 'Run the self-test' }).click();
  await selfTest.getByText(/^Case \d+ of (12|24): batchMatmul/).waitFor({ timeout });
  const skipped = '( Skipped: 12 cases with f16 tensors, since the device has no shader-f16\\.)?';
  const done = new RegExp(`^\\d+ checks passed, 0 failed\\.${skipped}$`);
  await selfTest.getByText(done).waitFor({ timeout });
  const rows = selfTest.locator('tbody tr');
  expect(await rows.count()).toBeGreaterThan(1);
  for (const row of await rows.allInnerTexts()) expect(row).toMatch(/\tpassed\t\d+\t.*%/);
  await selfTest.getByRole('button', { name: 'Copy report' }).click();
  await selfTest.getByRole('button', { name: 'Copied' }).waitFor();
  const report = await demo.page.evaluate(() => navigator.clipboard.readText());
  expect(report).toMatch(/^## Self-test of webgpu-batchnorm \d/);
  expect(report).toMatch(/- Adapter: \S/);
  expect(report).toContain('0 failed');
  expect(report).toMatch(/\| batch_matmul \| (24|48) \| 0 \|/);
});

test('a workload by keyboard: median and p95, sorted, in the link; and cancelled', async () => {
  await open('measure.workload=cnn');
  const bench = panel('bench');
  const choice = bench.getByLabel('Workload', { exact: true });
  await choice.focus();
  await demo.page.keyboard.press('Home');
  await demo.page.keyboard.press('ArrowDown');
  expect(await choice.inputValue()).toBe('norm-images');
  await demo.page.waitForURL(/measure\.workload=norm-images/);
  await demo.page.keyboard.press('Tab');
  await demo.page.keyboard.press('Enter');
  await bench.getByText('Done: 1 workload measured.').waitFor({ timeout });
  const cells = await bench.locator('tbody tr').locator('th, td').allInnerTexts();
  const [title, median, p95, gflops, gbps, share, error] = cells;
  expect(title).toBe('Batch norm, training, forward');
  expect(Number(median)).toBeGreaterThan(0);
  expect(Number(p95)).toBeGreaterThanOrEqual(Number(median));
  for (const rate of [gflops, gbps]) expect(Number(rate)).toBeGreaterThan(0);
  expect(share).toMatch(/^\d+\.\d %$/);
  expect(Number(error)).toBeLessThan(1e-3);

  // The table: into what scrolls, then to the first headers.
  await demo.page.keyboard.press('Tab');
  await demo.page.keyboard.press('Tab');
  await demo.page.keyboard.press('Tab');
  await demo.page.keyboard.press('Enter');
  const header = bench.getByRole('columnheader', { name: 'Median' });
  expect(await header.getAttribute('aria-sort')).toBe('ascending');

  // The same button ends what it began.
  await bench.getByRole('button', { name: 'Run the bench' }).focus();
  await demo.page.keyboard.press('Enter');
  await bench.getByRole('button', { name: 'Cancel' }).waitFor();
  await demo.page.keyboard.press('Enter');
  await bench.getByText('Cancelled. What was done before is kept.').waitFor({ timeout });
  expect(await bench.locator('tbody tr').count()).toBe(1);
  expect(await bench.getByRole('button', { name: 'Run the bench' }).isEnabled()).toBe(true);
});
