// A file that is refused hears of all its faults at once, as far as they do not follow from each other.
import { expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { readLayersModel } from '../../src/formats/keras';
import { inspectOnnx, readOnnx } from '../../src/formats/onnx';
import { applied, functionalTopology, inputLayer, layersModel } from '../support/keras-files';
import { node, onnxFile, port, weight } from '../support/onnx';

async function complaintsOf(read: () => unknown): Promise<FormatError> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  return expect.unreachable('the file was accepted');
}

test('ONNX: operators, attributes and weights, but not what only follows from them', async () => {
  const bytes = onnxFile({
    nodes: [
      node('Bernoulli', ['x'], ['a'], {}, { name: 'random' }),
      node('Relu', ['a'], ['b']),
      node('STFT', ['b'], ['c'], {}, { name: 'spectrum' }),
      node('Conv', ['x', 'w'], ['d'], { pads: [1, 1, 1, 1], colour: 3, taste: 4 }),
      node('FusedConv', ['x', 'w'], ['e'], {}, { domain: 'com.microsoft' }),
      node('Add', ['x', 'short'], ['f']),
      node('Sigmoid', ['x'], ['y']),
    ],
    weights: [
      weight('w', [3, 2, 3, 3]),
      { ...weight('short', [2, 1, 1]), raw_data: new Uint8Array(4) },
    ],
    outputs: [port('y'), port('c')],
  });
  const error = await complaintsOf(() => readOnnx(bytes, { name: 'net.onnx' }));
  const told = error.complaints.map(({ where, rule }) => `${where}: ${rule}`);
  expect(told.map((text) => text.replace('net.onnx, ', '').slice(0, 44))).toEqual([
    'initializer "short": float [2,1,1] takes 8 b',
    'node 0 "random" (Bernoulli): the operator is',
    'node 2 "spectrum" (STFT): the operator is su',
    'node 3 (Conv), attribute "colour": it is an ',
    'node 3 (Conv), attribute "taste": it is an a',
    'node 4 (com.microsoft.FusedConv): only ONNX’',
  ]);
  expect(error.complaints.every(({ found }) => found)).toBe(true);
  expect(error.where).toBe(error.complaints[0].where);
  expect(error.message).toContain('(5 more in complaints)');
  expect(inspectOnnx(bytes).operators.get('com.microsoft.FusedConv')).toEqual({
    count: 1,
    supported: false,
  });
});

test('ONNX: no more than a hundred, soon', async () => {
  const nodes = Array.from({ length: 50_000 }, (_, i) => node('Nothing', ['x'], [`y${i}`]));
  const error = await complaintsOf(() => readOnnx(onnxFile({ nodes, outputs: [port('y0')] })));
  expect(error.complaints).toHaveLength(100);
});

test('Keras: classes first, then options, of every branch', async () => {
  const read = (layers: readonly unknown[]) => {
    const inputs = [inputLayer('x', [4]), ...layers];
    const { json, shards } = layersModel(functionalTopology(inputs, ['x'], ['sum']), []);
    return readLayersModel(JSON.stringify(json), shards, { name: 'model.json' });
  };
  const classes = await complaintsOf(() =>
    read([
      applied('Attention', 'a', {}, ['x']),
      applied('Lambda', 'b', {}, ['x']),
      applied('Add', 'sum', {}, ['a', 'b']),
    ]),
  );
  expect(classes.complaints.map(({ found }) => found)).toEqual([
    '"Attention"',
    'the class "Lambda"',
  ]);
  const options = await complaintsOf(() =>
    read([
      applied('Dense', 'a', { units: -1 }, ['x']),
      applied('Dense', 'b', { units: 4, activation: 'loud' }, ['x']),
      applied('Add', 'sum', {}, ['a', 'b']),
    ]),
  );
  expect(options.complaints.map(({ where }) => where)).toEqual([
    'model.json, Dense "a"',
    'model.json, Dense "b"',
  ]);
});
