// "Your model" on the demo page: what needs no page. Files are read as in the page's worker.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bestOf, parseLabels, ranks, summaryOf } from '../../demo/sections/model/answers';
import { modelCode } from '../../demo/sections/model/code';
import { exportFormats, packed } from '../../demo/sections/model/exports';
import { contentOf, mainFile, unreadable } from '../../demo/sections/model/files';
import { rowsOf, stripsOf } from '../../demo/sections/model/graph';
import {
  foldSummary,
  formatAmount,
  openModel,
  withWeights,
} from '../../demo/sections/model/opened';
import { cropOf, imagePortOf, numbersOf } from '../../demo/sections/model/preprocess';
import { readFiles } from '../../demo/sections/model/read-files';
import { randomInputs } from '../../demo/sections/model/runner';
import {
  estimateTimings,
  layerFinder,
  sortedRows,
  type TimingRow,
  timingCsv,
} from '../../demo/sections/model/timing';
import {
  add,
  batchNorm,
  compile,
  conv2d,
  dense,
  FormatError,
  flatten,
  input,
  model,
  relu,
  reportLayers,
  sequential,
} from '../../src/index';
import { archive, h5File, input3, layer3, putData, sequential3 } from '../support/keras-archives';
import { node, onnxFile, port, smallNetwork, weight } from '../support/onnx';

const data = join(import.meta.dirname, '../../demo/data/models');
const file = (name: string, content: BlobPart) => new File([content], name);
const bytes = (content: Uint8Array) => content as Uint8Array<ArrayBuffer>;
const quiet = () => {};
const read = (...files: File[]) => readFiles({ files, openSize: 8 }, quiet);

describe('files', () => {
  test('by name, and where there is no ending by their first bytes', () => {
    const none = new Uint8Array(16);
    expect(contentOf('a.b.ONNX', none)).toBe('onnx');
    expect(contentOf('net.keras', none)).toBe('keras');
    expect(contentOf('weights.pth', none)).toBe('pickle');
    expect(contentOf('photo.gif', none)).toBe('other');
    expect(contentOf('net', new Uint8Array([0x89, 0x48, 0x44, 0x46]))).toBe('keras');
    expect(contentOf('net', new TextEncoder().encode('{"a":1}'))).toBe('json');
    expect(contentOf('net', new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 0x7b]))).toBe('safetensors');
    expect(unreadable('x.pt', 'pickle').remedy).toContain('torch.onnx.export');
  });

  test('of several the one with the layers', () => {
    const files = [{ content: 'other' }, { content: 'safetensors' }, { content: 'json' }] as const;
    expect(mainFile(files)).toBe(files[2]);
  });

  test('ONNX, with its batch freed and phases told', async () => {
    const phases: string[] = [];
    const files = [file('net.onnx', bytes(smallNetwork()))];
    const found = await readFiles({ files, openSize: 8 }, (text) => phases.push(text));
    expect(phases).toEqual(['Reading net.onnx', 'Checking net.onnx']);
    const opened = openModel(found);
    expect(opened.model.inputs[0].tensor).toMatchObject({ shape: [5, 4, 2], batched: true });
    expect(foldSummary(opened.layers)).toMatch(/^Its batch norm folds/);
    const fixed = onnxFile({
      nodes: [node('Relu', ['x'], ['y'])],
      inputs: [port('x', [1, 3, 4, 5])],
    });
    const { model: freed } = openModel(await read(file('fixed.onnx', bytes(fixed))));
    expect(freed.inputs[0].tensor).toMatchObject({ shape: [4, 5, 3], batched: true });
  });

  test('ONNX with sizes left open, by name or not at all', async () => {
    for (const dims of [
      ['N', 3, 'height', 'width'],
      ['N', 3, null, null],
    ]) {
      const open = onnxFile({
        nodes: [node('GlobalAveragePool', ['x'], ['y'])],
        inputs: [port('x', dims)],
      });
      const found = await read(file('open.onnx', bytes(open)));
      expect(found.open).toBe(true);
      expect(openModel(found).model.inputs[0].tensor.shape).toEqual([8, 8, 3]);
    }
  });

  test('ONNX with its numbers in another file', async () => {
    const inside = weight('w', [3]);
    const outside = {
      ...inside,
      raw_data: undefined,
      data_location: 1,
      external_data: [{ key: 'location', value: 'net.data' }],
    };
    const whole = onnxFile({
      nodes: [node('Add', ['x', 'w'], ['y'])],
      inputs: [port('x', ['N', 3])],
      weights: [outside],
    });
    const numbers = Float32Array.of(1, 2, 3);
    const found = await read(file('net.onnx', bytes(whole)), file('net.data', numbers));
    expect([...openModel(found).state].flatMap(([, { values }]) => [...values])).toEqual([1, 2, 3]);
    await expect(read(file('net.onnx', bytes(whole)))).rejects.toThrow(
      /no net\.data.*both at once/,
    );
  });

  test('.keras, in this thread', async () => {
    const weights = await h5File((h5) => {
      putData(h5, 'layers/dense/vars/0', { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
      putData(h5, 'layers/dense/vars/1', { shape: [2], data: [0, 1] });
    });
    const config = sequential3([input3('x', [3]), layer3('Dense', { name: 'a', units: 2 })]);
    const found = await read(file('net.keras', bytes(archive(config, weights))));
    expect(found).toMatchObject({ format: 'Keras', open: false });
    expect([...openModel(found).state.get('a/kernel')]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('the examples of the page, tf.layers with its weights among them', async () => {
    const given = (path: string) =>
      file(path.replace(/.*\//, ''), bytes(new Uint8Array(readFileSync(join(data, path)))));
    const digits = openModel(await read(given('digits.onnx')));
    expect(foldSummary(digits.layers)).toMatch(/^Its 4 batch norms all fold/);
    const residual = openModel(await read(given('residual.onnx')));
    expect(foldSummary(residual.layers)).toBe(
      'Of its 5 batch norms 2 fold into the layer before, and 3 cannot: the table says why.',
    );
    const mobile = openModel(
      await read(given('mobile/model.json'), given('mobile/group1-shard1of1.bin')),
    );
    expect(mobile.layers.some(({ type }) => type === 'depthwiseConv2d')).toBe(true);
    expect(imagePortOf(mobile.model)).toMatchObject({ height: 28, width: 28, channels: 1 });
    const torch = await read(given('torch/weights.safetensors'), given('torch/layers.json'));
    expect(torch).toMatchObject({ file: 'layers.json', kind: 'config' });
    expect(torch.format).toBe('layers, with the numbers of weights.safetensors');
    const { layers, state } = openModel(torch);
    expect(foldSummary(layers)).toMatch(/^Its 3 batch norms all fold/);
    // Learned, not as they start.
    expect(state.get('features/1/movingVariance').every((value) => value !== 1)).toBe(true);
  });

  test('weights alone need a model, and go into the one that is open', async () => {
    const net = sequential([2], [dense(3, { name: 'a' })]);
    const opened = openModel({
      file: 'net.json',
      format: '',
      kind: 'config',
      open: false,
      config: net.toConfig(),
      tensors: [...net.initialState(1)],
    });
    const torch = exportFormats.find(({ id }) => id === 'torch-state');
    const files = Object.entries((await torch?.make(opened, 'w')) ?? {});
    const [name, content] = files[0] as [string, Uint8Array<ArrayBuffer>];
    const alone = read(file(name, content));
    await expect(alone).rejects.toThrow(/Open the model that they belong to first/);
    const found = await readFiles(
      { files: [file(name, content)], openSize: 8, base: net.toConfig() },
      quiet,
    );
    const filled = withWeights({ ...opened, state: net.initialState(2) }, found);
    expect([...filled.state.get('a/kernel')]).toEqual([...opened.state.get('a/kernel')]);
    expect(filled.format).toContain('weights from w-pytorch.safetensors');
  });

  test('what is refused says all that is wrong', async () => {
    const bad = onnxFile({
      nodes: [node('STFT', ['x'], ['a']), node('Bernoulli', ['x'], ['y'])],
    });
    const error = await read(file('bad.onnx', bytes(bad))).catch((caught) => caught);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.complaints).toHaveLength(2);
    await expect(read(file('a.gif', 'GIF'))).rejects.toThrow(/ends in \.onnx.*found \.gif/);
    await expect(read(file('a.json', '{'))).rejects.toThrow(/it is JSON/);
  });
});

test('every export is read again as the same model', async () => {
  const net = sequential([4, 4, 1], [conv2d(2, 3), batchNorm(), relu(), flatten(), dense(3)]);
  const tensors = [...net.initialState(3)];
  const config = net.toConfig();
  const opened = openModel({ file: 'n', format: '', kind: 'state', open: false, config, tensors });
  const inputs = randomInputs(opened);
  const answer = async (of: typeof opened) => {
    const network = await compile(of.model, { backend: 'cpu', state: of.state });
    return [...(await network.predict(inputs[of.model.inputs[0].name] ?? inputs.input)).data];
  };
  const expected = await answer(opened);
  for (const id of ['onnx', 'onnx-folded', 'layers', 'state']) {
    const format = exportFormats.find((one) => one.id === id);
    const made = Object.entries((await format?.make(opened, 'net')) ?? {});
    const again = openModel(
      await read(...made.map(([name, content]) => file(name, content as BlobPart))),
    );
    const got = await answer(again);
    expect(got.map((value) => value.toFixed(4))).toEqual(expected.map((value) => value.toFixed(4)));
  }
  const torch = exportFormats.find(({ id }) => id === 'torch');
  const files = (await torch?.make(opened, 'net')) ?? {};
  expect(Object.keys(files)).toContain('train.py');
  expect((await packed(files, 'net.zip')).name).toBe('net.zip');
});

describe('the graph', () => {
  test('rows read what comes before them, and branches have lanes of their own', () => {
    const x = input([4], { name: 'x' });
    const shared = dense(4, { name: 'shared' });
    const a = shared(x);
    const net = model(x, add({ name: 'sum' })(relu({ name: 'r' })(a), shared(a)));
    const opened = openModel({
      file: '',
      format: '',
      kind: 'state',
      open: false,
      config: net.toConfig(),
      tensors: [...net.initialState()],
    });
    const rows = rowsOf(opened.model, opened.layers);
    expect(rows.map(({ name, reads, output }) => [name, reads, output])).toEqual([
      ['x', [], false],
      ['shared', [0], false],
      ['r', [1], false],
      ['shared (2)', [1], false],
      ['sum', [2, 3], true],
    ]);
    expect(stripsOf(rows)).toEqual([
      { lane: 0, ending: [], passing: [], branching: [], goesOn: true },
      { lane: 0, ending: [0], passing: [], branching: [], goesOn: true },
      { lane: 1, ending: [], passing: [0], branching: [0], goesOn: true },
      { lane: 0, ending: [0], passing: [1], branching: [], goesOn: true },
      { lane: 0, ending: [1, 0], passing: [], branching: [], goesOn: false },
    ]);
  });

  test('amounts', () => {
    expect([999, 12_345, 1_234_567, 3.2e9].map(formatAmount)).toEqual([
      '999',
      '12.3 k',
      '1.23 M',
      '3.20 G',
    ]);
  });
});

describe('pictures as numbers', () => {
  const pixel = Uint8ClampedArray.of(255, 0, 51, 255);
  const of = (channels: 1 | 3 | 4, how: Partial<Parameters<typeof numbersOf>[2]> = {}) =>
    [...numbersOf(pixel, channels, { norm: 'unit', order: 'rgb', invert: false, ...how })].map(
      (value) => Number(value.toFixed(4)),
    );

  test('scales and channels', () => {
    expect(of(3)).toEqual([1, 0, 0.2]);
    expect(of(3, { order: 'bgr' })).toEqual([0.2, 0, 1]);
    expect(of(3, { norm: 'signed' })).toEqual([1, -1, -0.6]);
    expect(of(3, { norm: 'bytes', invert: true })).toEqual([0, 255, 204]);
    expect(of(4, { norm: 'bytes' })).toEqual([255, 0, 51, 255]);
    expect(of(1, { norm: 'bytes' })).toEqual([Number((0.299 * 255 + 0.114 * 51).toFixed(4))]);
    const [r, g, b] = [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225];
    const rounded = [r, g, b].map((value) => Number(value.toFixed(4)));
    expect(of(3, { norm: 'imagenet' })).toEqual(rounded);
    expect(of(3, { norm: 'imagenet', order: 'bgr' })).toEqual(rounded.reverse());
  });

  test('cut to the middle, or stretched', () => {
    const [source, target] = [
      { width: 400, height: 200 },
      { width: 50, height: 50 },
    ];
    expect(cropOf(source, target, 'crop')).toEqual({ x: 100, y: 0, width: 200, height: 200 });
    expect(cropOf(source, target, 'stretch')).toEqual({ x: 0, y: 0, width: 400, height: 200 });
  });
});

describe('answers', () => {
  const output = (...data: number[]) => ({ name: 'y', shape: [1, data.length], data });

  test('the best classes, with shares of the whole where scores are none', () => {
    const [first, second] = bestOf(output(0.1, 0.7, 0.2), ['a', 'b'], 2);
    expect(first).toEqual({ index: 1, label: 'b', score: 0.7, share: 0.7 });
    expect(second.label).toBe('class 2');
    const [top] = bestOf(output(0, Math.log(3)), undefined, 1);
    expect(top.score).toBeCloseTo(Math.log(3), 12);
    expect(top.share).toBeCloseTo(0.75, 12);
  });

  test('lists of classes and other outputs', () => {
    expect(ranks({ name: '', shape: [1, 1, 1, 10], data: [] })).toBe(true);
    expect(ranks({ name: '', shape: [1, 4, 4], data: [] })).toBe(false);
    expect(summaryOf(output(1, Number.NaN, 3))).toMatchObject({ least: 1, greatest: 3, wrong: 1 });
  });

  test('names from lines and from JSON', () => {
    expect(parseLabels('cat\r\ndog\n')).toEqual(['cat', 'dog']);
    expect(parseLabels('["cat", "dog"]')).toEqual(['cat', 'dog']);
    expect(parseLabels('{"0": ["n01", "cat"], "1": ["n02", "dog"]}')).toEqual(['cat', 'dog']);
  });
});

describe('times', () => {
  const row = (layer: string, ms: number, gbps = Number.NaN): TimingRow => ({
    layer,
    node: layer,
    op: 'conv2d',
    kernel: 'k, "x"',
    outputs: 'f32[2]',
    ms,
    share: ms / 10,
    gbps,
    gflops: 1,
  });

  test('of nodes by their layer, what is folded by the layer that it went into', () => {
    const net = sequential([4, 4, 1], [conv2d(2, 3, { name: 'a' }), batchNorm({ name: 'a/bn' })]);
    const layerOf = layerFinder(reportLayers(net));
    expect(['a/relu', 'a/bn/a', 'z/y'].map(layerOf)).toEqual(['a', 'a', 'z/y']);
  });

  test('sorted, what is no number last', () => {
    const rows = [row('l10', 3), row('l2', 7, 5), row('l1', 1)];
    const names = (
      ...by: Parameters<typeof sortedRows> extends [unknown, ...infer R] ? R : never
    ) => sortedRows(rows, ...by).map(({ layer }) => layer);
    expect(names('ms', true)).toEqual(['l2', 'l10', 'l1']);
    expect(names('layer', false)).toEqual(['l1', 'l2', 'l10']);
    expect(names('gbps', false)[0]).toBe('l2');
    expect(names('gbps', true)[0]).toBe('l2');
  });

  test('as CSV', () => {
    const csv = timingCsv({ compile: 1, gpu: 2, runs: 3, estimated: false, rows: [row('a', 0.5)] });
    expect(csv.split('\r\n')[1]).toBe('a,a,conv2d,"k, ""x""",f32[2],0.5,0.05,,1,no');
  });

  test('estimated by operations', () => {
    const net = sequential([4], [dense(8, { name: 'wide' }), relu(), dense(2, { name: 'slim' })]);
    const opened = openModel({
      file: '',
      format: '',
      kind: 'state',
      open: false,
      config: net.toConfig(),
      tensors: [...net.initialState()],
    });
    const rows = estimateTimings(opened.layers, 6);
    expect(rows.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(6, 9);
    const ms = (name: string) => rows.find(({ layer }) => layer === name)?.ms ?? 0;
    expect(ms('wide') / ms('slim')).toBeCloseTo((4 * 8) / (8 * 2), 9);
  });
});

test('code to take home opens the file that is shown, whatever its name', () => {
  const how = { norm: 'imagenet', order: 'bgr', fit: 'crop', invert: true } as const;
  const shown = { kind: 'onnx', file: 'a"</script>.onnx', name: 'net' } as const;
  const port = { name: 'x', height: 8, width: 6, channels: 3 } as const;
  const code = modelCode({ ...shown, port }, how);
  expect(code.match(/<\/script>/g)).toHaveLength(2);
  expect(code).toContain("from 'webgpu-batchnorm/onnx'");
  const scriptOf = (html: string) =>
    /<script type="module">([\s\S]*)<\/script>/.exec(html)?.[1].replace(/^import .*$/gm, '') ?? '';
  for (const kind of ['onnx', 'keras', 'layers', 'state', 'weights'] as const) {
    for (const given of [port, undefined]) {
      const script = scriptOf(modelCode({ ...shown, kind, port: given }, how));
      // It is a program: a wrong one throws here.
      expect(() => new Function(`return async () => {${script}}`)).not.toThrow();
    }
  }
});
