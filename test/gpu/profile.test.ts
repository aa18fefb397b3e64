import { beforeAll, describe, expect, test } from 'vitest';
import { DeviceError } from '../../src/core/errors';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph } from '../../src/ir/graph';
import { tanhOp } from '../../src/ops/activations';
import { addOp } from '../../src/ops/binary';
import { compileGpu } from '../../src/runtime/compile';
import { programCosts } from '../../src/runtime/costs';
import { CpuVariables, compileCpu } from '../../src/runtime/cpu-program';
import { formatProfile, profile } from '../../src/runtime/profile';
import { freshDevice } from '../support/gpu';

const SIZE = 300_000;
const type = { dtype: 'f32', shape: [SIZE] } as const;

/** y = tanh(x) + w, then w is y; and x again as an output, which is copied. */
function graph(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', type);
  const w = g.state('w', type);
  const y = g.op(addOp, [g.op(tanhOp, [x], {}, 'curve'), w], {}, 'sum');
  g.output('same', x);
  g.update(w, y);
  return g.build();
}

let device: GPUDevice;
beforeAll(async () => {
  device = await freshDevice();
});

async function compiled(on = device) {
  const variables = new GpuVariables(on);
  variables.create('w', type, new Float32Array(SIZE));
  return { variables, program: await compileGpu(graph(), variables) };
}

describe('profile', () => {
  test('a row a step, timed by the device; each run counts as one', async () => {
    const { program, variables } = await compiled();
    const x = new Float32Array(SIZE).fill(0.5);
    const result = await profile(program, { x }, { runs: 3 });
    expect(result.rows.map(({ node, kernel }) => [node, kernel.replace(/[ .].*/, '')])).toEqual([
      ['curve', 'activation'],
      ['sum', 'binary'],
      ['x', 'copy'],
      ['sum', 'copy'],
    ]);
    const [curve, sum, copy] = result.rows;
    // A third of a million tanh take longer than the clock's coarsest step on the average of three.
    expect(curve.ms).toBeGreaterThan(0);
    expect(curve.gbps).toBeCloseTo((8 * SIZE) / curve.ms / 1e6, 6);
    expect(curve.gflops).toBeGreaterThan(0);
    expect(copy.ms).toBeNaN();
    expect(result.ms).toBeCloseTo(curve.ms + sum.ms, 9);
    expect((await variables.get('w'))[0]).toBeCloseTo(3 * Math.tanh(0.5), 5);
    expect(formatProfile(result)).toMatch(
      /ms +% +GB\/s[\s\S]*curve +activation ×\d+ +f32\[300000\]/,
    );
  });

  test('what a run costs, by its plan', async () => {
    const { program } = await compiled();
    const { flops, bytes, dispatches, peakBytes } = programCosts(program);
    expect(dispatches).toBe(2);
    expect(flops).toBeGreaterThan(SIZE);
    // tanh reads and writes, the sum reads two and writes one.
    expect(bytes).toBe(5 * 4 * SIZE);
    expect(peakBytes).toBeGreaterThanOrEqual(4 * SIZE);
    const cpu = new CpuVariables();
    cpu.create('w', type, new Float32Array(SIZE));
    expect(() => programCosts(compileCpu(graph(), cpu))).toThrow(DeviceError);
  });

  test('what can not be timed is told', async () => {
    const cpu = new CpuVariables();
    cpu.create('w', type, new Float32Array(SIZE));
    await expect(profile(compileCpu(graph(), cpu))).rejects.toThrow(DeviceError);
    const { program } = await compiled(await freshDevice({ requiredFeatures: [] }));
    await expect(profile(program)).rejects.toThrow(/timestamp-query/);
    await expect(profile(program, {}, { runs: 0 })).rejects.toThrow(/runs/);
  });
});
