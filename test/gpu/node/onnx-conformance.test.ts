// Cases in the layout of ONNX's backend tests: a part of them that is always here, and the whole set
// where it lies next to the project.
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readIdx } from '../../../src/formats';
import { readOnnx } from '../../../src/formats/onnx';
import { findCases, TOLERANCE } from '../../../src/node/conformance/cases';
import { findLightCases } from '../../../src/node/conformance/light';
import { runCase, type Where } from '../../../src/node/conformance/run';
import { compile } from '../../../src/runtime/network';
import { getDevice } from '../../support/gpu';

const SHARED = '../shared/data';
const PART = 'test/data/onnx';
const WHOLE = `${SHARED}/onnx-node`;
const MODELS = `${SHARED}/onnx-models`;
const whole = existsSync(WHOLE);

/** What is not supported, and what the refusal says. */
const UNSUPPORTED: readonly (readonly [cases: RegExp, reason: RegExp])[] = [
  // Arithmetic of integers that runs compute.
  [/test_(add|sub|mul|div)_u?int/, /f32/],
  [/test_clip_default_int8_max$/, /floating-point/],
  [/test_maxpool_2d_uint8/, /f32/],
  [/test_pow_types_int\d+_int/, /f32/],
  // Masks of NumPy's random numbers.
  [/test_training_dropout/, /inference mode/],
  // Numbers of 1e200, which f32 has not.
  [/test_operator_add_(broadcast|size1)/, /Infinity/],
];
const reasonOf = (id: string) => UNSUPPORTED.find(([cases]) => cases.test(id))?.[1];

const sets = [
  { directory: PART, least: 21, kinds: whole ? ['cpu'] : ['cpu', 'gpu'] },
  ...(whole ? [{ directory: WHOLE, least: 380, kinds: ['cpu', 'gpu'] }] : []),
  ...(existsSync(MODELS) ? [{ directory: MODELS, least: 20, kinds: ['gpu'] }] : []),
];

for (const { directory, least, kinds } of sets) {
  const cases = await findCases(directory);

  describe(directory, () => {
    test('is all there', () => {
      expect(cases.length).toBeGreaterThanOrEqual(least);
    });

    for (const kind of kinds) {
      describe(kind, () => {
        let where: Where = { backend: 'cpu' };
        beforeAll(async () => {
          if (kind === 'gpu') where = { device: await getDevice() };
        });
        for (const one of cases) {
          const reason = reasonOf(one.id);
          test(reason ? `${one.id} is refused` : one.id, async () => {
            const error = await runCase(one, where);
            if (reason) expect(error).toMatch(reason);
            else expect(error).toBeUndefined();
          });
        }
      });
    }
  });
}

test('a wrong number is found and named, and so is what is not there', async () => {
  const cases = await findCases(PART);
  const [one] = cases.filter(({ id }) => id === 'BatchNormalization/test_batchnorm_epsilon');
  const [{ inputs, outputs }] = await one.sets();
  const data = outputs[0].data.slice();
  data[5] += 1;
  const wrong = { ...one, sets: async () => [{ inputs, outputs: [{ ...outputs[0], data }] }] };
  expect(await runCase(wrong, { backend: 'cpu' })).toMatch(
    /^y\[0,0,1,0\]: got .*, want .*, \|err\|/,
  );
  const none = { ...one, model: async () => new Uint8Array([1]) };
  expect(await runCase(none, { backend: 'cpu' })).toMatch(/^BatchNormalization.*byte/);
  expect(one.tolerance).toEqual(TOLERANCE);
});

const MNIST = `${SHARED}/datasets/mnist/test2k-images-idx3-ubyte.gz`;
const onlyWhere = (there: boolean) => (there ? test : () => {});

onlyWhere(existsSync(MODELS) && existsSync(MNIST))(
  'a trained network classifies as it did',
  async () => {
    const folder = `${MODELS}/mnist_cnn_trained`;
    const want = readFileSync(`${folder}/predictions_test2k.u8`);
    const { data } = await readIdx(readFileSync(MNIST));
    const device = await getDevice();
    for (const variant of ['unfolded_op15', 'folded_op13']) {
      const { model, state } = readOnnx(readFileSync(`${folder}/${variant}/model.onnx`));
      const net = await compile(model, { state, device });
      const { data: logits } = await net.predict(Float32Array.from(data, (x) => x / 255));
      net.dispose();
      const classes = Array.from(want, (_, i) => {
        const row = logits.subarray(10 * i, 10 * i + 10);
        return row.indexOf(Math.max(...row));
      });
      expect(classes).toEqual([...want]);
    }
  },
);

const LIGHT = `${SHARED}/onnx-light`;
onlyWhere(existsSync(LIGHT))(
  'SqueezeNet with generated weights',
  { timeout: 240_000 },
  async () => {
    const cases = await findLightCases(LIGHT);
    expect(cases.map(({ id }) => id)).toContain('seeded/resnet50');
    const [squeezenet] = cases.filter(({ id }) => id === 'seeded/squeezenet');
    expect(await runCase(squeezenet, { device: await getDevice() })).toBeUndefined();
  },
);
