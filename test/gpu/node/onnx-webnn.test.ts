// Numbers of WebNN's conformance tests through ONNX graphs, where they lie next to the project.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readOnnx } from '../../../src/formats/onnx';
import { compile } from '../../../src/runtime/network';
import { getDevice } from '../../support/gpu';
import { numbersOf, TRANSLATIONS, translate, type WebnnCase } from '../../support/webnn-onnx';

const DATA = '../shared/data/webnn';
const files = existsSync(DATA)
  ? readdirSync(DATA).filter((name) => name.endsWith('.json') && name !== 'manifest.json')
  : [];

/** Integers that runs compute with are not supported. */
const isFloat = ({ dtype }: WebnnCase) => dtype.startsWith('float');
const LEFT_OUT: readonly string[] = [
  // Indices outside the tensor, which WebNN moves inside; here they are an error.
  '27d5cf5226d4',
  // Layer norm of a single number.
  '27e54dcf9078',
];

test('every operation of the set is translated', () => {
  expect(files.filter((name) => !TRANSLATIONS[name.replace('.json', '')])).toEqual([]);
});

// Without the files there is nothing to describe.
for (const backend of files.length ? (['cpu', 'gpu'] as const) : []) {
  describe(backend, () => {
    let device: GPUDevice | undefined;
    beforeAll(async () => {
      if (backend === 'gpu') device = await getDevice();
    });
    for (const name of files) {
      const { op, cases } = JSON.parse(readFileSync(`${DATA}/${name}`, 'utf8')) as {
        op: string;
        cases: WebnnCase[];
      };
      test(op, async () => {
        const wrong: string[] = [];
        for (const one of cases) {
          if (!isFloat(one) || LEFT_OUT.includes(one.id)) continue;
          try {
            const { file, inputs } = translate(op, one);
            const { model, state } = readOnnx(file);
            const net = await compile(model, {
              state,
              ...(device ? { device } : { backend: 'cpu' }),
            });
            const { shape, data } = await net.predict(inputs);
            net.dispose();
            const want = numbersOf(one.expected);
            const most = Math.max(...want.map(Math.abs).filter(Number.isFinite), 1e-3);
            const close = one.dtype.startsWith('float16') ? 2e-2 : 1e-4;
            const off = want.findIndex((value, i) => {
              if (Object.is(data[i], value) || data[i] === value) return false;
              return !(Math.abs(data[i] - value) <= close * (Math.abs(value) + most));
            });
            if (`${shape}` !== `${one.expected.shape}`) wrong.push(`${one.id}: shape [${shape}]`);
            else if (off >= 0) wrong.push(`${one.id}[${off}]: ${data[off]}, not ${want[off]}`);
          } catch (error) {
            wrong.push(`${one.id}: ${error instanceof Error ? error.message : error}`);
          }
        }
        expect(wrong).toEqual([]);
      });
    }
  });
}
