// “Look into it”: a drawn digit, its maps, and the arithmetic of a pixel.
import { beforeEach, expect, test } from 'vitest';
import { type DemoSection, useDemoPage } from '../support/demo-page';

const demo = useDemoPage();
let look: DemoSection;
beforeEach(() => {
  look = demo.section('look');
});

/** Opens the section, with the race at rest, and waits for the first answer. */
async function open(settings = ''): Promise<void> {
  await demo.open(`#v=2&at=look&race.paused=1${settings}`);
  await answered();
}

async function answered(): Promise<void> {
  const busy = () => look.part('answers').getAttribute('aria-busy');
  await expect.poll(busy, { timeout: 90_000 }).toBe('false');
}

/** The probabilities with all their digits, as hovering shows them. */
const bars = () =>
  look
    .part('bars')
    .locator('.value')
    .evaluateAll((values) => values.map((value) => value.getAttribute('title')).join());

/** The answer to the newest question, which is another one than `before`. */
async function changed(before: string): Promise<string> {
  await answered();
  const now = await bars();
  expect(now).not.toBe(before);
  return now;
}

/** What the arithmetic shown says, computed anew, and what the tensor has. */
async function arithmetic(): Promise<{
  formula: number;
  shown: number;
  tensor: number;
  x: number;
}> {
  const entries = await look
    .part('arithmetic')
    .locator('[data-number]')
    .evaluateAll((elements) =>
      elements.map((e) => [e.getAttribute('data-number'), Number(e.getAttribute('data-value'))]),
    );
  const { gamma, x, mean, variance, epsilon, beta, y } = Object.fromEntries(entries);
  const formula = (gamma * (x - mean)) / Math.sqrt(variance + epsilon) + beta;
  const tensor = Number(await look.part('tensor').getAttribute('data-value'));
  return { formula, shown: y, tensor, x };
}

async function expectEqualToTheTensor(): Promise<number> {
  const { formula, shown, tensor, x } = await arithmetic();
  const tolerance = 1e-5 * Math.max(1, Math.abs(tensor));
  expect(Math.abs(formula - tensor)).toBeLessThan(tolerance);
  expect(Math.abs(shown - tensor)).toBeLessThan(tolerance);
  return x;
}

/** Draws a line through points, given as shares of the board. */
async function draw(points: readonly (readonly [number, number])[]): Promise<void> {
  await look.part('board').scrollIntoViewIfNeeded();
  const box = await look.part('board').boundingBox();
  if (!box) throw new Error('The board cannot be seen.');
  const at = ([x, y]: readonly [number, number]) =>
    [box.x + x * box.width, box.y + y * box.height] as const;
  await demo.page.mouse.move(...at(points[0]));
  await demo.page.mouse.down();
  for (const point of points.slice(1)) await demo.page.mouse.move(...at(point), { steps: 4 });
  await demo.page.mouse.up();
}

/** The address follows the settings after a moment. */
async function settledLink(): Promise<string> {
  let before = '';
  const settled = () => {
    const same = demo.page.url() === before;
    before = demo.page.url();
    return same;
  };
  await expect.poll(settled, { interval: 500, timeout: 10_000 }).toBe(true);
  return before;
}

const three = [
  [0.3, 0.2],
  [0.45, 0.13],
  [0.65, 0.18],
  [0.68, 0.33],
  [0.58, 0.45],
  [0.44, 0.48],
  [0.62, 0.53],
  [0.72, 0.68],
  [0.62, 0.84],
  [0.42, 0.88],
  [0.28, 0.8],
] as const;

test('a drawn 3 is read as 3, and a link shows the same again', async () => {
  await open('&look.batch=2');
  const image = await bars();
  await draw(three);
  await expect.poll(() => look.text('seen-text')).toContain('Your drawing');
  await changed(image);
  expect(await look.text('best')).toBe('3');
  const drawn = await bars();
  const link = await settledLink();
  expect(link).toMatch(/look\.drawing=\w+/);
  await demo.page.goto('about:blank');
  await demo.open(link.slice(link.indexOf('#')));
  await answered();
  expect(await bars()).toBe(drawn);
  await look.button('Undo').click();
  await expect.poll(() => look.text('seen-text')).toContain('Test image 8');
});

/** The least green of a map's pixels: the scale's ends have 83 (orange) and 106 (blue) of it. */
const leastGreen = () =>
  look.part('big-after').evaluate((map: HTMLCanvasElement) => {
    const context = map.getContext('2d') as CanvasRenderingContext2D;
    const { data } = context.getImageData(0, 0, map.width, map.height);
    return Math.min(...data.filter((_, i) => i % 4 === 1));
  });

test('in train mode the answer depends on the company, and on how large it is', async () => {
  await open('&look.batch=2');
  expect(await leastGreen()).toBeGreaterThanOrEqual(83);
  const running = await bars();
  await look.root.getByLabel(/this batch/).check();
  const inBatch = await changed(running);
  await look.button('Other company').click();
  const company = await changed(inBatch);
  await expectEqualToTheTensor();
  await look.root.getByLabel(/Images in the batch/).fill('0');
  expect(await look.text('batch-value')).toBe('1');
  await changed(company);
  expect(await look.text('batch-words')).toContain('all of this one image');
  await expectEqualToTheTensor();
  await expect.poll(() => demo.page.url()).toMatch(/look\.batch=1.*look\.mode=train/);
});

test('by keyboard alone: a channel, a pixel, its arithmetic, a drawing', async () => {
  await open('&look.batch=2');
  const { keyboard } = demo.page;
  await look.root.getByRole('radio', { name: /^Channel 4/, checked: true }).focus();
  const first = await expectEqualToTheTensor();
  await keyboard.press('ArrowRight');
  expect(await look.text('detail-title')).toBe('Convolution 2, channel 5');
  expect(await expectEqualToTheTensor()).not.toBe(first);
  await look.part('picker').focus();
  const before = await expectEqualToTheTensor();
  await keyboard.press('ArrowUp');
  await keyboard.press('ArrowLeft');
  await expect.poll(() => demo.announcement()).toMatch(/^Row 3, column 3: .+ becomes .+/);
  expect(await expectEqualToTheTensor()).not.toBe(before);

  await look.button(/^1\. Mean/).press('Enter');
  expect(await look.button(/^1\. Mean/).getAttribute('aria-current')).toBe('step');

  const image = await bars();
  await look.part('board').focus();
  await keyboard.press(' ');
  for (let i = 0; i < 8; i++) await keyboard.press('ArrowDown');
  await keyboard.press(' ');
  await changed(image);
  expect(await look.text('seen-text')).toContain('Your drawing');
  await keyboard.press('Backspace');
  await answered();
  expect(await bars()).toBe(image);
});

test('a device lost: the network is opened again, and one that was trained goes on', async () => {
  await open('&look.batch=2&look.start=untrained');
  const lose = async () => {
    await demo.loseDevice();
    await look.notice.waitFor();
    expect(await look.notice.getAttribute('data-kind')).toBe('lost');
    expect(await look.notice.innerText()).toContain('destroyed');
  };
  const untrained = await bars();
  await lose();
  expect(await look.notice.innerText()).toContain('your digit and all that you have set');
  await look.button('Open it again').click();
  await look.playable();
  await answered();
  expect(await bars()).toBe(untrained);

  // The first step is copied.
  const steps = (count: string) =>
    expect.poll(() => look.text('steps'), { timeout: 60_000 }).toBe(count);
  await look.button('Step').click();
  await steps('1');
  const trained = await changed(untrained);
  await lose();
  await look.button('Go on from step 1').click();
  await look.playable();
  await answered();
  await steps('1');
  expect(await bars()).toBe(trained);
  await look.button('Step').click();
  await steps('2');
  await changed(trained);
});

test('without WebGPU the CPU computes it, and says so', async () => {
  await demo.page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
  });
  await open('&look.batch=1');
  expect(await look.text('cpu-note')).toContain('This browser has no WebGPU');
  expect(await look.text('best')).toBe('2');
  await expectEqualToTheTensor();
});

test('ten companies at every batch size: the answer is that of the company', async () => {
  await demo.page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
  });
  await open('&look.batch=1');
  await look.button('Try ten companies at every size').click();
  const rows = look.part('companies-table').locator('tbody tr');
  await expect.poll(() => rows.count(), { timeout: 90_000 }).toBe(6);
  const dots = await rows.evaluateAll((each) =>
    each.map((row) => row.querySelectorAll('circle').length),
  );
  expect(dots).toEqual([1, 10, 10, 10, 10, 10]);
  // With a single other image beside it, the 2 is not always read as one.
  expect(await rows.nth(1).locator('circle.other').count()).toBeGreaterThan(0);
  expect(await look.text('companies-table')).toMatch(/^32\s.*\d+\.\d %/m);
  // Another image, another question.
  await look.button('Test image 2, a 0').click();
  await expect.poll(() => look.part('companies-table').isVisible()).toBe(false);
});
