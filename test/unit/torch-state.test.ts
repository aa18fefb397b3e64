// PyTorch's names and layouts of weights, there and back.
import { describe, expect, test } from 'vitest';
import {
  ArgumentError,
  FormatError,
  GraphError,
  NameError,
  ShapeError,
} from '../../src/core/errors';
import { nearest } from '../../src/core/nearest';
import {
  readSafetensors,
  readTorchState,
  type Safetensor,
  writeSafetensors,
  writeTorchState,
} from '../../src/formats';
import { exportTorch } from '../../src/formats/torch';
import { identifier } from '../../src/formats/torch/names';
import { softmax } from '../../src/model/layers/activation';
import { batchNorm } from '../../src/model/layers/batch-norm';
import { conv2d } from '../../src/model/layers/conv';
import { dense } from '../../src/model/layers/dense';
import { dropout } from '../../src/model/layers/regularisation';
import { flatten, resize } from '../../src/model/layers/shape';
import { input, type Model, model, sequential } from '../../src/model/model';
import type { ModelState } from '../../src/model/state';
import { EXPORTS } from '../support/torch/cases';

const small = () =>
  sequential(
    [2, 2, 2],
    [
      conv2d(3, [1, 2], { name: 'features/0' }),
      batchNorm({ name: 'features/1', scale: false, momentum: null }),
      flatten(),
      dense(2, { name: 'head' }),
    ],
  );

/** Each number tells where it was. */
function counted(of: Model): ModelState {
  const state = of.initialState();
  for (const name of state.names())
    state.set(
      name,
      state.get(name).map((_, i) => i),
    );
  return state;
}

const tensorsOf = (bytes: Uint8Array) => readSafetensors(bytes).tensors as Map<string, Safetensor>;

test('kernels, rows and names as PyTorch has them', () => {
  const tensors = tensorsOf(writeTorchState(small(), counted(small())));
  const shapes = Object.fromEntries(
    [...tensors].map(([name, { dtype, shape }]) => [name, `${dtype} ${shape}`]),
  );
  expect(shapes).toEqual({
    'features.0.weight': 'F32 3,2,1,2',
    'features.1.weight': 'F32 3',
    'features.1.bias': 'F32 3',
    'features.1.running_mean': 'F32 3',
    'features.1.running_var': 'F32 3',
    'features.1.num_batches_tracked': 'I64 ',
    'head.weight': 'F32 2,6',
    'head.bias': 'F32 2',
  });
  // [kh, kw, in, out] = [1, 2, 2, 3]: filter 0 has input 0 at 0 and 6, input 1 at 3 and 9.
  expect([...tensors.get('features.0.weight')!.data].slice(0, 4)).toEqual([0, 6, 3, 9]);
  expect([...tensors.get('features.1.weight')!.data]).toEqual([1, 1, 1]);
  // Rows of [h, w, c] = [2, 1, 3] in PyTorch's order: channel 0 at both heights, then channel 1.
  expect([...tensors.get('head.weight')!.data].slice(0, 6)).toEqual([0, 6, 2, 8, 4, 10]);
});

for (const [name, { model: make }] of Object.entries(EXPORTS)) {
  test(`there and back: ${name}`, () => {
    const state = counted(make());
    const back = readTorchState(writeTorchState(make(), state), make());
    expect([...back]).toEqual([...state]);
  });
}

test('halves and bfloats', () => {
  for (const dtype of ['F16', 'BF16'] as const) {
    const bytes = writeTorchState(small(), counted(small()), { dtype });
    expect(tensorsOf(bytes).get('head.weight')!.dtype).toBe(dtype);
    expect(tensorsOf(bytes).get('features.1.num_batches_tracked')!.dtype).toBe('I64');
    expect([...readTorchState(bytes, small())]).toEqual([...counted(small())]);
  }
});

describe('names', () => {
  test('of modules, by a table, a map or a rule', () => {
    const table = { 'features/0': 'stem.conv', 'features/1': 'stem.bn', head: 'fc' };
    for (const modules of [
      table,
      new Map(Object.entries(table)),
      (layer: string) => table[layer as 'head'],
    ]) {
      const bytes = writeTorchState(small(), counted(small()), { modules });
      expect([...tensorsOf(bytes).keys()]).toContain('stem.bn.running_var');
      expect([...readTorchState(bytes, small(), { modules })]).toEqual([...counted(small())]);
    }
  });

  test('of layers that are no identifiers', () => {
    expect(identifier('layer1/0/conv')).toBe('layer1_0_conv');
    expect(identifier('0')).toBe('layer_0');
    expect(identifier('class')).toBe('layer_class');
    expect(identifier('train')).toBe('layer_train');
  });

  test('two layers of one module', () => {
    const modules = () => 'same';
    expect(() => writeTorchState(small(), counted(small()), { modules })).toThrow(NameError);
  });
});

describe('strict', () => {
  const changed = (change: (tensors: Map<string, Safetensor>) => void) => {
    const tensors = tensorsOf(writeTorchState(small(), counted(small())));
    change(tensors);
    return writeSafetensors(tensors);
  };

  test('names that are missing and left over, with the nearest', () => {
    const bytes = changed((tensors) => {
      tensors.set('header.weight', tensors.get('head.weight')!);
      tensors.delete('head.weight');
    });
    const read = () => readTorchState(bytes, small(), { name: 'net.safetensors' });
    expect(read).toThrow(NameError);
    expect(read).toThrow(
      /net\.safetensors.*missing "head\.weight" \(nearest: header\.weight\); left over "header\.weight".*strict: false/s,
    );
    const state = readTorchState(bytes, small(), { strict: false, base: counted(small()) });
    expect([...state]).toEqual([...counted(small())]);
  });

  test('what the layer has not may be there where it says nothing', () => {
    const saysNothing = changed((tensors) => tensors.delete('features.1.weight'));
    expect(readTorchState(saysNothing, small()).has('features/1/movingMean')).toBe(true);
    const gamma = changed((tensors) =>
      tensors.set('features.1.weight', { dtype: 'F32', shape: [3], data: [1, 2, 1] }),
    );
    expect(() => readTorchState(gamma, small())).toThrow(/left over "features\.1\.weight"/);
  });

  test('a count of batches that is not there is 0', () => {
    const bytes = changed((tensors) => tensors.delete('features.1.num_batches_tracked'));
    expect([...readTorchState(bytes, small()).get('features/1/batches')]).toEqual([0]);
  });

  test('another shape', () => {
    const bytes = changed((tensors) =>
      tensors.set('head.bias', { dtype: 'F32', shape: [1, 2], data: [1, 2] }),
    );
    expect(() => readTorchState(bytes, small())).toThrow(ShapeError);
    expect(() => readTorchState(bytes, small())).toThrow(/tensor "head\.bias".*\[2\].*\[1, ?2\]/);
  });

  test('no safetensors at all', () => {
    expect(() => readTorchState(new Uint8Array(20), small())).toThrow(FormatError);
  });
});

test('the step of dropout layers starts at 0', () => {
  const make = () => sequential([4], [dropout(0.5), dense(2)]);
  const state = readTorchState(writeTorchState(make(), make().initialState()), make());
  expect([...state.get('step')]).toEqual([0]);
});

test('the nearest names', () => {
  expect(nearest('conv1.weight', ['conv1.bias', 'fc', 'conv2.weight', 'cnv1.weight'])).toEqual([
    'conv2.weight',
    'cnv1.weight',
    'conv1.bias',
  ]);
  expect(nearest('a', ['zzzzzzzzz'])).toEqual([]);
});

describe('what PyTorch has no expression for', () => {
  test('a way of resizing', () => {
    const made = sequential(
      [4, 4, 1],
      [resize(3, { interpolation: 'nearest', coordinates: 'alignCorners' })],
    );
    expect(() => exportTorch(made, made.initialState())).toThrow(GraphError);
    expect(() => exportTorch(made, made.initialState())).toThrow(
      /"resize".*nearest resizing with alignCorners/,
    );
  });

  test('blended statistics', () => {
    const made = sequential([4], [batchNorm({ statistics: 0.5 })]);
    expect(() => exportTorch(made, made.initialState())).toThrow(ArgumentError);
  });

  test('a shared layer that reads features in two orders', () => {
    const image = input([2, 2, 2]);
    const row = input([8]);
    const head = dense(3);
    const made = model([image, row], [head(flatten()(image)), head(row)]);
    expect(() => writeTorchState(made, made.initialState())).toThrow(
      /shared layer.*\[2,2,2\] flattened, a row/s,
    );
  });
});

test('the module is readable, and is what the weights are for', () => {
  const made = sequential([3], [dense(2, { name: 'lambda' }), softmax()]);
  const files = exportTorch(made, made.initialState());
  expect(files['model.py']).toMatchInlineSnapshot(`
    "import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class Network(nn.Module):
        """sequential

            input: [n, 3]
            output: [n, 2]

        With logits=True the last softmax or sigmoid is left out, for a stable loss.
        """

        LOSS = 'cross_entropy'

        def __init__(self):
            super().__init__()
            self.layer_lambda = nn.Linear(3, 2)

        def forward(self, x, logits=False):
            x = self.layer_lambda(x)
            x = x
            if logits:
                return x
            x = F.softmax(x, dim=1)
            return x
    "
  `);
  expect([...tensorsOf(files['weights.safetensors']).keys()].sort()).toEqual([
    'layer_lambda.bias',
    'layer_lambda.weight',
  ]);
  expect(files['train.py']).toContain('DistributedDataParallel');
});
