// What the documentation says is what the code does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withKerasTable } from '../../scripts/keras-table';
import { withOnnxTable } from '../../scripts/onnx-table';
import { withTable } from '../../scripts/op-table';

const root = join(import.meta.dirname, '../..');

test('the README lists the ops that there are', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  expect(text, 'run: npm run docs').toBe(withTable(text));
});

test('docs/onnx.md lists the operators that are imported', () => {
  const text = readFileSync(join(root, 'docs/onnx.md'), 'utf8');
  expect(text, 'run: npm run docs').toBe(withOnnxTable(text));
});

test('docs/keras.md lists the layers that are read', () => {
  const text = readFileSync(join(root, 'docs/keras.md'), 'utf8');
  expect(text, 'run: npm run docs').toBe(withKerasTable(text));
});
