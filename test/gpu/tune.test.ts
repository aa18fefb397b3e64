// Tuned networks on a device: right, repeatable, and never by a candidate that is wrong.
import { beforeAll, describe, expect, test } from 'vitest';
import { roundingError, worstError } from '../../src/core/compare';
import { Random } from '../../src/core/random';
import { GpuVariables } from '../../src/gpu/variables';
import {
  batchNorm,
  compile,
  conv2d,
  dense,
  fit,
  flatten,
  type Network,
  type NetworkOptions,
  relu,
  sequential,
  sgd,
  type TuningRecord,
} from '../../src/index';
import { GraphBuilder } from '../../src/ir/builder';
import { type Lowering, type OpDef, read, u32, write } from '../../src/ir/op';
import { compileGpu } from '../../src/runtime/compile';
import type { GpuProgram } from '../../src/runtime/gpu-program';
import { Tuner } from '../../src/tune/tuner';
import { freshDevice, getDevice } from '../support/gpu';

const random = new Random(9);
const x = Float32Array.from({ length: 4 * 100 }, () => random.normal());
const network = () =>
  sequential([5, 5, 4], [conv2d(4, 3), batchNorm(), relu(), flatten(), dense(3)]);

let device: GPUDevice;
beforeAll(async () => {
  device = await getDevice();
});

const compiled = (options: NetworkOptions = {}) =>
  compile(network(), { seed: 3, device, ...options });

/** By op, the lowerings of the program that predicts. */
async function loweringsOf(net: Network): Promise<Record<string, string>> {
  const { plan } = (await net.program({ batch: 4 })) as GpuProgram;
  return Object.fromEntries(
    plan.steps.flatMap((step) => (step.kind === 'dispatch' ? [[step.op, step.lowering]] : [])),
  );
}

const throughJson = (record: TuningRecord | undefined): TuningRecord =>
  JSON.parse(JSON.stringify(record));
/** The record with another of the measured lowerings for each op. */
const turned = (record: TuningRecord): TuningRecord => ({
  ...record,
  choices: record.choices.map((choice) => {
    const other = Object.keys(choice.ms).find((name) => name !== choice.lowering);
    return { ...choice, lowering: other ?? choice.lowering };
  }),
});

describe('inference', () => {
  test('gives what the reference gives; the record repeats it bit by bit', async () => {
    const net = await compiled({ tune: true });
    const reference = await compile(network(), { seed: 3, backend: 'cpu', tune: true });
    expect(net.tuning?.choices).toEqual([]);
    expect(reference.tuning).toBeUndefined();
    const [got, want] = [await net.predict(x), await reference.predict(x)];
    const atol = roundingError(200, 1);
    const error = worstError(got.data, want.data, { name: 'y', shape: [4, 3], atol, rtol: atol });
    expect(error, error).toBeUndefined();

    const record = throughJson(net.tuning);
    expect(record.choices.map(({ op }) => op.split(' ')[0])).toEqual(['conv2d', 'dense']);
    const used = await loweringsOf(net);
    expect(record.choices.map(({ lowering }) => lowering)).toEqual([used.conv2d, used.dense]);
    const again = await compiled({ tune: record });
    expect(await again.predict(x)).toEqual(got);
    expect(await loweringsOf(again)).toEqual(used);
    expect(again.tuning).toEqual(record);
    for (const one of [net, reference, again]) one.dispose();
  });

  test('a record decides, where it is of this adapter', async () => {
    const first = await compiled({ tune: true });
    const plain = await compiled();
    const want = await plain.predict(x);
    await first.predict(x);
    const record = turned(throughJson(first.tuning));
    const pinned = await compiled({ tune: record });
    const [conv, last] = record.choices.map(({ lowering }) => lowering);
    expect(await loweringsOf(pinned)).toEqual({ conv2d: conv, dense: last });
    const atol = roundingError(200, 1);
    const got = await pinned.predict(x);
    const error = worstError(got.data, want.data, { name: 'y', shape: [4, 3], atol, rtol: atol });
    expect(error, error).toBeUndefined();

    const foreign = await compiled({ tune: { ...record, adapter: 'another' } });
    expect(await loweringsOf(foreign)).toEqual(await loweringsOf(plain));
    expect(foreign.tuning?.choices).toEqual([]);
    for (const one of [first, plain, pinned, foreign]) one.dispose();
  });

  test('what is known is not measured again', async () => {
    const calls: string[] = [];
    const progress = (done: number, total: number) => void calls.push(`${done} of ${total}`);
    const first = await compiled({ tune: { progress } });
    await first.program({ batch: 4 });
    expect(calls).toEqual(['1 of 2', '2 of 2']);
    const record = first.tuning;
    // Two programs at once: one measures after the other, the second what the first has not.
    await Promise.all([first.program({ batch: 4 }), first.program({ batch: 2 })]);
    expect(calls.length).toBe(4);
    const second = await compiled({ tune: { record, progress } });
    await second.program({ batch: 4 });
    expect(calls.length).toBe(4);
    expect(second.tuning).toEqual(record);
    for (const one of [first, second]) one.dispose();
  });

  test('on a device without timestamps', async () => {
    const bare = await freshDevice({ requiredFeatures: [] });
    const net = await compile(sequential([4], [dense(3)]), { device: bare, tune: true });
    await net.predict(x);
    expect(net.tuning?.choices.length).toBe(1);
    net.dispose();
    bare.destroy();
  });
});

test('training is tuned too, and repeats its bits with the record', async () => {
  const trained = async (tune: NetworkOptions['tune']) => {
    const net = await compile(sequential([4], [batchNorm()]), { device, tune });
    const options = { loss: 'meanSquaredError', optimizer: sgd({ learningRate: 0.01 }) } as const;
    const data = { x: x.subarray(0, 16), y: x.subarray(16, 32) };
    await fit(net, data, { ...options, batch: 4, steps: 2 }).run();
    const state = await net.getState();
    const record = throughJson(net.tuning);
    net.dispose();
    return { record, numbers: state.names().map((name) => state.get(name)) };
  };
  const { record, numbers } = await trained(true);
  const ops = record.choices.map(({ op }) => op.split(' ')[0]);
  expect(ops).toContain('batchNorm');
  expect(ops).toContain('batchNormGrad');
  expect((await trained(record)).numbers).toEqual(numbers);
});

describe('candidates', () => {
  const SIZE = 4096;
  const type = { dtype: 'f32', shape: [SIZE] } as const;
  /** y = x + what is left of `work` rounds that leave nothing, and `error`. */
  const code = (work: number, error: string) => `
    struct Params { count: u32 }
    @group(0) @binding(0) var<uniform> params: Params;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x >= params.count) { return; }
      var value = x[id.x];
      for (var i = 0; i < ${work}; i++) { value = clamp(value * -1.0, -2.0, 2.0); }
      y[id.x] = value ${error};
    }`;
  const lowering = (name: string, work: number, error = ''): Lowering => ({
    name,
    dispatches: [
      {
        kernel: { name, text: code(work, error), includes: [] },
        params: [u32(SIZE)],
        bindings: [read(0), write(0)],
        workgroups: [SIZE / 64, 1, 1],
        flops: 0,
      },
    ],
  });
  const opOf = (...lowerings: Lowering[]): OpDef => ({
    name: 'candidates',
    infer: ([input]) => [input],
    reference: ([input]) => [input],
    lower: () => lowerings,
  });

  /** The lowerings that were measured to the end or dropped for being slow, and the one in the plan. */
  async function tuned(...lowerings: Lowering[]) {
    const g = new GraphBuilder();
    g.output('y', g.op(opOf(...lowerings), [g.input('x', type)]));
    const variables = new GpuVariables(device);
    const tuner = new Tuner(device, { measures: true });
    const program = await compileGpu(g.build(), variables, { tuner });
    const [step] = program.plan.steps;
    const input = new Float32Array(SIZE).fill(1.5);
    const { y: got } = await program.run({ x: input });
    expect(got).toEqual(input);
    program.dispose();
    variables.dispose();
    const [choice] = tuner.record.choices;
    return { timed: Object.keys(choice?.ms ?? {}), used: 'lowering' in step ? step.lowering : '' };
  }

  test('a hundred times faster, it is taken', async () => {
    const { used } = await tuned(lowering('slow', 1000), lowering('quick', 10));
    expect(used).toBe('quick');
  });

  test('wrong, or not compiling on this device, it is left out', async () => {
    const slow = lowering('slow', 1000);
    const wrong = lowering('wrong', 10, '+ 0.01');
    const broken = lowering('broken', 10, '+ nothing');
    expect(await tuned(slow, wrong, broken)).toEqual({ timed: ['slow'], used: 'slow' });
  });
});
