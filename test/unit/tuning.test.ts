// Records of tuning without a GPU: parsed, looked up, and decided upon.
import { describe, expect, test } from 'vitest';
import { ArgumentError, FormatError } from '../../src/core/errors';
import { GraphBuilder } from '../../src/ir/builder';
import type { Graph, Node } from '../../src/ir/graph';
import type { AdapterTraits, Lowering, OpDef, Shader } from '../../src/ir/op';
import { graphsOf } from '../../src/self-test/case-graph';
import { cases } from '../../src/self-test/cases';
import { digestOf, keyOf } from '../../src/tune/candidates';
import { isNear } from '../../src/tune/measure';
import { parseRecord, type TuningRecord } from '../../src/tune/record';
import { choose, isHopeless, ROUNDS, type Round } from '../../src/tune/rule';
import { parseTune, Tuner } from '../../src/tune/tuner';
import { planTraits } from '../support/plan-options';

const kernel = (text: string): Shader => ({ name: 'copy', text, includes: [] });
const lowering = (name: string, text = 'fn main() {}'): Lowering => ({
  name,
  dispatches: [{ kernel: kernel(text), bindings: [], workgroups: [1, 1, 1], flops: 0 }],
});
const copyOp = (...lowerings: Lowering[]): OpDef => ({
  name: 'copy',
  infer: ([x]) => [x],
  reference: ([x]) => [x],
  lower: () => lowerings,
});

function graphOf(op: OpDef, size = 8, attrs = {}): Graph {
  const g = new GraphBuilder();
  g.output('y', g.op(op, [g.input('x', { dtype: 'f32', shape: [size] })], attrs));
  return g.build();
}
const nodeOf = (...args: Parameters<typeof graphOf>): Node => graphOf(...args).nodes[0];

const device = {
  features: new Set(['subgroups']),
  limits: { maxComputeWorkgroupsPerDimension: 65535 },
  adapterInfo: { vendor: 'acme', architecture: 'anvil', device: '', description: '' },
} as unknown as GPUDevice;
const { adapter } = new Tuner(device, { measures: false }).record;

const three = [lowering('plain'), lowering('tiled'), lowering('wide')];
const op = copyOp(...three);
const recordOf = (changes: Partial<TuningRecord['choices'][0]> = {}): TuningRecord => ({
  version: 1,
  adapter,
  choices: [
    {
      op: keyOf(nodeOf(op)),
      candidates: digestOf(three),
      lowering: 'wide',
      ms: { plain: 2, wide: 1 },
      ...changes,
    },
  ],
});

/** Which lowering a record leads to. */
async function chosen(record: TuningRecord, graph = graphOf(op), of = three): Promise<string> {
  const tuner = new Tuner(device, { measures: false, record });
  return (await tuner.chooseFor(graph))(graph.nodes[0], of).name;
}

describe('a record', () => {
  test('comes back from JSON as it was', () => {
    const record = recordOf();
    expect(parseRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(new Tuner(device, { measures: false, record }).record).toEqual(record);
  });

  test('says which lowering an op gets', async () => {
    expect(await chosen(recordOf())).toBe('wide');
  });

  test.each([
    ['another shape', async () => chosen(recordOf(), graphOf(op, 9))],
    ['other attributes', async () => chosen(recordOf(), graphOf(op, 8, { axis: 1 }))],
    ['another adapter', async () => chosen({ ...recordOf(), adapter: 'acme hammer {}' })],
    ['a lowering that is not offered', async () => chosen(recordOf({ lowering: 'huge' }))],
    ['a name that all objects know', async () => chosen(recordOf({ lowering: 'constructor' }))],
    [
      'kernels that have changed since',
      async () => {
        const changed = [three[0], three[1], lowering('wide', 'fn main() { }')];
        return chosen(recordOf(), graphOf(copyOp(...changed)), changed);
      },
    ],
  ])('of %s counts for nothing', async (_, choice) => {
    expect(await choice()).toBe('plain');
  });

  test('of another adapter is not kept', () => {
    const record = { ...recordOf(), adapter: 'acme hammer {}' };
    const kept = new Tuner(device, { measures: false, record }).record;
    expect(kept).toEqual({ version: 1, adapter, choices: [] });
  });

  const [choice] = recordOf().choices;
  test.each([
    [null, /it is an object; found null/],
    ['{}', /it is an object/],
    [[recordOf()], /it is an object; found a list/],
    [{}, /version is 1; found undefined/],
    [{ ...recordOf(), version: 2 }, /version is 1; found 2/],
    [{ ...recordOf(), adapter: 7 }, /adapter is text; found 7/],
    [{ ...recordOf(), choices: { 0: choice } }, /choices is a list; found an object/],
    [{ ...recordOf(), choices: [null] }, /choice 0: it is an object; found null/],
    [recordOf({ op: 3 as never }), /choice 0: op is text; found 3/],
    [recordOf({ lowering: ['wide'] as never }), /choice 0: lowering is text; found a list/],
    [recordOf({ candidates: undefined }), /candidates is text/],
    [recordOf({ ms: [] as never }), /ms: it is an object; found a list/],
    [recordOf({ ms: { wide: -1 } }), /ms: wide is a finite number ≥ 0; found -1/],
    [recordOf({ ms: { wide: '1' as never } }), /wide is a finite number/],
    [recordOf({ ms: { wide: Number.NaN } }), /wide is a finite number/],
    [{ ...recordOf(), choices: [choice, choice] }, /choice 1: an op is in it once/],
  ])('with something wrong in it is refused: case %#', (json, message) => {
    expect(() => parseRecord(json)).toThrow(FormatError);
    expect(() => parseRecord(json)).toThrow(message);
  });

  test('holds nothing but what it should, and changes no prototype', () => {
    const text = JSON.stringify(recordOf()).replace('"plain":2', '"__proto__":{"evil":1}');
    expect(() => parseRecord(JSON.parse(text))).toThrow(FormatError);
    const more = { ...recordOf(), extra: 1, choices: [{ ...choice, extra: 1 }] };
    expect(parseRecord(more)).toEqual(recordOf());
    const named = parseRecord(JSON.parse(text.replace('{"evil":1}', '2')));
    expect(Object.keys(named.choices[0].ms)).toEqual(['__proto__', 'wide']);
  });
});

describe('what compile() is told', () => {
  test('true, a record, or options', () => {
    const record = recordOf();
    const progress = () => {};
    expect(parseTune(true, 'm')).toEqual({ measures: true });
    expect(parseTune(record, 'm')).toEqual({ measures: false, record });
    expect(parseTune({ record, progress }, 'm')).toEqual({ measures: true, record, progress });
    expect(parseTune({}, 'm')).toEqual({ measures: true });
  });

  test.each([
    ['{"version":1}', /tune is true, a record.*found text\. Parse it first/],
    [1, /found 1/],
    [null, /found null/],
    [[recordOf()], /tune is true/],
    [{ records: recordOf() }, /found "records".*It takes: record, progress/],
    [{ progress: true }, /progress is a function; found true/],
  ])('anything else is refused: case %#', (tune, message) => {
    expect(() => parseTune(tune, 'model "m"')).toThrow(ArgumentError);
    expect(() => parseTune(tune, 'model "m"')).toThrow(message);
  });
});

describe('times', () => {
  const rounds = (...candidates: (readonly (number | undefined)[])[]): Round[] =>
    Array.from({ length: ROUNDS }, (_, i) => candidates.map((times) => times[i % times.length]));

  test('that are clearly better win, the best of them', () => {
    expect(choose(rounds([10], [8], [7], [9]))).toBe(2);
  });

  test('that are hardly better do not', () => {
    expect(choose(rounds([10], [9.7]))).toBe(0);
  });

  test('that are better by chance do not', () => {
    expect(choose(rounds([10, 10, 8], [9, 9, 10]))).toBe(0);
  });

  test('are compared within a round: a machine that slows down slows both', () => {
    const load = [1, 1, 3, 5, 9];
    expect(
      choose(
        rounds(
          load.map((x) => 10 * x),
          load.map((x) => 9 * x),
        ),
      ),
    ).toBe(1);
    expect(
      choose(
        rounds(
          load.map((x) => 10 * x),
          load.map((x) => 11 * x),
        ),
      ),
    ).toBe(0);
  });

  test('of one that has dropped out do not count', () => {
    expect(choose(rounds([10], [undefined], [5]))).toBe(2);
  });

  test('are taken of all for three rounds', () => {
    expect(isHopeless([], 1)).toBe(false);
    expect(isHopeless(rounds([10], [20]).slice(0, 2), 1)).toBe(false);
    expect(isHopeless(rounds([10], [20]).slice(0, 3), 1)).toBe(true);
    expect(isHopeless(rounds([10, 10, 20], [20, 20, 10]), 1)).toBe(false);
  });
});

describe('outputs of two lowerings', () => {
  const want = Float32Array.of(1, -4, 0, Number.NaN, Number.POSITIVE_INFINITY);
  test('agree within a share of the largest number', () => {
    expect(isNear(want, want, 0)).toBe(true);
    expect(
      isNear(Float32Array.of(1.01, -4, -0, Number.NaN, Number.POSITIVE_INFINITY), want, 0.01),
    ).toBe(true);
    expect(
      isNear(Float32Array.of(1.1, -4, 0, Number.NaN, Number.POSITIVE_INFINITY), want, 0.01),
    ).toBe(false);
    expect(
      isNear(Float32Array.of(1, -4, Number.NaN, Number.NaN, Number.POSITIVE_INFINITY), want, 0.01),
    ).toBe(false);
    expect(isNear(Float32Array.of(1, -4, 0, 0, Number.POSITIVE_INFINITY), want, 0.01)).toBe(false);
  });

  test('integers agree where they are the same', () => {
    expect(isNear(Int32Array.of(1, 2), Int32Array.of(1, 2), 1)).toBe(true);
    expect(isNear(Int32Array.of(1, 3), Int32Array.of(1, 2), 1)).toBe(false);
  });
});

test('lowerings of an op have names of their own', () => {
  const adapters: AdapterTraits[] = [true, false].flatMap((software) =>
    [true, false].map((subgroups) => ({ ...planTraits, software, subgroups })),
  );
  const twice = cases.flatMap(graphsOf).flatMap(({ nodes }) =>
    nodes.flatMap((node) =>
      adapters.flatMap((traits) => {
        const names = (node.op.lower?.({ ...node, adapter: traits }) ?? []).map(({ name }) => name);
        return new Set(names).size < names.length ? [`${node.op.name}: ${names}`] : [];
      }),
    ),
  );
  expect([...new Set(twice)]).toEqual([]);
});
