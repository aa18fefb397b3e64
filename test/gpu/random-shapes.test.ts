// Random legal shapes and attributes of the ops with most to get wrong, each a line as in the case
// tables: forwards and backwards on the GPU against the reference, with f16 tensors too where the adapter has
// shader-f16. A failure prints the seed and the
// smallest case that fast-check could make of it. RANDOM_RUNS and RANDOM_SEED ask for more.
import fc from 'fast-check';
import { beforeAll, test } from 'vitest';
import { GpuVariables } from '../../src/gpu/variables';
import type { Fill, InputSpec, OpCase } from '../../src/self-test/cases/types';
import { checksOf } from '../../src/self-test/checks';
import { usesHalves, withHalves } from '../../src/self-test/halves';
import { runCheck } from '../support/check-case';
import { getAdapter, getDevice } from '../support/gpu';
import { type GuardedDevice, guard } from '../support/guarded-device';
import { randomRuns, randomSeed } from '../support/random-options';

const int = (min: number, max: number) => fc.integer({ min, max });
const pair = <T>(one: fc.Arbitrary<T>) => fc.tuple(one, one);
const shapes = (minLength: number, maxLength: number, most = 7) =>
  fc.array(int(1, most), { minLength, maxLength });
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const distinct: Fill = { kind: 'distinct' };
const away: Fill = { kind: 'uniform', low: 0.5, high: 3 };

type Arbitrary = fc.Arbitrary<Omit<OpCase, 'name'>>;

/** One axis of a sliding window: kernel, stride, dilation, padding, and an input that it fits. */
const windowAxis = fc
  .tuple(int(1, 4), int(1, 3), int(1, 2), int(0, 3), int(0, 3), int(0, 9))
  .map(([kernel, stride, dilation, before, after, more]) => {
    const reach = (kernel - 1) * dilation + 1;
    const [start, end] = [Math.min(before, reach - 1), Math.min(after, reach - 1)];
    return {
      kernel,
      stride,
      dilation,
      start,
      end,
      extent: Math.max(1, reach - start - end) + more,
    };
  });

const windows = pair(windowAxis).map(([h, w]) => ({
  extents: [h.extent, w.extent],
  size: [h.kernel, w.kernel],
  attrs: {
    strides: [h.stride, w.stride],
    pads: [h.start, w.start, h.end, w.end],
    dilations: [h.dilation, w.dilation],
  },
}));

const conv2d: Arbitrary = fc
  .tuple(windows, int(1, 3), int(1, 3), int(1, 6), int(1, 6), fc.boolean())
  .map(([{ extents, size, attrs }, n, groups, cin, cout, bias]) => ({
    op: 'conv2d',
    inputs: [
      { shape: [n, ...extents, groups * cin] },
      { shape: [...size, cin, groups * cout] },
      ...(bias ? [{ shape: [groups * cout] }] : []),
    ],
    attrs: { ...attrs, groups },
    terms: product(size) * cin + 1,
    gradientTerms: product(size) * cout + n * product(extents),
  }));

const conv2dTranspose: Arbitrary = fc
  .tuple(windows, int(1, 2), int(1, 2), int(1, 5), int(1, 5), pair(int(0, 2)))
  .map(([{ extents, size, attrs }, n, groups, cin, cout, extra]) => ({
    op: 'conv2dTranspose',
    inputs: [
      { shape: [n, ...extents, groups * cin] },
      { shape: [...size, cout, groups * cin] },
      { shape: [groups * cout] },
    ],
    attrs: {
      ...attrs,
      // Of the padding only so much that something is left.
      pads: attrs.pads.map((pad, i) => (extents[i % 2] === 1 ? 0 : Math.min(pad, 1))),
      groups,
      outputPadding: extra.map((e, i) => Math.min(e, attrs.strides[i] - 1)),
    },
    terms: product(size) * cin + 1,
    gradientTerms: product(size) * cout + n * product(extents) * 9,
  }));

const pool = (op: 'maxPool2d' | 'avgPool2d', fill?: Fill): Arbitrary =>
  fc
    .tuple(windows, int(1, 2), int(1, 9), fc.boolean())
    .map(([{ extents, size, attrs }, n, channels, countIncludePad]): Omit<OpCase, 'name'> => {
      // Every window needs a number in it.
      const pads = attrs.pads.map((pad, i) => Math.min(pad, Math.ceil(size[i % 2] / 2) - 1));
      const { strides, dilations } = attrs;
      const shared = { size, strides, pads };
      return {
        op,
        inputs: [{ shape: [n, ...extents.map((e) => e + 3), channels], fill }],
        attrs: op === 'avgPool2d' ? { ...shared, countIncludePad } : { ...shared, dilations },
        terms: 16,
        gradientTerms: 16,
      };
    });

const batchNorm: Arbitrary = fc
  .record({
    rows: shapes(1, 3, 6),
    channels: int(1, 21),
    blend: fc.constantFrom(0, 0.25, 1),
    unbiased: fc.boolean(),
    momentum: fc.constantFrom(0, 0.9, 1),
  })
  .map(({ rows, channels, blend, unbiased, momentum }) => ({
    op: 'batchNorm',
    inputs: [
      // At least 16 values a channel: fewer are badly conditioned, which the table looks at.
      { shape: [16, ...rows, channels] },
      { shape: [channels], fill: away },
      { shape: [channels] },
      { shape: [channels] },
      { shape: [channels], fill: away },
    ],
    attrs: { blend, epsilon: 1e-3, momentum, unbiased, cumulative: false },
    differentiate: [0, 1, 2],
    lossOf: [0],
    // Means of numbers around 0 are small; their errors are not.
    scale: 3,
    terms: 24,
    gradientTerms: 24 + 16 * product(rows),
  }));

const groupNorm: Arbitrary = fc
  .tuple(int(1, 3), shapes(1, 2, 5), int(1, 4), int(1, 5))
  .map(([n, rows, groups, each]) => ({
    op: 'groupNorm',
    inputs: [
      { shape: [n, 9, ...rows, groups * each] },
      { shape: [groups * each], fill: away },
      { shape: [groups * each] },
    ],
    attrs: { groups, epsilon: 1e-3 },
    terms: 48,
    gradientTerms: 48 + n * 9 * product(rows) * each,
  }));

const layerNorm: Arbitrary = fc
  .tuple(shapes(1, 2, 5), shapes(1, 2, 5), int(8, 40))
  .map(([rows, inner, width]) => ({
    op: 'layerNorm',
    inputs: [
      { shape: [...rows, ...inner, width] },
      { shape: [...inner, width], fill: away },
      { shape: [...inner, width] },
    ],
    attrs: { dims: inner.length + 1, epsilon: 1e-3 },
    terms: 48,
    gradientTerms: 48 + product(rows) * product(inner) * width,
  }));

const reduce = (op: string, fill?: Fill): Arbitrary =>
  fc
    .tuple(shapes(1, 5), fc.array(int(0, 4), { maxLength: 5 }), fc.boolean(), int(1, 70))
    .map(([shape, picks, keepDims, long]) => {
      const full = [...shape.slice(0, -1), shape[shape.length - 1] * long];
      const axes = [...new Set(picks.map((axis) => axis % full.length))];
      return {
        op,
        inputs: [{ shape: full, fill }],
        attrs: { axes, keepDims },
        terms: op === 'reduceMax' ? 1 : product(axes.map((axis) => full[axis])),
        scale: 3,
        gradientTerms: 1,
      };
    });

const binary: Arbitrary = fc
  .tuple(
    fc.constantFrom('add', 'sub', 'mul', 'div'),
    shapes(0, 5, 6),
    fc.array(fc.constantFrom('same', 'left', 'right'), { minLength: 5, maxLength: 5 }),
    int(0, 5),
    fc.boolean(),
  )
  .map(([op, shape, how, missing, shorter]) => {
    const side = (name: string) => shape.map((extent, i) => (how[i] === name ? 1 : extent));
    const [a, b] = [side('left'), side('right')];
    return {
      op,
      inputs: [
        { shape: shorter ? a.slice(missing) : a, fill: away },
        { shape: shorter ? b : b.slice(missing), fill: away },
      ],
      terms: 2,
      gradientTerms: 8 + product(shape),
    };
  });

const concat: Arbitrary = fc
  .tuple(shapes(1, 4), fc.array(int(1, 9), { minLength: 1, maxLength: 5 }), int(0, 3))
  .map(([shape, extents, pick]) => {
    const axis = pick % shape.length;
    const inputs = extents.map((extent) => ({
      shape: shape.map((e, i) => (i === axis ? extent : e)),
    }));
    return { op: 'concat', inputs, attrs: { axis } };
  });

const slice: Arbitrary = fc
  .array(fc.tuple(int(1, 9), int(0, 8), int(1, 9)), { minLength: 1, maxLength: 5 })
  .map((axes) => {
    const starts = axes.map(([extent, start]) => start % extent);
    return {
      op: 'slice',
      inputs: [{ shape: axes.map(([extent]) => extent) }],
      attrs: {
        starts,
        sizes: axes.map(([extent, , size], i) => 1 + ((size - 1) % (extent - starts[i]))),
      },
    };
  });

const transpose: Arbitrary = fc
  .tuple(shapes(1, 6), fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }))
  .map(([shape, keys]) => ({
    op: 'transpose',
    inputs: [{ shape }],
    attrs: { perm: shape.map((_, i) => i).sort((a, b) => keys[a] - keys[b]) },
  }));

const pad: Arbitrary = fc
  .tuple(
    fc.array(fc.tuple(int(1, 6), int(0, 4), int(0, 4)), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('constant', 'reflect', 'replicate'),
  )
  .map(([axes, mode]) => {
    const most = (extent: number) => (mode === 'reflect' ? extent - 1 : 4);
    return {
      op: 'pad',
      inputs: [{ shape: axes.map(([extent]) => extent) }],
      attrs: {
        before: axes.map(([extent, before]) => Math.min(before, most(extent))),
        after: axes.map(([extent, , after]) => Math.min(after, most(extent))),
        mode,
        value: 0.25,
      },
      gradientTerms: 9 ** axes.length,
    };
  });

const softmax = (op: string): Arbitrary =>
  fc.tuple(shapes(1, 4, 8), int(0, 3), int(1, 40)).map(([shape, pick, long]) => {
    const axis = pick % shape.length;
    const length = shape[axis] * long;
    return {
      op,
      inputs: [{ shape: shape.map((extent, i) => (i === axis ? length : extent)) }],
      attrs: { axis },
      terms: 32 + length,
      gradientTerms: 64 + 2 * length,
    };
  });

const matmul: Arbitrary = fc
  .tuple(int(1, 40), int(1, 40), int(1, 40), fc.boolean(), fc.boolean())
  .map(([m, k, n, transposeA, transposeB]) => ({
    op: 'matmul',
    inputs: [{ shape: transposeA ? [k, m] : [m, k] }, { shape: transposeB ? [n, k] : [k, n] }],
    attrs: { transposeA, transposeB },
    terms: k,
    gradientTerms: m + n,
  }));

const dense: Arbitrary = fc
  .tuple(shapes(1, 3), int(1, 33), int(1, 33), fc.boolean())
  .map(([rows, from, to, bias]) => ({
    op: 'dense',
    inputs: [
      { shape: [...rows, from] },
      { shape: [from, to] },
      ...(bias ? [{ shape: [to] }] : []),
    ] as InputSpec[],
    terms: from + 1,
    gradientTerms: to + product(rows),
  }));

const resize: Arbitrary = fc
  .tuple(
    fc.tuple(int(1, 3), int(1, 8), int(1, 8), int(1, 9)),
    pair(int(1, 13)),
    fc.constantFrom('nearest', 'bilinear'),
    fc.constantFrom('halfPixel', 'alignCorners', 'asymmetric'),
  )
  .map(([shape, size, mode, coordinates]) => ({
    op: 'resize',
    inputs: [{ shape }],
    attrs: { size, mode, coordinates },
    terms: 64,
    gradientTerms: 64 + product(size),
  }));

const families: Record<string, Arbitrary> = {
  conv2d,
  conv2dTranspose,
  maxPool2d: pool('maxPool2d', distinct),
  avgPool2d: pool('avgPool2d'),
  batchNorm,
  groupNorm,
  layerNorm,
  reduceSum: reduce('reduceSum'),
  reduceMean: reduce('reduceMean'),
  reduceMax: reduce('reduceMax', distinct),
  binary,
  concat,
  slice,
  transpose,
  pad,
  softmax: softmax('softmax'),
  logSoftmax: softmax('logSoftmax'),
  matmul,
  dense,
  resize,
};

const halves = (await getAdapter()).features.has('shader-f16');

let guarded: GuardedDevice;
let variables: GpuVariables;
beforeAll(async () => {
  guarded = guard(await getDevice());
  variables = new GpuVariables(guarded.device);
});

test.each(Object.entries(families))('%s', async (_name, arbitrary) => {
  const property = fc.asyncProperty(arbitrary, async (made) => {
    const opCase: OpCase = { ...made, name: JSON.stringify([made.inputs, made.attrs]) };
    const possible = withHalves(opCase).filter((one) => halves || !usesHalves(one));
    for (const check of possible.flatMap(checksOf)) {
      const error = await runCheck(check, variables, guarded);
      if (error) throw new Error(error);
    }
  });
  await fc.assert(property, { seed: randomSeed, numRuns: randomRuns ?? 20 });
});
