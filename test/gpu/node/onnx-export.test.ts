// What writeOnnx writes, run by ONNX Runtime and read again.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { ArgumentError, FormatError } from '../../../src/core/errors';
import { sizeOf } from '../../../src/core/shape';
import {
  type OnnxModel,
  readOnnx,
  type WriteOnnxOptions,
  writeOnnx,
} from '../../../src/formats/onnx';
import { permute } from '../../../src/formats/permute';
import { batchNorm } from '../../../src/model/layers/batch-norm';
import { dense } from '../../../src/model/layers/dense';
import { groupNorm } from '../../../src/model/layers/norm';
import { resize } from '../../../src/model/layers/shape';
import { type Model, sequential } from '../../../src/model/model';
import { compile } from '../../../src/runtime/network';
import { EXPORTS } from '../../support/torch/cases';
import { numbers, randomState } from '../../support/torch/numbers';

const BATCH = 3;
/** f32 sums of a few hundred terms, in another order. */
const CLOSE = 2e-5;

type Outputs = Readonly<Record<string, readonly number[]>>;

const inputsOf = (model: Model) =>
  model.inputs.map(({ name, tensor }, i) => ({
    name,
    dims: [BATCH, ...tensor.shape],
    data: numbers(BATCH * sizeOf(tensor.shape), i + 1),
  }));

async function here(model: Model, state = randomState(model)): Promise<Outputs> {
  const net = await compile(model, { backend: 'cpu', state });
  const given = Object.fromEntries(inputsOf(model).map(({ name, data }) => [name, data]));
  const outputs = await net.predictAll(given, { batch: BATCH });
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]));
}

async function runtime(
  bytes: Uint8Array,
  inputs: readonly { name: string; dims: readonly number[]; data: Float32Array }[],
): Promise<Outputs> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feeds = inputs.map(({ name, dims, data }) => [name, new Tensor('float32', data, dims)]);
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, [...(data as Float32Array)]]),
  );
}

/** The largest difference, relative to the largest number. */
function errorOf(got: readonly number[], want: readonly number[]): number {
  expect(got).toHaveLength(want.length);
  const most = want.reduce((sum, x) => Math.max(sum, Math.abs(x)), 1e-6);
  return want.reduce((worst, x, i) => Math.max(worst, Math.abs(got[i] - x)), 0) / most;
}

const errors = (got: Outputs, want: Outputs) =>
  Object.entries(want).map(([name, values]) => errorOf(got[name], values));

const written = (model: Model, options?: WriteOnnxOptions) =>
  writeOnnx(model, randomState(model), options);

for (const [name, { model: make }] of Object.entries(EXPORTS)) {
  describe(name, () => {
    test('ONNX Runtime gives the same outputs', async () => {
      const got = await runtime(written(make()), inputsOf(make()));
      for (const error of errors(got, await here(make()))) expect(error).toBeLessThan(CLOSE);
    });

    test('folded too', async () => {
      const bytes = written(make(), { fold: true });
      const got = await runtime(bytes, inputsOf(make()));
      for (const error of errors(got, await here(make()))) expect(error).toBeLessThan(CLOSE);
    });

    test.skipIf(name === 'axes of the user')('channels first too', async () => {
      const bytes = written(make(), { layout: 'channelsFirst' });
      const inputs = inputsOf(make()).map(({ name, dims, data }) => {
        const perm = [0, dims.length - 1, ...dims.map((_, i) => i).slice(1, -1)];
        const moved = dims.length < 3 ? data : Float32Array.from(permute(data, dims, perm));
        return { name, dims: dims.length < 3 ? dims : perm.map((i) => dims[i]), data: moved };
      });
      const got = await runtime(bytes, inputs);
      const want = await here(make());
      for (const { name, tensor } of make().outputs) {
        const shape = [BATCH, ...tensor.shape];
        const perm = [0, shape.length - 1, ...shape.map((_, i) => i).slice(1, -1)];
        const moved = shape.length < 3 ? want[name] : [...permute(want[name], shape, perm)];
        expect(errorOf(got[name], moved)).toBeLessThan(CLOSE);
      }
    });

    test('read again: the same outputs, and once more the same state', async () => {
      const bytes = written(make());
      const again: OnnxModel = readOnnx(bytes);
      const got = await here(again.model, again.state);
      for (const error of errors(got, await here(make()))) expect(error).toBeLessThan(CLOSE);
      const third = readOnnx(writeOnnx(again.model, again.state));
      expect([...third.state]).toEqual([...again.state]);
      expect(await here(third.model, third.state)).toEqual(got);
    });
  });
}

test('names and running statistics stay', () => {
  const model = EXPORTS['CNN with flatten'].model();
  const state = randomState(model);
  const again = readOnnx(writeOnnx(model, state));
  const kept = again.state.names().filter((name) => state.has(name));
  expect(kept.sort()).toEqual(state.names().sort());
  for (const name of kept) expect(again.state.get(name)).toEqual(state.get(name));
});

test('training mode: the statistics after a step are outputs', async () => {
  const make = () =>
    sequential(
      [4],
      [dense(3, { useBias: false }), batchNorm({ convention: 'onnx', momentum: 0.7, name: 'bn' })],
    );
  const bytes = written(make(), { training: true });
  const outputs = await runtime(bytes, inputsOf(make()));
  expect(Object.keys(outputs)).toEqual(['output', 'bn/movingMean', 'bn/movingVariance']);
  const state = randomState(make());
  const rows = await here(sequential([4], [dense(3, { useBias: false })]));
  const again = readOnnx(bytes);
  expect([...again.updates.values()]).toEqual(['bn/movingMean', 'bn/movingVariance']);
  const column = (c: number) => rows.output.filter((_, i) => i % 3 === c);
  const mean = column(0).reduce((sum, x) => sum + x, 0) / BATCH;
  const old = state.get('bn/movingMean')[0];
  expect(outputs['bn/movingMean'][0]).toBeCloseTo(0.7 * old + 0.3 * mean, 4);
  expect(() => written(make(), { training: true, fold: true })).toThrow(ArgumentError);
  const torch = sequential([4], [batchNorm({ convention: 'pytorch' })]);
  expect(() => written(torch, { training: true })).toThrow(/"batchNorm".*unbiased true/s);
});

test('group norms take opset 21', async () => {
  const model = sequential([2, 2, 4], [groupNorm({ groups: 2 })]);
  expect(readOnnx(written(model)).opset).toBe(21);
});

test('a layer without an operator is named', () => {
  const model = sequential([5, 5, 1], [resize([4, 7])]);
  expect(() => writeOnnx(model, model.initialState())).toThrow(FormatError);
  expect(() => writeOnnx(model, model.initialState())).toThrow(/"resize".*5×5 to 4×7/);
});
