// The command line, as a user calls it: files in, text and files out, exit codes.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  readSafetensors,
  writeSafetensors,
  writeState,
  writeTorchState,
} from '../../../src/formats';
import { readOnnx, writeOnnx, writeTensor } from '../../../src/formats/onnx';
import { decodeImage, fitImage } from '../../../src/node/cli/images';
import { main } from '../../../src/node/cli/main';
import { EXPORTS } from '../../support/torch/cases';
import { numbers, randomState } from '../../support/torch/numbers';

const folder = mkdtempSync(join(tmpdir(), 'cli-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let out = '';
let err = '';
beforeEach(() => {
  out = '';
  err = '';
  vi.spyOn(console, 'log').mockImplementation((text) => {
    out += `${text}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation((text) => {
    err += `${text}\n`;
  });
  return () => vi.restoreAllMocks();
});

const cnn = EXPORTS['CNN with flatten'].model();
const state = randomState(cnn);
writeFileSync(at('cnn.onnx'), writeOnnx(cnn, state, { layout: 'channelsFirst' }));
writeFileSync(
  at('cnn.safetensors'),
  writeState(state, new Map([['model', JSON.stringify(cnn.toConfig())]])),
);
writeFileSync(at('cnn.json'), JSON.stringify(cnn.toConfig()));
writeFileSync(at('torch.safetensors'), writeTorchState(cnn, state));

describe('help and mistakes', () => {
  test('every command has help', async () => {
    for (const command of ['inspect', 'run', 'convert', 'train', 'conformance', 'self-test']) {
      out = '';
      expect(await main([command, '--help'])).toBe(0);
      expect(out).toContain(`usage: webgpu-batchnorm ${command}`);
    }
    expect(await main(['--help'])).toBe(0);
    expect(await main(['--version'])).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+$/m);
  });

  test('2 for a command line that can not be followed', async () => {
    expect(await main([])).toBe(2);
    expect(await main(['toString'])).toBe(2);
    expect(err).toContain('There is no command toString.');
    expect(await main(['inspect'])).toBe(2);
    expect(await main(['run', at('cnn.onnx')])).toBe(2);
    expect(await main(['inspect', 'x.onnx', '--colour'])).toBe(2);
    expect(err).toContain('--colour');
    expect(await main(['run', at('cnn.onnx'), 'x.npy', '--backend', 'tpu'])).toBe(2);
    expect(err).toContain('--backend must be gpu or cpu, not tpu');
  });

  test('1 for a file that is at fault', async () => {
    expect(await main(['inspect', at('none.onnx')])).toBe(1);
    expect(err).toMatch(/error: .*none\.onnx/);
    writeFileSync(at('bad.onnx'), 'no model');
    expect(await main(['inspect', at('bad.onnx')])).toBe(1);
    expect(err).toMatch(/error: bad\.onnx/);
    expect(await main(['inspect', at('cnn.txt')])).toBe(1);
    writeFileSync(at('plain.safetensors'), writeSafetensors(new Map()));
    expect(await main(['run', at('plain.safetensors'), 'x.npy'])).toBe(1);
    expect(err).toContain('--weights');
  });
});

describe('inspect', () => {
  test('layers, costs, folding', async () => {
    expect(await main(['inspect', at('cnn.onnx')])).toBe(0);
    expect(out).toContain('cnn.onnx: ONNX opset 17, by webgpu-batchnorm');
    expect(out).toContain('[N, 3, 9, 7] f32');
    expect(out).toMatch(/conv2d \(conv2d\)/);
    expect(out).toContain('Batch norms: 2, of which 2 fold');
    // 5·4 positions × 8 filters × 27 taps × 2, and bias-free.
    expect(out).toMatch(/conv2d +8\.64 k/);
  });

  test('as JSON', async () => {
    expect(await main(['inspect', at('cnn.safetensors'), '--json'])).toBe(0);
    const found = JSON.parse(out);
    expect(found.inputs).toEqual([{ name: 'input', shape: ['N', 9, 7, 3], dtype: 'f32' }]);
    expect(found.parameters).toEqual(cnn.countParams());
    expect(
      found.layers.find((layer: { type: string }) => layer.type === 'batchNorm').fold.folds,
    ).toBe(true);
  });

  test('tensors alone', async () => {
    expect(await main(['inspect', at('torch.safetensors')])).toBe(0);
    expect(out).toMatch(/^batchNorm\.num_batches_tracked +I64 +\[\]$/m);
    expect(out).toMatch(/\d+ tensors, \d+ numbers/);
  });
});

describe('run', () => {
  test('tensor files of every kind give the same', async () => {
    const x = numbers(3 * 9 * 7, 4);
    const dims = [1, 3, 9, 7];
    const nested = [0, 1, 2].map((c) =>
      Array.from({ length: 9 }, (_, h) => [...x.slice((c * 9 + h) * 7, (c * 9 + h + 1) * 7)]),
    );
    writeFileSync(at('x.pb'), writeTensor({ dtype: 'float', dims, data: x }, 'input'));
    writeFileSync(at('x.json'), JSON.stringify([nested]));
    writeFileSync(
      at('x.safetensors'),
      writeSafetensors(new Map([['input', { dtype: 'F32', shape: dims, data: x }]])),
    );
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 9, 7), }${' '.repeat(55)}\n`;
    const npy = new Uint8Array(10 + 118 + x.byteLength);
    npy.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, 118, 0]);
    npy.set(new TextEncoder().encode(header), 10);
    npy.set(new Uint8Array(x.buffer), 128);
    writeFileSync(at('x.npy'), npy);
    const found = [];
    for (const kind of ['pb', 'json', 'safetensors', 'npy']) {
      out = '';
      const flags = ['--backend', 'cpu', '--top', '2', '--save', at('y.safetensors')];
      expect(await main(['run', at('cnn.onnx'), at(`x.${kind}`), ...flags])).toBe(0);
      expect(out.match(/class \d/g)).toHaveLength(2);
      found.push([
        ...readSafetensors(readFileSync(at('y.safetensors'))).tensors.get('output')!.data,
      ]);
    }
    for (const y of found) expect(y).toEqual(found[0]);
  });

  test('a picture on the GPU, with labels', async () => {
    const data = Uint8Array.from({ length: 18 * 14 * 3 }, (_, i) => (i * 37) % 256);
    writeFileSync(at('x.png'), encode({ width: 14, height: 18, channels: 3, depth: 8, data }));
    writeFileSync(at('labels.txt'), 'one\ntwo\nthree\nfour\nfive\n');
    const flags = ['--labels', at('labels.txt'), '--top', '5', '--mean', '0.5', '--std', '0.25'];
    expect(await main(['run', at('cnn.onnx'), at('x.png'), at('x.png'), ...flags])).toBe(0);
    expect(out).toMatch(/^GPU: /);
    expect(out.match(/x\.png/g)).toHaveLength(2);
    const scores = [...out.matchAll(/^ +([\d.e-]+) {2}(?:one|two|three|four|five)$/gm)].map(
      ([, n]) => Number(n),
    );
    expect(scores).toHaveLength(10);
    expect(scores.slice(0, 5).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4);
    expect(scores.slice(0, 5)).toEqual([...scores.slice(0, 5)].sort((a, b) => b - a));
  });

  test('a tensor of another shape', async () => {
    writeFileSync(at('small.json'), '[[1, 2]]');
    expect(await main(['run', at('cnn.onnx'), at('small.json'), '--backend', 'cpu'])).toBe(1);
    expect(err).toMatch(/input "input".*\[N,3,9,7\].*\[1,2\]/s);
  });
});

describe('pictures', () => {
  test('grey of colours, and back', async () => {
    const bytes = encode({
      width: 2,
      height: 1,
      channels: 4,
      depth: 8,
      data: Uint8Array.of(255, 0, 0, 9, 0, 255, 0, 9),
    });
    const picture = await decodeImage(bytes, 'x.png');
    expect(picture.channels).toBe(3);
    expect([...fitImage(picture, 1, 2, 1)].map((x) => Math.round(x * 1000))).toEqual([299, 587]);
    const grey = { height: 1, width: 1, channels: 1, data: Float32Array.of(0.5) };
    expect([...fitImage(grey, 1, 1, 3)]).toEqual([0.5, 0.5, 0.5]);
  });

  test('resized: a ramp stays one, a mean stays one', () => {
    const ramp = {
      height: 1,
      width: 8,
      channels: 1,
      data: Float32Array.from({ length: 8 }, (_, i) => i),
    };
    const small = [...fitImage(ramp, 1, 4, 1)];
    expect(small[1]).toBeCloseTo(2.5, 6);
    expect(small[2]).toBeCloseTo(4.5, 6);
    expect(small.reduce((sum, x) => sum + x, 0) / 4).toBeCloseTo(3.5, 5);
  });

  test('no picture', async () => {
    await expect(decodeImage(Uint8Array.of(1, 2, 3), 'x.png')).rejects.toThrow(
      /x\.png.*PNG or JPEG/,
    );
    await expect(decodeImage(Uint8Array.of(0x89, 0x50, 3, 3), 'x.png')).rejects.toThrow(/x\.png/);
    await expect(decodeImage(Uint8Array.of(0xff, 0xd8, 3, 3), 'x.jpg')).rejects.toThrow(/x\.jpg/);
    const bomb = encode({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(1) });
    new DataView(bomb.buffer, bomb.byteOffset).setUint32(16, 0x7fffffff);
    await expect(decodeImage(bomb, 'x.png')).rejects.toThrow(/2147483647 pixels/);
  });
});

describe('convert', () => {
  test('from any format to any, with the same numbers', async () => {
    const chain: [string, string, string[]][] = [
      ['cnn.onnx', 'a.safetensors', []],
      ['a.safetensors', 'b/model.json', []],
      ['b/model.json', 'c.onnx', ['--channels-first']],
      ['c.onnx', 'd.onnx', ['--fold']],
    ];
    for (const [from, to, flags] of chain) {
      expect(await main(['convert', at(from), at(to), ...flags]), `${to}: ${err}`).toBe(0);
      expect(existsSync(at(to))).toBe(true);
    }
    const again = readOnnx(readFileSync(at('c.onnx')));
    expect(again.model.layers.filter(({ type }) => type === 'batchNorm')).toHaveLength(2);
    expect(
      readOnnx(readFileSync(at('d.onnx'))).model.layers.some(({ type }) => type === 'batchNorm'),
    ).toBe(false);
    const found: number[][] = [];
    for (const model of ['cnn.onnx', 'c.onnx', 'd.onnx']) {
      const flags = ['--backend', 'cpu', '--save', at('y.safetensors')];
      expect(await main(['run', at(model), at('x.pb'), ...flags])).toBe(0);
      const [y] = readSafetensors(readFileSync(at('y.safetensors'))).tensors.values();
      found.push([...y.data]);
    }
    for (const y of found) y.forEach((p, i) => void expect(p).toBeCloseTo(found[0][i], 5));
  });

  test('PyTorch, and its weights back', async () => {
    expect(
      await main([
        'convert',
        at('cnn.json'),
        at('torch'),
        '--to',
        'torch',
        '--weights',
        at('torch.safetensors'),
      ]),
    ).toBe(0);
    expect(readFileSync(at('torch/model.py'), 'utf8')).toContain('class Network(nn.Module)');
    expect(
      await main([
        'convert',
        at('cnn.json'),
        at('back.safetensors'),
        '--weights',
        at('torch/weights.safetensors'),
      ]),
    ).toBe(0);
    const back = readSafetensors(readFileSync(at('back.safetensors'))).tensors;
    for (const name of state.names())
      expect([...back.get(name)!.data]).toEqual([...state.get(name)]);
    expect(
      await main([
        'convert',
        at('cnn.safetensors'),
        at('half.safetensors'),
        '--to',
        'torch-state',
        '--dtype',
        'F16',
      ]),
    ).toBe(0);
    expect(
      readSafetensors(readFileSync(at('half.safetensors'))).tensors.get('dense.weight')!.dtype,
    ).toBe('F16');
  });

  test('nothing is written over unless asked for', async () => {
    const before = readFileSync(at('cnn.json'));
    expect(await main(['convert', at('cnn.onnx'), at('cnn.json')])).toBe(2);
    expect(err).toContain('--force');
    expect(readFileSync(at('cnn.json'))).toEqual(before);
    expect(await main(['convert', at('cnn.onnx'), at('cnn.xyz')])).toBe(2);
    expect(await main(['convert', at('cnn.safetensors'), at('cnn.json'), '--force'])).toBe(0);
  });
});

describe('self-test', () => {
  test('cases of an op, a line each, and the reports', async () => {
    const files = ['--markdown', at('report.md'), '--json', at('report.json')];
    expect(await main(['self-test', '--only', 'cumSum', ...files])).toBe(0);
    expect(out).toMatch(
      /^ok {3}cumSum: .*\n[\s\S]*\nGPU: .*\n(Skipped: \d+ cases .* shader-f16\.\n)?\d+ passed, 0 failed\n$/,
    );
    expect(readFileSync(at('report.md'), 'utf8')).toContain('| cum_sum |');
    const { cases, passed } = JSON.parse(readFileSync(at('report.json'), 'utf8'));
    expect(cases).toHaveLength(passed);
  });

  test('stopped, it tells of what is done', async () => {
    const done = main(['self-test', '--only', 'elementwise', '--json', at('part.json')]);
    await vi.waitUntil(() => out.includes('ok '), { timeout: 20_000, interval: 1 });
    process.emit('SIGINT');
    expect(await done).toBe(130);
    expect(out).toMatch(
      /\nStopped after \d+ of \d+ cases\.\nGPU: .*\n(Skipped: \d+ cases .* shader-f16\.\n)?\d+ passed, 0 failed\n$/,
    );
    expect(JSON.parse(readFileSync(at('part.json'), 'utf8')).outcome).toBe('stopped');
  });

  test('2 for names that there are not', async () => {
    expect(await main(['self-test', '--only', 'cumsum'])).toBe(2);
    expect(err).toContain('only names families of cases, or ops; found "cumsum"');
    expect(await main(['self-test', 'cumSum'])).toBe(2);
  });
});
