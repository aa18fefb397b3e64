// Exported PyTorch projects, run by PyTorch where this machine has it (npm test installs Debian's).
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { torchPython } from '../../../scripts/environment.mjs';
import { sizeOf } from '../../../src/core/shape';
import { readSafetensors, readTorchState, writeTorchState } from '../../../src/formats';
import { permute } from '../../../src/formats/permute';
import { type Safetensor, writeSafetensors } from '../../../src/formats/safetensors';
import { exportTorch } from '../../../src/formats/torch';
import { compile } from '../../../src/runtime/network';
import { fit } from '../../../src/train/fit';
import { sgd } from '../../../src/train/optimizers';
import { EXPORTS, type ExportCase } from '../../support/torch/cases';
import { numbers, randomState } from '../../support/torch/numbers';

const BATCH = 6;
const RATE = 0.25;
/** f32 sums of a few hundred terms, in another order. */
const CLOSE = 1e-5;

/** Images as PyTorch has them. */
function channelsFirst(values: ArrayLike<number>, shape: readonly number[]): Safetensor {
  if (shape.length < 3) return { dtype: 'F32', shape, data: Float32Array.from(values) };
  const perm = [0, shape.length - 1, ...shape.map((_, axis) => axis).slice(1, -1)];
  const data = permute(Float32Array.from(values), shape, perm);
  return { dtype: 'F32', shape: perm.map((axis) => shape[axis]), data };
}

const root = mkdtempSync(join(tmpdir(), 'torch-export-'));
const python = torchPython();
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Writes a project and what must come of it. */
async function write(name: string, { model: make, classes }: ExportCase): Promise<string> {
  const folder = mkdtempSync(join(root, 'case-'));
  const net = await compile(make(), { backend: 'cpu', state: randomState(make()) });
  const before = await net.getState();
  const files = exportTorch(net.model, before);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  const inputs = Object.fromEntries(
    net.model.inputs.map(({ name, tensor }, i) => [
      name,
      numbers(BATCH * sizeOf(tensor.shape), i + 1),
    ]),
  );
  const outputs = await net.predictAll(inputs, { batch: BATCH });
  // Where the user permutes the axes, they are his on both sides.
  const own = name === 'axes of the user';
  const tensors = new Map<string, Safetensor>();
  const put = (key: string, values: ArrayLike<number>, shape: readonly number[]) => {
    const data = Float32Array.from(values);
    tensors.set(key, own ? { dtype: 'F32', shape, data } : channelsFirst(data, shape));
  };
  for (const [i, { name, tensor }] of net.model.inputs.entries()) {
    put(`x${i}`, inputs[name], [BATCH, ...tensor.shape]);
  }
  for (const [i, { name }] of net.model.outputs.entries()) {
    put(`y${i}`, outputs[name].data, outputs[name].shape);
  }
  if (classes) {
    const y = Int32Array.from({ length: BATCH }, (_, i) => i % classes);
    const x = inputs[net.model.inputs[0].name];
    await fit(
      net,
      { x, y },
      {
        loss: 'crossEntropy',
        optimizer: sgd({ learningRate: RATE }),
        batch: BATCH,
        steps: 1,
        shuffle: false,
      },
    ).run();
    tensors.set('target', { dtype: 'I64', shape: [BATCH], data: y });
    tensors.set('lr', { dtype: 'F32', shape: [], data: [RATE] });
    const after = writeTorchState(net.model, await net.getState());
    for (const [key, tensor] of readSafetensors(after).tensors) tensors.set(`new.${key}`, tensor);
  }
  writeFileSync(join(folder, 'check.safetensors'), writeSafetensors(tensors));
  return folder;
}

const run = promisify(execFile);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe.skipIf(!python)('PyTorch runs the export', () => {
  const results = new Map<string, { outputs: unknown[]; step?: Record<string, unknown> }>();

  beforeAll(async () => {
    const names = Object.keys(EXPORTS);
    const folders = [];
    for (const name of names) folders.push(await write(name, EXPORTS[name]));
    const { stdout } = await run(python as string, ['test/support/torch/check.py', ...folders]);
    const lines = stdout.trim().split('\n');
    for (const [i, name] of names.entries()) results.set(name, JSON.parse(lines[i]));
  });

  for (const [name, { classes }] of Object.entries(EXPORTS)) {
    test(`${name}: the same outputs`, () => {
      for (const error of results.get(name)!.outputs) expect(error).toBeLessThan(CLOSE);
    });

    if (!classes) continue;
    test(`${name}: the same weights after a step`, () => {
      const step = Object.entries(results.get(name)!.step!);
      expect(step.length).toBeGreaterThan(4);
      for (const [tensor, error] of step) {
        if (!tensor.endsWith('num_batches_tracked')) expect(error, tensor).toBeLessThan(CLOSE);
      }
    });
  }
});

describe.skipIf(!python)('two processes', () => {
  test('train it, and the result loads back', async () => {
    const make = EXPORTS['CNN with flatten'].model;
    const folder = mkdtempSync(join(root, 'two-'));
    const state = randomState(make());
    const files = exportTorch(make(), state);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
    const x: Safetensor = { dtype: 'F32', shape: [40, 3, 9, 7], data: numbers(40 * 189, 5) };
    const data = Int32Array.from({ length: 40 }, (_, i) => i % 5);
    writeFileSync(
      join(folder, 'data.safetensors'),
      writeSafetensors(
        new Map([
          ['x', x],
          ['y', { dtype: 'I64', shape: [40], data }],
        ]),
      ),
    );
    const flags = ['--data', 'data.safetensors', '--epochs', '4', '--batch', '5', '--lr', '0.1'];
    // What torchrun sets; Debian's own, of PyTorch 1.13, fails to start on Python 3.11.
    const shared = {
      WORLD_SIZE: '2',
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(await freePort()),
    };
    const [{ stdout }] = await Promise.all(
      ['0', '1'].map((rank) => {
        const env = {
          ...process.env,
          ...shared,
          RANK: rank,
          LOCAL_RANK: rank,
          OMP_NUM_THREADS: '1',
        };
        return run(python as string, ['train.py', ...flags], { cwd: folder, env });
      }),
    );
    const losses = [...stdout.matchAll(/epoch \d+: loss ([\d.]+)/g)].map(([, loss]) =>
      Number(loss),
    );
    expect(losses).toHaveLength(4);
    expect(losses[3]).toBeLessThan(losses[0]);
    const bytes = readFileSync(join(folder, 'trained.safetensors'));
    const trained = readTorchState(bytes, make());
    expect(trained.names()).toEqual(state.names());
    const name = state.names().find((name) => name.endsWith('movingMean')) as string;
    expect(trained.get(name)).not.toEqual(state.get(name));
    const net = await compile(make(), { backend: 'cpu', state: trained });
    const { data: y } = await net.predict(numbers(189, 9));
    expect([...y].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  }, 120_000);
});
