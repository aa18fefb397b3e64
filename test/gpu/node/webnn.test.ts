// WebNN's conformance cases through the ops, on the GPU and on the CPU reference, where they lie next
// to the project.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { largestMagnitude, worstError } from '../../../src/core/compare';
import { GpuVariables } from '../../../src/gpu/variables';
import { compileGpu } from '../../../src/runtime/compile';
import { CpuVariables, compileCpu } from '../../../src/runtime/cpu-program';
import { getDevice } from '../../support/gpu';
import { WEBNN_OPS, type WebnnCase, webnnGraph } from '../../support/webnn';

const DIRECTORY = '../shared/data/webnn';

interface Table {
  readonly op: string;
  readonly cases: readonly WebnnCase[];
}

const INTEGERS = 'arithmetic is on floats only';

/** Cases that are not run, by operator and name, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'clamp: clamp int32 1D tensor': INTEGERS,
  'clamp: clamp int64 1D tensor with bigint max': INTEGERS,
  'clamp: clamp int8 1D tensor': INTEGERS,
  'clamp: clamp uint32 1D tensor': INTEGERS,
  'clamp: clamp uint64 1D tensor with Number min and max': INTEGERS,
  'clamp: maxValue as NaN': 'NaN is no bound',
  'gather: gather float32 2D tensor and int32 0D out-of-bound negative indices default options':
    'an index out of bounds gives NaN, not the edge',
  'relu: relu int64 4D tensor': INTEGERS,
  'relu: relu int8 4D tensor': INTEGERS,
  'sub: sub int64 4D tensors': INTEGERS,
  'sub: sub int8 4D tensors': INTEGERS,
  'sub: sub uint32 4D tensors': INTEGERS,
  'sub: sub uint8 4D tensors': INTEGERS,
};

const files = existsSync(DIRECTORY)
  ? readdirSync(DIRECTORY).filter((name) => /^(?!manifest).*\.json$/.test(name))
  : [];

const tables = files.map(
  (name) => JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8')) as Table,
);
const named = tables.flatMap(({ op, cases }) =>
  cases.map((one) => ({ op, one, title: `${op}: ${one.name}` })),
);

if (!files.length) test('has no cases here', () => expect(existsSync(DIRECTORY)).toBe(false));
else {
  test('knows every operator, and runs every case that is not left out by name', () => {
    expect(tables.map(({ op }) => op).sort()).toEqual([...WEBNN_OPS].sort());
    const leftOut = named.filter(({ title }) => Object.hasOwn(LEFT_OUT, title));
    expect(leftOut.map(({ title }) => title).sort()).toEqual(Object.keys(LEFT_OUT).sort());
  });
}

for (const { op, one, title } of named.filter(({ title }) => !Object.hasOwn(LEFT_OUT, title))) {
  test(`${title} (${one.id})`, async () => {
    const graph = webnnGraph(op, one);
    const { shape, data } = one.expected;
    const [y] = graph.outputs.values();
    expect(y.shape).toEqual(shape);
    const want = data.map(Number);
    const rtol = one.dtype.includes('16') ? 2e-2 : 1e-4;
    const atol = rtol * largestMagnitude(want) + 1e-30;
    const inputs = Object.fromEntries(
      Object.entries(one.inputs).map(([name, tensor]) => [name, tensor.data.map(Number)]),
    );
    const gpu = await compileGpu(graph, new GpuVariables(await getDevice()));
    const cpu = compileCpu(graph, new CpuVariables());
    for (const program of [gpu, cpu]) {
      const got = await program.run(inputs);
      const allowed = { name: program.backend, shape, atol, rtol };
      expect(worstError(got.y, want, allowed)).toBeUndefined();
      program.dispose();
    }
  });
}
