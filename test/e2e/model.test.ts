// "Your model" as a visitor meets it: a model opened, looked into, run, timed, refused, taken away.
import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import type { Download, Page } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import { type DemoSection, useDemoPage } from '../support/demo-page';
import { archive, h5File, input3, layer3, putData, sequential3 } from '../support/keras-archives';
import { layer, sequentialTopology } from '../support/keras-files';
import { node, onnxFile, port, smallNetwork } from '../support/onnx';

const demo = useDemoPage();
let model: DemoSection;
beforeEach(() => {
  model = demo.section('model');
});
/** At the section, with the race at rest. */
const start = '#v=2&at=model&race.paused=1';

const given = (name: string, content: Uint8Array) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});
type Given = ReturnType<typeof given>;

async function choose(...files: Given[]): Promise<void> {
  await model.part('files').setInputFiles(files);
}

/** Waits until a model has been opened, compiled and run. */
async function opened(file: string): Promise<void> {
  await expect.poll(() => model.text('name'), { timeout: 30_000 }).toBe(file);
  await model.part('progress-row').waitFor({ state: 'hidden', timeout: 60_000 });
}

const rows = () => model.part('rows').locator('tr');
const row = (name: string) => rows().filter({ has: demo.page.locator(`b:text-is("${name}")`) });

async function drop(page: Page, file: Given): Promise<void> {
  await page.evaluate(
    ([name, bytes]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(bytes as number[])], name as string));
      const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document
        .querySelector('#model [data-part="drop"]')
        ?.dispatchEvent(new DragEvent('drop', options));
    },
    [file.name, [...file.buffer]] as const,
  );
}

async function downloaded(by: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all<[Promise<Download>, Promise<void>]>([
    demo.page.waitForEvent('download'),
    by(),
  ] as never);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

test('a device lost: the model is still open, and compiled again it says the same', async () => {
  await demo.open(`${start}&model.example=digits`);
  await opened('digits.onnx');
  const answers = model.part('outputs').locator('li');
  await expect.poll(() => answers.count()).toBeGreaterThan(1);
  const before = await answers.allInnerTexts();
  await demo.loseDevice();
  await model.notice.waitFor();
  expect(await model.notice.getAttribute('data-kind')).toBe('lost');
  expect(await model.notice.innerText()).toMatch(/Compile digits\.onnx again[\s\S]*destroyed/);
  expect(await rows().count()).toBeGreaterThan(1);
  await model.button('Compile it again').click();
  await expect.poll(() => answers.allInnerTexts(), { timeout: 60_000 }).toEqual(before);
  expect(await model.notice.isVisible()).toBe(false);
});

test('an example: its graph, what folds and why, its answer, and where the time goes', async () => {
  await demo.open(`${start}&model.example=residual`);
  await opened('residual.onnx');
  expect(await row('layer1/bn2').innerText()).toMatch(
    /Folds into layer1\/conv1\.[\s\S]*all that reads conv2d "layer1\/conv1"/,
  );
  expect(await row('layer1/bn1').innerText()).toMatch(
    /Stays\.[\s\S]*conv2d "stem" is also read by add "layer1\/add"/,
  );
  expect(await row('layer1/add').innerText()).toContain('reads stem, layer1/conv2');
  expect(await model.text('folds')).toContain('2 fold into the layer before, and 3 cannot');
  expect(await model.text('difference')).toMatch(/differ by at most .+; the largest of them is/);

  await expect.poll(() => model.text('digit-number')).toMatch(/^Number 1 of 500, a \d$/);
  const answers = model.part('outputs').locator('li');
  expect(await answers.count()).toBe(5);
  const first = await answers.allInnerTexts();
  await model.button('Next').click();
  await expect.poll(() => answers.allInnerTexts()).not.toEqual(first);

  await model.button('Measure').click();
  await model.part('times').waitFor();
  const times = model.part('time-rows').locator('tr');
  const column = async (k: number) =>
    (await times.locator(`td:nth-child(${k})`).allInnerTexts()).map(Number.parseFloat);
  const ms = await column(4);
  expect(ms.length).toBeGreaterThan(5);
  expect(ms).toEqual([...ms].sort((a, b) => b - a));
  await model.part('time-head').getByRole('button', { name: 'ms' }).click();
  expect(await column(4)).toEqual([...ms].sort((a, b) => a - b));
  await model.part('time-head').getByRole('button', { name: 'Layer' }).click();
  const names = await times.locator('th').allInnerTexts();
  expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
  expect(names).not.toContain('layer1/bn2');
  expect(await row('layer1/conv1').locator('.time').innerText()).toMatch(/^[\d.e-]+ m?s$/);
  expect(await model.text('stages')).toMatch(/Compile[\s\S]*Upload[\s\S]*GPU[\s\S]*Read back/);
  const csv = await downloaded(() => model.button('Download CSV').click());
  expect(csv.name).toBe('residual-times.csv');
  expect(csv.bytes.toString().split('\r\n')).toHaveLength(ms.length + 2);

  const { violations } = await new AxeBuilder({ page: demo.page }).include('#model').analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)).toEqual([]);
});

test('a model that is dropped runs, and what is refused names every offender', async () => {
  await demo.open(start);
  await model.button('Choose files…').waitFor();
  await drop(demo.page, given('small.onnx', smallNetwork()));
  await opened('small.onnx');
  // It takes no picture.
  expect(await model.root.getByRole('radio', { name: 'Random numbers' }).isChecked()).toBe(true);
  expect(await model.part('outputs').locator('li').count()).toBe(4);

  const bad = onnxFile({
    nodes: [
      node('STFT', ['x'], ['a'], {}, { name: 'spectrum' }),
      node('Conv', ['x', 'x'], ['b'], {}, { name: 'no weights' }),
      node('Relu', ['x'], ['y'], { colour: 1 }, { name: 'painted' }),
    ],
    inputs: [port('x', ['N', 2, 4, 4])],
  });
  await choose(given('bad.onnx', bad));
  const items = model.part('complaints').locator('li');
  await items.first().waitFor();
  const told = await items.allInnerTexts();
  expect(told).toHaveLength(3);
  expect(told[0]).toMatch(/node 0 "spectrum" \(STFT\)[\s\S]*operator is supported[\s\S]*docs/);
  expect(told[1]).toMatch(/node 1 "no weights" \(Conv\)/);
  expect(told[2]).toMatch(/node 2 "painted" \(Relu\), attribute "colour"/);
  await choose(given('notes.txt', new TextEncoder().encode('hello')));
  await expect.poll(() => items.allInnerTexts()).toHaveLength(1);
  expect(await model.text('complaints')).toMatch(/ends in \.onnx[\s\S]*\.txt/);
  // What was open before still is.
  expect(await model.text('name')).toBe('small.onnx');
});

test('Keras files, an archive and a whole HDF5 file, work from the built site', async () => {
  await demo.open(start);
  await model.button('Choose files…').waitFor();
  const weights = await h5File((file) => {
    putData(file, 'layers/dense/vars/0', { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
    putData(file, 'layers/dense/vars/1', { shape: [2], data: [0, 1] });
  });
  const config = sequential3([input3('x', [3]), layer3('Dense', { name: 'head', units: 2 })]);
  await choose(given('net.keras', archive(config, weights)));
  await opened('net.keras');
  expect(await row('head').innerText()).toContain('dense');

  const dense = { name: 'whole', units: 2, use_bias: false, batch_input_shape: [null, 3] };
  const whole = await h5File((file) => {
    const topology = sequentialTopology([layer('Dense', dense)]);
    file.create_attribute('model_config', JSON.stringify(topology));
    file.create_attribute('keras_version', '2.9.0');
    const kernel = { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] };
    putData(file, 'model_weights/whole/whole/kernel:0', kernel);
  });
  await choose(given('net.h5', whole));
  await opened('net.h5');
  expect(await row('whole').innerText()).toContain('[N, 2]');
});

test('by keyboard alone: open, choose numbers, run, and take it away and back', async () => {
  const { page } = demo;
  await demo.open(start);
  await model.button('Depthwise').focus();
  await page.keyboard.press('Enter');
  await opened('model.json');
  await expect.poll(() => page.url()).toContain('model.example=mobile');
  await model.root.getByRole('radio', { name: 'Test digit' }).focus();
  await page.keyboard.press('ArrowRight');
  expect(await model.root.getByRole('radio', { name: 'Drawing' }).isChecked()).toBe(true);
  // A line on the board: the pen goes down, along, and up.
  await model.part('board').focus();
  for (const key of ['Space', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Space']) {
    await page.keyboard.press(key);
  }
  await model.part('outputs').locator('li').first().waitFor();
  await model.button(/^Run$/).focus();
  await page.keyboard.press('Enter');
  // Runs on what was drawn before may still be under way.
  await expect.poll(() => demo.announcement(), { timeout: 20_000 }).toMatch(/^\d, [\d.]+/);

  for (const [title, name] of [
    ['ONNX, folded', 'model-folded.onnx'],
    ['safetensors', 'model-folded.safetensors'],
  ] as const) {
    await model.button(title).focus();
    const file = await downloaded(() => page.keyboard.press('Enter'));
    expect(file.name).toBe(name);
    await choose(given(file.name, file.bytes));
    await opened(name);
    expect(await row('dense').innerText()).toContain('[N, 10]');
    expect(await model.text('folds')).toBe('It has no batch norm.');
  }
  const zip = await downloaded(() => model.button('PyTorch module').click());
  expect(zip.name).toBe('model-folded-torch.zip');
  await model.button('Get code').click();
  expect(await page.getByLabel('The file', { exact: true }).inputValue()).toContain(
    'fetch("model-folded.safetensors")',
  );
});

test('without WebGPU it looks into a model, runs a small one on the CPU, and writes it', async () => {
  const { page } = demo;
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
  });
  await demo.open(`${start}&model.example=digits`);
  await opened('digits.onnx');
  expect(await model.text('run-note')).toMatch(/no WebGPU: small models run on the CPU/);
  await model.part('outputs').locator('li').first().waitFor();
  expect(await model.text('ran')).toContain('CPU reference');
  expect(await row('batchNorm').innerText()).toContain('Folds into conv2d.');
  await model.button('Measure').click();
  await model.part('times').waitFor();
  expect(await model.text('time-note')).toMatch(/^Estimated: on the CPU/);
  expect((await downloaded(() => model.button('ONNX').first().click())).name).toBe('digits.onnx');
  await model.button('PyTorch').first().click();
  await opened('layers.json');
  expect(await model.text('format')).toContain('with the numbers of weights.safetensors');
  await expect.poll(() => model.part('outputs').locator('li').count()).toBeGreaterThan(0);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test('the camera, refused and then on; and a device that is lost', async () => {
  const { page } = demo;
  await page.addInitScript(() => {
    let asked = 0;
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      asked++;
      Object.assign(window, { asked: constraints });
      if (asked === 1) throw new DOMException('no', 'NotAllowedError');
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      setInterval(() => context?.fillRect(0, 0, 9, 9), 50);
      return canvas.captureStream(20);
    };
    const devices: GPUDevice[] = [];
    Object.assign(window, { devices });
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      // The page's own, and those of scenes on it.
      devices.push(device);
      return device;
    };
  });
  await demo.open(`${start}&model.example=digits&model.source=camera`);
  await opened('digits.onnx');
  const answers = model.part('outputs').locator('li');
  await model.button('Start the camera').click();
  await expect.poll(() => model.text('camera-error')).toMatch(/refused to this page. Allow it/);
  await model.button('Start the camera').click();
  await answers.first().waitFor();
  expect(await page.evaluate('window.asked.video.facingMode')).toEqual({ ideal: 'environment' });
  await model.button('Stop the camera').click();
  await model.button('Start the camera').waitFor();
  expect(await model.part('video').isVisible()).toBe(false);

  await model.root.getByRole('radio', { name: 'Test digit' }).check();
  await expect.poll(() => model.text('digit-number')).toMatch(/^Number 1/);
  await page.evaluate('for (const device of window.devices) device.destroy()');
  await model.notice.filter({ hasText: 'The graphics device was lost' }).waitFor();
  expect(await answers.count()).toBe(0);
  await model.button('Compile it again').click();
  await answers.first().waitFor({ timeout: 60_000 });
  expect(await model.part('notice').isVisible()).toBe(false);
});
