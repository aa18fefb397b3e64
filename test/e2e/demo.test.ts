// The race as a visitor meets it: what they click and what they see.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { useDemoPage } from '../support/demo-page';

const demo = useDemoPage();
const race = () => demo.section('race');
const text = (name: string) => race().text(name);
const stepCount = async () => Number((await text('step-count')).replace(/\D/g, ''));
const play = () => race().button(/^(Play|Pause)$/);
const lane = (k: number) => race().root.locator('[data-part="lane"]').nth(k);
const status = (k: number) => lane(k).getAttribute('data-status');
const accuracy = async (k: number) =>
  Number.parseFloat(await lane(k).locator('[data-part="accuracy"]').innerText());
const recorded = () => race().part('recorded');

/** Small and quick: what is tested does not depend on the network. */
const quick = 'race.net=mlp&race.lanes=bn.sigmoid_plain.sigmoid&race.batch=8&race.lr=0.5';

/** Opens the page and waits until it can be played. */
async function open(hash = ''): Promise<void> {
  await demo.open(hash);
  await race().playable();
}

async function reach(step: number): Promise<void> {
  await expect.poll(stepCount, { timeout: 100_000, interval: 100 }).toBeGreaterThanOrEqual(step);
}

async function isAt(step: number): Promise<void> {
  await expect.poll(stepCount, { timeout: 30_000 }).toBe(step);
}

/** Losses of all networks after one step from a standstill. */
async function lossesAfterOneStep(): Promise<string[]> {
  const before = await stepCount();
  await race().button('Step').click();
  await isAt(before + 1);
  return race().root.locator('[data-part="lane"] [data-part="loss"]').allInnerTexts();
}

/** The losses of each network at each step, as the page saves them. */
async function savedLosses(): Promise<number[][]> {
  const file = demo.page.waitForEvent('download');
  await race().button('Save this run as a file').click();
  return JSON.parse(await readFile(await (await file).path(), 'utf8')).losses;
}

describe('the race', () => {
  test('opened cold, a recorded run moves until there is a live one', async () => {
    // The adapter comes when the test says so.
    await demo.page.addInitScript(() => {
      const { requestAdapter } = GPU.prototype;
      const gate = new Promise((resolve) => Object.assign(window, { letGo: resolve }));
      GPU.prototype.requestAdapter = async function (options) {
        await gate;
        return requestAdapter.call(this, options);
      };
    });
    await demo.open();
    await reach(5);
    expect(await recorded().innerText()).toMatch(/^Recorded on .+ \d{4}; rate 0\.03/);
    expect(await text('phase')).toMatch(/\w/);
    expect(await play().isEnabled()).toBe(false);
    await demo.page.evaluate('window.letGo()');
    await recorded().waitFor({ state: 'hidden', timeout: 100_000 });
    await reach(12);
    expect(await demo.page.locator('[data-part="adapter"]').innerText()).toMatch(/\w/);
    expect(Number.parseFloat(await text('speed'))).toBeGreaterThan(0);
    const plot = race().root.locator('[data-part="loss-chart"] canvas');
    const before = await plot.screenshot();
    await reach(20);
    expect((await plot.screenshot()).equals(before)).toBe(false);
    expect(await race().root.locator('[data-part="loss-chart"] tbody tr').count()).toBeGreaterThan(
      2,
    );
  });

  test('at ×30 in mid-run the plain network is lost and the normalised one learns', async () => {
    await open('#race.paused=1');
    for (let step = 1; step <= 30; step++) {
      await demo.page.keyboard.press('.');
      await isAt(step);
    }
    await race().button('×30').click();
    await demo.page.keyboard.press(' ');
    // After a click, space still plays and pauses; it does not press the button again.
    await demo.page.keyboard.press(' ');
    expect(await play().innerText()).toBe('Play');
    await demo.page.keyboard.press(' ');
    await reach(110);
    await expect.poll(() => status(1), { timeout: 60_000 }).toMatch(/stuck|diverged/);
    await expect.poll(() => accuracy(0), { timeout: 60_000 }).toBeGreaterThan(50);
    expect(await status(0)).toBe('learning');
    expect(await text('tried')).toMatch(/0\.03, 0\.9 from \d+\s+32\s+1\s/);
    await play().click();
    await race()
      .button(/^Go back to rate 0\.03/)
      .click();
    await isAt(0);
    expect(await race().root.getByLabel('Learning rate, as a number').inputValue()).toBe('0.03');
  });

  test('up to four networks of any kind; one that breaks says so and the others go on', async () => {
    await open('#race.paused=1');
    await race().button('Learning rates').click();
    await expect.poll(() => race().root.locator('[data-part="lane"]').count()).toBe(4);
    expect(await race().button('Add a network').isEnabled()).toBe(false);
    await lane(2).getByText('Change').click();
    await lane(2).getByRole('button', { name: 'Remove' }).click();
    await lane(1).getByText('Change').click();
    await lane(1).getByLabel('Activation').selectOption('sigmoid');
    await lane(1).getByLabel('Dropout').selectOption('0.5');
    await lane(1).getByRole('button', { name: 'Remove' }).click();
    await race().part('batch').selectOption('4');
    await race().root.getByLabel('Learning rate, as a number').fill('10');
    await demo.page.keyboard.press('Enter');
    await expect.poll(() => demo.page.url()).toContain('race.lanes=bn_plain.x30&race.batch=4');
    await race().playable();
    await play().click();
    await expect.poll(() => status(1), { timeout: 60_000 }).toBe('diverged');
    expect(await lane(1).innerText()).toMatch(/Diverged at step \d+ \(loss (NaN|∞)\)/);
    await reach((await stepCount()) + 2);
    expect(await status(0)).not.toBe('diverged');
  });

  test('pauses, steps, resets to the same run, and takes a new seed', async () => {
    await open(`#${quick}`);
    await reach(2);
    await play().click();
    expect(await play().innerText()).toBe('Play');
    await race().button('Reset').click();
    await isAt(0);
    const first = await lossesAfterOneStep();
    expect(first.map(Number).every((loss) => loss > 1 && loss < 5)).toBe(true);
    await race().button('Reset').click();
    await isAt(0);
    expect(await lossesAfterOneStep()).toEqual(first);
    await race().button('New seed').click();
    await isAt(0);
    expect(await text('seed')).not.toBe('1');
    expect(await lossesAfterOneStep()).not.toEqual(first);
  });

  test('a link restores the settings and the run', async () => {
    const settings =
      'race.lr=0.2&race.seed=7&race.lanes=bn_plain.x5_bn.sigmoid&race.batch=8&race.paused=1';
    await open(`#v=2&${settings}`);
    expect(await text('seed')).toBe('7');
    expect(await race().part('batch').inputValue()).toBe('8');
    await lossesAfterOneStep();
    await lossesAfterOneStep();
    const losses = await lossesAfterOneStep();
    expect(new Set(losses).size).toBe(3);
    await race().root.getByLabel('Learning rate, as a number').fill('0.3');
    await demo.page.keyboard.press('Enter');
    await expect
      .poll(() => demo.page.url())
      .toContain(`#v=2&${settings.replace('lr=0.2', 'lr=0.3')}`);

    const link = demo.page.url().replace('lr=0.3', 'lr=0.2');
    await demo.page.goto('about:blank');
    await open(link.slice(link.indexOf('#')));
    expect(await stepCount()).toBe(0);
    expect(await race().root.getByLabel('Learning rate, as a number').inputValue()).toBe('0.2');
    expect(await play().innerText()).toBe('Play');
    await lossesAfterOneStep();
    await lossesAfterOneStep();
    expect(await lossesAfterOneStep()).toEqual(losses);
  });

  test('works by keyboard alone', async () => {
    await open(`#${quick}&race.paused=1`);
    await demo.page.keyboard.press('.');
    await isAt(1);
    await demo.page.keyboard.press(' ');
    await reach(4);
    await demo.page.keyboard.press(' ');
    expect(await play().innerText()).toBe('Play');
    await demo.page.keyboard.press('r');
    await isAt(0);
    await demo.page.keyboard.press('n');
    await expect.poll(() => text('seed')).not.toBe('1');
    await isAt(0);

    // Not while typing.
    const seed = await text('seed');
    await race().root.getByLabel('Learning rate, as a number').focus();
    await demo.page.keyboard.press('n');
    await demo.page.keyboard.press('.');
    expect(await text('seed')).toBe(seed);

    await race().root.getByLabel('Learning rate', { exact: true }).focus();
    await demo.page.keyboard.press('ArrowRight');
    const rate = race().root.getByLabel('Learning rate, as a number');
    expect(Number(await rate.inputValue())).toBeGreaterThan(0.5);

    await race()
      .root.getByLabel(/^Training loss over steps/)
      .focus();
    await demo.page.keyboard.press('.');
    await isAt(1);
    await demo.page.keyboard.press('Home');
    await expect
      .poll(demo.announcement)
      .toMatch(/^step 1: With batch norm, sigmoid [\d.]+, Without/);
  });

  test('a device lost on the way: it goes on from its last copy to the same losses', async () => {
    await open(`#${quick}`);
    await reach(45);
    await play().click();
    const undisturbed = await savedLosses();
    await race().button('Reset').click();
    await isAt(0);
    await play().click();
    await reach(34);
    await demo.loseDevice();
    await race().notice.waitFor();
    expect(await race().notice.getAttribute('data-kind')).toBe('lost');
    expect(await lane(0).isVisible()).toBe(true);
    await race()
      .button(/^Go on from step \d\d$/)
      .click();
    await race().playable();
    await reach(45);
    await play().click();
    expect(await race().notice.isVisible()).toBe(false);
    const resumed = await savedLosses();
    expect(resumed.map((losses) => losses.slice(0, 45))).toEqual(
      undisturbed.map((losses) => losses.slice(0, 45)),
    );
  });
});

test('fits a phone, at rest and with reduced motion', async () => {
  await demo.page.setViewportSize({ width: 360, height: 740 });
  await demo.page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
  await open('#race.net=mlp&race.lanes=bn_bn.x5.sigmoid.b8.d50_bn.x30_plain.x30&race.batch=4');
  await reach(1);
  expect(await demo.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

describe('without a GPU it says what is missing', () => {
  test('no WebGPU: a recorded run plays in its place', async () => {
    await demo.page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
    });
    await demo.open();
    await race().notice.waitFor();
    expect(await race().notice.getAttribute('data-kind')).toBe('no-api');
    expect(await race().notice.innerText()).toMatch(/This browser has no WebGPU[\s\S]*version 113/);
    expect(await recorded().innerText()).toMatch(/^Recorded on /);
    const scrub = race().root.getByLabel('Step of the recorded run');
    await scrub.fill('170');
    await isAt(170);
    expect(await play().innerText()).toBe('Play');
    expect(await status(0)).toBe('learning');
    expect(await status(1)).toMatch(/stuck|diverged/);
    await race().button('Step').click();
    await isAt(171);
    await demo.page.keyboard.press(' ');
    await reach(175);
    await race().button('The paper’s Figure 1').click();
    await expect.poll(() => lane(0).innerText()).toContain('sigmoid');
    expect(await race().root.getByLabel('Learning rate', { exact: true }).isVisible()).toBe(false);

    await race()
      .button(/^Train on the processor/)
      .click();
    await recorded().waitFor({ state: 'hidden', timeout: 100_000 });
    await reach(1);
    expect(await race().root.getByLabel('Learning rate', { exact: true }).isVisible()).toBe(true);
    expect(await race().root.getByText('What you are looking at').isVisible()).toBe(true);
  });

  test('no secure connection', async () => {
    await demo.page.addInitScript(() => {
      Object.defineProperty(window, 'isSecureContext', { value: false });
    });
    await demo.open();
    await race().notice.waitFor();
    expect(await race().notice.getAttribute('data-kind')).toBe('insecure');
    expect(await race().notice.innerText()).toContain('https');
  });

  test('no adapter', async () => {
    await demo.page.addInitScript(() => {
      GPU.prototype.requestAdapter = async () => null;
    });
    await demo.open();
    await race().notice.waitFor();
    expect(await race().notice.getAttribute('data-kind')).toBe('no-adapter');
    expect(await race().notice.innerText()).toContain('graphics acceleration');
  });
});
