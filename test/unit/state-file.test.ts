// The numbers of a network in a safetensors file and back.
import { expect, test } from 'vitest';
import { DTypeError, FormatError } from '../../src/core/errors';
import { readSafetensors, readState, writeSafetensors, writeState } from '../../src/formats';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { dense } from '../../src/model/layers/dense';
import { sequential } from '../../src/model/model';
import { compile } from '../../src/runtime/network';

const model = () => sequential([3], [dense(4), batchNorm({ momentum: null }), dense(2)]);

test('a network goes on with the numbers of a file', async () => {
  const net = await compile(model(), { backend: 'cpu', seed: 4 });
  const bytes = writeState(await net.getState(), new Map([['note', 'hello']]));
  expect(readSafetensors(bytes).metadata.get('note')).toBe('hello');
  const x = [0.5, -1, 2, 3, 0, 1];
  const want = (await net.predict(x)).data;
  const state = readState(bytes);
  expect(state.type('batchNorm/batches').dtype).toBe('i32');
  const made = await compile(model(), { backend: 'cpu', state });
  expect((await made.predict(x)).data).toEqual(want);
  const other = await compile(model(), { backend: 'cpu', seed: 5 });
  other.setState(state);
  expect((await other.predict(x)).data).toEqual(want);
});

test('floats of any width become f32', () => {
  const file = writeSafetensors(new Map([['a', { dtype: 'F16', shape: [2], data: [1, 0.5] }]]));
  expect(readState(file).type('a')).toEqual({ dtype: 'f32', shape: [2] });
  expect([...readState(file).get('a')]).toEqual([1, 0.5]);
});

test('what is no state', () => {
  const file = writeSafetensors(new Map([['a', { dtype: 'U8', shape: [1], data: [1] }]]));
  expect(() => readState(file, 'x.safetensors')).toThrow(DTypeError);
  expect(() => readState(file, 'x.safetensors')).toThrow(/x\.safetensors, tensor "a".*U8/);
  expect(() => readState(new Uint8Array(4), 'x.safetensors')).toThrow(FormatError);
});
