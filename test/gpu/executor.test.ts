// How programs behave on a device: steps, other people's encoders and buffers, bad use, disposal,
// loss. Numbers of the ops themselves are in ops.test.ts.

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  DeviceLostError,
  DisposedError,
  NameError,
  ShapeError,
  StateError,
} from '../../src/core/errors';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph } from '../../src/ir/graph';
import { affineOp, tanhOp } from '../../src/ops/activations';
import { addOp, mulOp } from '../../src/ops/binary';
import { compileGpu } from '../../src/runtime/compile';
import type { GpuProgram } from '../../src/runtime/gpu-program';
import { counting } from '../support/counting-device';
import { freshDevice, getDevice } from '../support/gpu';

const N = 37;
const type = { dtype: 'f32', shape: [N] } as const;
const ramp = (scale: number) => Float32Array.from({ length: N }, (_, i) => scale * (i - 9));

/** y = tanh(x)·w + x; after the run w is w/2 + x. */
function accumulator(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', type);
  const w = g.state('w', type);
  g.output('y', g.op(addOp, [g.op(mulOp, [g.op(tanhOp, [x]), w]), x]));
  g.update(w, g.op(addOp, [g.op(affineOp, [w], { scale: 0.5, shift: 0 }), x]));
  return g.build();
}

/** z = (a + b)·b */
function stateless(): Graph {
  const g = new GraphBuilder();
  const [a, b] = [g.input('a', type), g.input('b', type)];
  g.output('z', g.op(mulOp, [g.op(addOp, [a, b]), b]));
  return g.build();
}

const STORAGE = 0x80;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;

let device: GPUDevice;
const clean: { dispose(): void }[] = [];
const owned = <T extends { dispose(): void }>(thing: T): T => {
  clean.push(thing);
  return thing;
};
const variablesOn = (on: GPUDevice) => {
  const variables = owned(new GpuVariables(on));
  variables.create('w', type, ramp(0.25));
  return variables;
};
const compile = async (graph: Graph, on = device): Promise<GpuProgram> =>
  owned(await compileGpu(graph, variablesOn(on)));

beforeAll(async () => {
  device = await getDevice();
});
afterEach(() => {
  for (const thing of clean.splice(0).reverse()) thing.dispose();
});

function bufferOf(values: Float32Array, usage = STORAGE | COPY_SRC | COPY_DST): GPUBuffer {
  const buffer = device.createBuffer({ size: values.byteLength, usage });
  if (usage & COPY_DST) device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
  clean.push({ dispose: () => buffer.destroy() });
  return buffer;
}

async function numbersIn(buffer: GPUBuffer, count = N): Promise<Float32Array> {
  const back = device.createBuffer({ size: 4 * count, usage: COPY_DST | 1 });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, back, 0, 4 * count);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(1);
  const numbers = new Float32Array(back.getMappedRange().slice(0));
  back.destroy();
  return numbers;
}

describe('steps', () => {
  test('several in one submit equal single runs, bit for bit', async () => {
    const inputs = [1, -0.3, 0.7, 2].map((scale) => ({ x: ramp(scale) }));
    const one = await compile(accumulator());
    const singly = [];
    for (const input of inputs) singly.push(await one.run(input));
    const many = await compile(accumulator());
    expect(await many.runSteps(inputs)).toEqual(singly);
    expect(await many.variables.get('w')).toEqual(await one.variables.get('w'));
  });

  test('one submit, whatever their number', async () => {
    const counted = counting(device);
    const program = await compile(accumulator(), counted.device);
    const before = counted.counts.submits;
    await program.runSteps([{ x: ramp(1) }, { x: ramp(2) }, { x: ramp(3) }], {}, { fetch: [] });
    expect(counted.counts.submits - before).toBe(1);
  });

  test('shared inputs are given once for all', async () => {
    const program = await compile(stateless());
    const steps = [{ a: ramp(1) }, { a: ramp(2) }];
    const shared = await program.runSteps(steps, { b: ramp(3) });
    expect(shared).toEqual(await program.runSteps(steps.map((step) => ({ ...step, b: ramp(3) }))));
    const bound = await program.runSteps(steps, { b: bufferOf(ramp(3)) });
    expect(bound).toEqual(shared);
  });

  test('runs that overlap in time do not mix', async () => {
    const program = await compile(stateless());
    const scales = [1, 2, 3, 4, 5];
    const runs = scales.map((scale) => program.run({ a: ramp(scale), b: ramp(0.5) }));
    const got = await Promise.all(runs);
    for (const [i, scale] of scales.entries()) {
      expect(got[i]).toEqual(await program.run({ a: ramp(scale), b: ramp(0.5) }));
    }
  });

  test('only what is fetched comes back', async () => {
    const program = await compile(accumulator());
    expect(await program.run({ x: ramp(1) }, { fetch: [] })).toEqual({});
    expect(await program.runSteps([])).toEqual([]);
    await expect(program.run({ x: ramp(1) }, { fetch: ['nope'] })).rejects.toThrow(NameError);
  });

  test('an input and an output may have the same name', async () => {
    const g = new GraphBuilder();
    g.output('x', g.op(affineOp, [g.input('x', type)], { scale: 2, shift: 0 }));
    const program = await compile(g.build());
    expect((await program.run({ x: ramp(1) })).x).toEqual(ramp(2));
    expect(await numbersIn(program.outputBuffer('x'))).toEqual(ramp(2));
  });
});

describe("in an app's encoder", () => {
  test('nothing is submitted; inputs and outputs are the app’s buffers', async () => {
    const counted = counting(device);
    const program = await compile(stateless(), counted.device);
    const [a, b] = [bufferOf(ramp(1)), bufferOf(ramp(-2))];
    const z = bufferOf(new Float32Array(N));
    const before = counted.counts.submits;
    const encoder = device.createCommandEncoder();
    program.encode(encoder, { inputs: { a, b }, outputs: { z } });
    const commands = encoder.finish();
    expect(counted.counts.submits).toBe(before);
    expect(await numbersIn(z)).toEqual(new Float32Array(N));
    device.queue.submit([commands]);
    const want = await program.run({ a: ramp(1), b: ramp(-2) });
    expect(await numbersIn(z)).toEqual(want.z);
  });

  test('a training step is recorded like any other, and twice in one encoder', async () => {
    const program = await compile(accumulator());
    const reference = await compile(accumulator());
    const x = bufferOf(ramp(0.5));
    const encoder = device.createCommandEncoder();
    program.encode(encoder, { inputs: { x } });
    program.encode(encoder, { inputs: { x } });
    device.queue.submit([encoder.finish()]);
    const [, second] = await reference.runSteps([{ x: ramp(0.5) }, { x: ramp(0.5) }]);
    expect(await numbersIn(program.outputBuffer('y'))).toEqual(second.y);
    expect(await program.variables.get('w')).toEqual(await reference.variables.get('w'));
  });

  test('inputs left out are those written last', async () => {
    const program = await compile(stateless());
    program.writeInput('a', ramp(3));
    program.writeInput('b', ramp(1));
    const encoder = device.createCommandEncoder();
    program.encode(encoder);
    device.queue.submit([encoder.finish()]);
    const want = await program.run({ a: ramp(3), b: ramp(1) });
    expect(await numbersIn(program.outputBuffer('z'))).toEqual(want.z);
  });

  test('buffers may change from frame to frame', async () => {
    const program = await compile(stateless());
    for (let frame = 0; frame < 40; frame++) {
      const [a, b] = [bufferOf(ramp(frame)), bufferOf(ramp(1))];
      const z = bufferOf(new Float32Array(N));
      const encoder = device.createCommandEncoder();
      program.encode(encoder, { inputs: { a, b }, outputs: { z } });
      device.queue.submit([encoder.finish()]);
      if (frame % 13 === 0) {
        expect(await numbersIn(z)).toEqual((await program.run({ a: ramp(frame), b: ramp(1) })).z);
      }
    }
  });
});

describe('bad use is told, by name', () => {
  const refusal = async (
    use: (program: GpuProgram, encoder: GPUCommandEncoder) => unknown,
    graph = stateless(),
  ) => {
    const program = await compile(graph);
    const encoder = device.createCommandEncoder();
    try {
      await use(program, encoder);
    } catch (error) {
      encoder.finish();
      return error;
    }
    throw new Error('nothing was refused');
  };
  const good = { a: ramp(1), b: ramp(1) };

  test.each<[string, new (...args: never[]) => Error, RegExp, Parameters<typeof refusal>[0]]>([
    ['an input missing', NameError, /"b"/, (p) => p.run({ a: ramp(1) })],
    ['an unknown input', NameError, /"c".*a, b/, (p) => p.run({ ...good, c: ramp(1) })],
    ['a wrong length', ShapeError, /"a".*37.*3/, (p) => p.run({ ...good, a: [1, 2, 3] })],
    ['given twice', NameError, /"b".*2 times/, (p) => p.runSteps([good], { b: ramp(1) })],
    [
      'a buffer a step',
      StateError,
      /"a".*shared/,
      (p) => p.runSteps([{ ...good, a: bufferOf(ramp(1)) }, good]),
    ],
    [
      'too small',
      StateError,
      /"a".*148 bytes.*8 bytes/,
      (p) => p.run({ ...good, a: bufferOf(new Float32Array(2)) }),
    ],
    [
      'an input without STORAGE',
      StateError,
      /"a".*STORAGE/,
      (p, encoder) => p.encode(encoder, { inputs: { a: bufferOf(ramp(1), COPY_DST) } }),
    ],
    [
      'an output without COPY_DST',
      StateError,
      /"z".*COPY_DST/,
      (p, encoder) => p.encode(encoder, { outputs: { z: bufferOf(ramp(1), STORAGE) } }),
    ],
    [
      'an unknown output',
      NameError,
      /"y".*z/,
      (p, encoder) => p.encode(encoder, { outputs: { y: bufferOf(ramp(1)) } }),
    ],
    [
      'an unknown input buffer',
      NameError,
      /"y".*a, b/,
      (p, encoder) => p.encode(encoder, { inputs: { y: bufferOf(ramp(1)) } }),
    ],
    [
      'an output that is an input too',
      StateError,
      /"z".*"a"/,
      (p, encoder) => {
        const buffer = bufferOf(ramp(1));
        p.encode(encoder, { inputs: { a: buffer }, outputs: { z: buffer } });
      },
    ],
    [
      "an input that is the program's own output",
      StateError,
      /"z".*"a"/,
      (p) => p.run({ ...good, a: p.outputBuffer('z') }),
    ],
    ['no such output buffer', NameError, /"y"/, (p) => p.outputBuffer('y')],
    ['writing an unknown input', NameError, /"y"/, (p) => p.writeInput('y', ramp(1))],
    ['writing too few numbers', ShapeError, /"a"/, (p) => p.writeInput('a', [1])],
  ])('%s', async (_name, kind, words, use) => {
    const error = await refusal(use);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(words);
  });

  test('a mapped buffer', async () => {
    const program = await compile(stateless());
    const mapped = device.createBuffer({ size: 4 * N, usage: STORAGE, mappedAtCreation: true });
    const encoder = device.createCommandEncoder();
    expect(() => program.encode(encoder, { inputs: { a: mapped } })).toThrow(/"a".*mapped/);
    encoder.finish();
    mapped.destroy();
  });

  test('an output or input that is a state the program changes', async () => {
    const program = await compile(accumulator());
    const w = (program.variables as GpuVariables).binding('w').buffer;
    const encoder = device.createCommandEncoder();
    expect(() => program.encode(encoder, { outputs: { y: w } })).toThrow(/"y".*"w"/);
    expect(() => program.encode(encoder, { inputs: { x: w } })).toThrow(/"w".*"x"|"x".*"w"/);
    encoder.finish();
  });

  test('an input that the plan copies wants COPY_SRC', async () => {
    const g = new GraphBuilder();
    g.output('same', g.input('a', type));
    const program = await compile(g.build());
    const encoder = device.createCommandEncoder();
    const a = bufferOf(ramp(1), STORAGE | COPY_DST);
    expect(() => program.encode(encoder, { inputs: { a } })).toThrow(/"a".*COPY_SRC/);
    encoder.finish();
  });

  test('variables', async () => {
    const variables = variablesOn(device);
    await expect(variables.get('v')).rejects.toThrow(NameError);
    expect(() => variables.set('w', [1])).toThrow(ShapeError);
    expect(() => variables.create('w', { dtype: 'i32', shape: [N] }, ramp(1))).toThrow(/"w"/);
    await expect(compileGpu(accumulator(), owned(new GpuVariables(device)))).rejects.toThrow(/"w"/);
  });
});

describe('disposal', () => {
  test('twice is once; afterwards every use is refused', async () => {
    const program = await compile(accumulator());
    program.dispose();
    program.dispose();
    await expect(program.run({ x: ramp(1) })).rejects.toThrow(DisposedError);
    const encoder = device.createCommandEncoder();
    expect(() => program.encode(encoder)).toThrow(DisposedError);
    encoder.finish();
    expect(() => program.writeInput('x', ramp(1))).toThrow(DisposedError);
    expect(() => program.outputBuffer('y')).toThrow(DisposedError);
    program.variables.dispose();
    program.variables.dispose();
    await expect(program.variables.get('w')).rejects.toThrow(DisposedError);
  });

  test('a run under way ends as if nothing had happened', async () => {
    const program = await compile(accumulator());
    const want = await program.run({ x: ramp(0) });
    program.variables.set('w', ramp(0.25));
    const running = program.run({ x: ramp(0) });
    program.dispose();
    expect(await running).toEqual(want);
  });

  test('nothing of ours stays on the device, and the device stays', async () => {
    const counted = counting(device);
    const variables = new GpuVariables(counted.device);
    variables.create('w', type, ramp(1));
    const first = await compileGpu(accumulator(), variables);
    const second = await compileGpu(accumulator(), variables);
    await first.runSteps([{ x: ramp(1) }, { x: ramp(2) }]);
    await second.run({ x: ramp(1) });
    await variables.get('w');
    await expect(first.run({ x: [1] })).rejects.toThrow(ShapeError);
    first.outputBuffer('y');
    first.dispose();
    await second.run({ x: ramp(1) });
    second.dispose();
    variables.dispose();
    expect(counted.alive()).toEqual([]);
    expect(await numbersIn(bufferOf(ramp(1)))).toEqual(ramp(1));
  });

  test('what fails to compile leaves nothing behind', async () => {
    const counted = counting(device);
    const broken = new Proxy(counted.device, {
      get(target, name) {
        if (name === 'createComputePipelineAsync') {
          return () => Promise.reject(new Error('no pipeline today'));
        }
        return Reflect.get(target, name);
      },
    });
    const variables = new GpuVariables(broken);
    await expect(compileGpu(stateless(), variables)).rejects.toThrow(/no pipeline today/);
    variables.dispose();
    expect(counted.alive()).toEqual([]);
  });
});

describe('sharing', () => {
  test('two programs see the same variables', async () => {
    const variables = variablesOn(device);
    const [one, two] = [
      owned(await compileGpu(accumulator(), variables)),
      owned(await compileGpu(accumulator(), variables)),
    ];
    const alone = await compile(accumulator());
    await one.run({ x: ramp(1) });
    const got = await two.run({ x: ramp(2) });
    const [, want] = await alone.runSteps([{ x: ramp(1) }, { x: ramp(2) }]);
    expect(got).toEqual(want);
  });

  test('a pipeline is compiled once a device; progress counts to the end', async () => {
    const counted = counting(device);
    const variables = variablesOn(counted.device);
    const calls: [number, number][] = [];
    const progress = (done: number, total: number) => void calls.push([done, total]);
    const first = owned(await compileGpu(accumulator(), variables, { progress }));
    const total = first.plan.pipelines.length;
    expect(calls).toEqual(Array.from({ length: total }, (_, i) => [i + 1, total]));
    expect(counted.counts.pipelines).toBe(total);
    const modules = new Set(
      first.plan.pipelines.map(({ kernel, elem }) => `${kernel.name} ${elem}`),
    );
    expect(counted.counts.modules).toBe(modules.size);
    owned(await compileGpu(accumulator(), variables));
    expect(counted.counts.pipelines).toBe(total);
  });

  test('a device with default limits serves, and is not destroyed', async () => {
    const own = await freshDevice({ requiredFeatures: [] });
    expect(own.limits.maxStorageBuffersPerShaderStage).toBe(8);
    expect(own.limits.maxStorageBufferBindingSize).toBe(128 * 2 ** 20);
    let lost = false;
    void own.lost.then(() => {
      lost = true;
    });
    const variables = new GpuVariables(own);
    variables.create('w', type, ramp(0.25));
    const program = await compileGpu(accumulator(), variables);
    const want = await (await compile(accumulator())).run({ x: ramp(1) });
    expect(await program.run({ x: ramp(1) })).toEqual(want);
    program.dispose();
    variables.dispose();
    await own.queue.onSubmittedWorkDone();
    expect(lost).toBe(false);
    own.destroy();
  });
});

describe('a lost device', () => {
  test('rejects what is pending and what comes later', async () => {
    const own = await freshDevice();
    const variables = new GpuVariables(own);
    variables.create('w', type, ramp(1));
    const program = await compileGpu(accumulator(), variables);
    const pending = [program.run({ x: ramp(1) }), variables.get('w')];
    const outcomes = Promise.allSettled(pending);
    own.destroy();
    for (const outcome of await outcomes) {
      expect(outcome.status).toBe('rejected');
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(DeviceLostError);
    }
    await own.lost;
    await expect(program.run({ x: ramp(1) })).rejects.toThrow(DeviceLostError);
    await expect(variables.get('w')).rejects.toThrow(DeviceLostError);
    await expect(compileGpu(accumulator(), variables)).rejects.toThrow(DeviceLostError);
    const encoder = own.createCommandEncoder();
    expect(() => program.encode(encoder)).toThrow(DeviceLostError);
    program.dispose();
    variables.dispose();
  });
});
