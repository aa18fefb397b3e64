// "Get code" of the race: the file runs by itself, and trains to the page's own losses.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';
import { useTakenHome } from '../support/taken-home';

const demo = useDemoPage();
const takeHome = useTakenHome(demo);

test('the code of a race gives the losses of the race', async () => {
  const { page } = demo;
  await demo.open(
    '#race.net=mlp&race.lanes=bn.sigmoid.b8_plain.x5_bn.d50&race.batch=4&race.lr=0.1&race.seed=3',
  );
  const race = demo.section('race');
  await race.playable();
  const stepCount = async () => Number((await race.text('step-count')).replace(/\D/g, ''));
  await expect.poll(stepCount, { timeout: 60_000 }).toBeGreaterThanOrEqual(20);
  await race.button('Pause').click();
  const save = page.waitForEvent('download');
  await race.button('Save this run as a file').click();
  const saved = JSON.parse(await readFile(await (await save).path(), 'utf8'));

  await takeHome(race);
  const row = page.locator('tbody tr').nth(1);
  await row.locator('td').nth(3).filter({ hasText: /\d/ }).waitFor({ timeout: 60_000 });
  const cells = (await row.locator('td').allInnerTexts()).map(Number);
  expect(await page.locator('thead th').allInnerTexts()).toEqual([
    'step',
    'With batch norm, sigmoid, batch 8',
    'Without, rate ×5',
    'With batch norm, dropout 0.5',
  ]);
  expect(cells).toEqual([20, ...saved.losses.map((losses: number[]) => losses[19])]);
});
