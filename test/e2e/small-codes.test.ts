// "Get code" of “Look into it” and “Tabular”: each file gives the page's own numbers.
import { expect, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';
import { useTakenHome } from '../support/taken-home';

const demo = useDemoPage();
const takeHome = useTakenHome(demo);

test('the code of a look gives its answer and its arithmetic', async () => {
  await demo.open('#v=2&at=look&race.paused=1&look.mode=train&look.batch=2&look.image=2');
  const look = demo.section('look');
  const busy = () => look.part('answers').getAttribute('aria-busy');
  await expect.poll(busy, { timeout: 60_000 }).toBe('false');
  const answer = `It is read as ${await look.text('best')}, ${await look.text('sure')}.`;
  const y = Number(await look.part('tensor').getAttribute('data-value'));
  await takeHome(look);
  const { page } = demo;
  await expect.poll(() => page.locator('#answer').innerText(), { timeout: 60_000 }).toBe(answer);
  expect(await page.locator('#maps canvas').count()).toBe(32);
  const line = await page.locator('#arithmetic').innerText();
  expect(line).toContain(`= ${y.toFixed(4)}; the tensor has ${y.toFixed(4)}.`);
});

test('the code of a price network gives its errors, before and after', async () => {
  await demo.open('#v=2&at=tabular&race.paused=1&tabular.paused=1&tabular.bikes=1&tabular.seed=2');
  const tabular = demo.section('tabular');
  await tabular.playable();
  for (let step = 1; step <= 3; step++) {
    await demo.page.keyboard.press('.');
    await expect.poll(() => tabular.text('step-count'), { timeout: 90_000 }).toBe(String(step));
  }
  await tabular.button('Re-estimate statistics').click();
  await tabular.button('Undo').and(demo.page.locator(':enabled')).waitFor();
  const rows = await tabular.part('errors').locator('tbody tr').allInnerTexts();
  const [cars, bikes] = rows.map((row) => row.match(/\d+\.\d+/g) ?? []);
  await takeHome(tabular);
  await expect
    .poll(() => demo.page.locator('#log').innerText(), { timeout: 60_000 })
    .toContain(`re-estimated: error on cars ${cars[1]}, on motorbikes ${bikes[1]}`);
  const log = await demo.page.locator('#log').innerText();
  expect(log).toContain('finished after 3 steps');
  expect(log).toContain(`error on unseen cars: ${cars[0]} thousand euros`);
});
